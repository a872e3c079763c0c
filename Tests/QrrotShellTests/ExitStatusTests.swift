import Foundation
import QrrotCore
import Testing

/// The statuses with which the program ends, and what it says when it does.
@Suite("Exit statuses")
struct ExitStatusTests {
  @Test("0 when all commands succeeded, with replies on standard output alone")
  func success() throws {
    let result = try Program.run(["-c", "put a 'x y'", "-c", "get a"])
    #expect(result.status == 0)
    #expect(result.outputText == "OK\nx y\n", "raw is the mode where there is no terminal")
    #expect(result.errorText == "")
  }

  @Test("0 for nothing at all")
  func nothing() throws {
    for input in ["", "\n\n", "# only a comment", " \t "] {
      let result = try Program.run(input: input)
      #expect(result.status == 0)
      #expect(result.outputText == "" && result.errorText == "")
    }
    #expect(try Program.run(["-c", ""]).status == 0)
  }

  @Test("1 when a command failed, and the rest is not run")
  func failure() throws {
    let result = try Program.run(["-c", "put a 1\nincr a x\nput b 2", "-c", "size"])
    #expect(result.status == 1)
    #expect(result.outputText == "OK\n")
    #expect(result.errorText.hasPrefix("-c:2: error[type]: "))
  }

  @Test("1 with --keep-going too, and the rest is run")
  func keepGoing() throws {
    let result = try Program.run([
      "--keep-going", "-c", "incr a x\nput b 2", "-c", "nonsense\nsize",
    ])
    #expect(result.status == 1)
    #expect(result.outputText == "OK\n1\n")
    #expect(result.errorLines.map { $0.prefix(9) } == ["-c:1: err", "-c:1: err"])
    #expect(try Program.run(["--keep-going", "-c", "size"]).status == 0)
  }

  @Test(
    "2 for wrong usage, with a word of advice and without running anything",
    arguments: [
      ["--no-such-option"], ["-c"], ["--output", "xml"], ["--output"], ["-x"],
      ["--config", "no-such-file", "-c", "size"], ["one", "two"],
      ["-c", "put a 1", "--no-such-option"], ["--keep-going=maybe"],
    ])
  func usage(arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 2)
    #expect(result.outputText == "")
    #expect(!result.errorText.isEmpty)
  }

  @Test("3 for a database that can't be opened; a command file is pointed out")
  func database() throws {
    let folder = try Folder()
    try folder.write("size", to: "x.qrrot")
    let result = try Program.run(["x.qrrot"], in: folder)
    #expect(result.status == 3)
    #expect(
      result.errorText.hasPrefix("error[refused]: ") && result.errorText.contains("-f x.qrrot"))
    let absent = try Program.run(["data", "--read-only"], in: folder)
    #expect(absent.status == 3 && absent.errorText.contains("one that is only read is not made"))
    let above = try Program.run(["no/where"], in: folder)
    #expect(above.status == 3)
    #expect(
      above.errorText == "error[io]: can't make no/where: there is no folder no to make it in\n")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
  }

  @Test("a database whose log has been taken away is opened as empty, and not without a word")
  func withoutLog() throws {
    let folder = try Folder()
    #expect(try Program.run(["data", "-c", "put a 1"], in: folder).errorText == "")
    try FileManager.default.removeItem(atPath: folder.path + "/data/log-0000000001")
    let opened = try Program.run(["data", "-c", "size"], in: folder)
    #expect(opened.status == 0 && opened.outputText == "0\n")
    #expect(opened.errorText.contains("holds no log and no snapshot"))
  }

  @Test("a link to a database is refused, with a slash at its end too")
  func link() throws {
    let folder = try Folder()
    #expect(try Program.run(["data", "-c", "put a 1"], in: folder).status == 0)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "data")
    for name in ["link", "link/", "link//"] {
      let result = try Program.run([name, "-c", "get a"], in: folder)
      #expect(result.status == 3 && result.errorText.contains("symbolic link"), "\(name)")
    }
    #expect(try Program.run(["data//", "-c", "get a"], in: folder).outputText == "1\n")
  }

  @Test("--max-memory, its variable and its setting bound the data")
  func memoryLimit() throws {
    let value = String(repeating: "v", count: 2_000_000)
    let input = Array("put a \"\(value)\"\nget b\n".utf8)
    let flag = try Program.run(["--keep-going", "--max-memory", "1M"], input: input)
    #expect(flag.status == 1 && flag.outputText == "\n")
    #expect(
      flag.errorText.hasPrefix("-:1: error[too-large]: ") && flag.errorText.contains("1.0 MiB"))
    let variable = try Program.run([], input: input, environment: ["QRROT_MAX_MEMORY": "1m"])
    #expect(variable.status == 1)
    let allowed = try Program.run(
      ["--max-memory", "64M"], input: input, environment: ["QRROT_MAX_MEMORY": "1m"])
    #expect(allowed.status == 0)
    let wrong = try Program.run(["--max-memory", "much"])
    #expect(wrong.status == 2 && wrong.errorText.contains("512M"))
    let info = try Program.run(["-c", "info"]).outputText
    let limit = info.split(separator: "\n").first { $0.hasPrefix("max-memory\t") }
    #expect(limit.flatMap { Int($0.dropFirst("max-memory\t".count)) } ?? 0 > 64 << 20)
  }

  @Test("--version and --help go to standard output")
  func information() throws {
    let version = try Program.run(["--version"])
    #expect(version.status == 0 && version.outputText == "\(Version.current)\n")
    let help = try Program.run(["--help"])
    #expect(help.status == 0 && help.errorText == "")
    for option in [
      "-c", "-f", "--keep-going", "--output", "--read-only", "--config", "--no-color", "--yes",
      "--max-memory",
    ] {
      #expect(help.outputText.contains(option))
    }
  }

  @Test("exit and quit end a command file with 0, and what follows is not run")
  func exit() throws {
    for word in ["exit", "quit", "EXIT"] {
      let result = try Program.run(input: "put a 1\n\(word)\nnonsense\n")
      #expect(result.status == 0)
      #expect(result.outputText == "OK\n" && result.errorText == "")
    }
  }

  @Test("1 for a transaction that is open at the end, which is dropped with a word")
  func openTransaction() throws {
    let result = try Program.run(["-c", "begin\nput a 1\nput 'b c' 2"])
    #expect(result.status == 1)
    #expect(result.outputText == "OK\nOK\nOK\n")
    #expect(result.errorText.contains("dropped"))
    #expect(result.errorText.contains("a, \"b c\""))
    let failed = try Program.run(["-c", "begin\nput a 1\nnonsense\ncommit"])
    #expect(failed.status == 1 && failed.errorText.contains("dropped"))
    let exited = try Program.run(["-c", "begin\nexit"])
    #expect(exited.status == 1 && exited.errorText.contains("dropped"))
    let across = try Program.run(["-c", "begin", "-c", "put a 1", "-c", "commit", "-c", "get a"])
    #expect(across.status == 0 && across.outputText == "OK\nOK\nOK\n1\n")
  }

  @Test("--read-only refuses every write and lets every read through")
  func readOnly() throws {
    let lines = "put a 1\ndel a\nincr a\ndecr a\nclear\nundo"
    let result = try Program.run(["--read-only", "--keep-going", "-c", lines, "-c", "size\nget a"])
    #expect(result.status == 1)
    #expect(result.outputText == "0\n\n")
    #expect(result.errorLines.count == 6)
    for line in result.errorLines { #expect(line.contains("error[read-only]: ")) }
    #expect(try Program.run(["--read-only", "-c", "begin\nget a\ncommit\nall"]).status == 0)
  }

  @Test("a terminal's escapes never come out with an error, and no colour does")
  func escaping() throws {
    let result = try Program.run(
      ["-c", "put 'a\u{1B}[31m\u{202E}' x\nincr 'a\u{1B}[31m\u{202E}'"],
      environment: ["TERM": "xterm-256color"])
    #expect(result.status == 1)
    #expect(!result.errors.contains(0x1B))
    #expect(result.errorText.contains(#"a\x1B[31m\u{202E}"#))
  }

  /// The argument parser's own messages repeat what was typed.
  @Test(
    "wrong usage is escaped too", arguments: [["--f\u{1B}[31moo"], ["--output", "\u{1B}[31mx"]])
  func usageEscaping(arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 2)
    #expect(!result.errors.contains(0x1B))
    #expect(result.errorText.contains(#"\x1B[31m"#))
  }
}
