import Foundation
import QrrotCore
import Testing

/// `-c`, `-f`, standard input and `source`, by the built program.
@Suite("Command files")
struct CommandFileTests {
  @Test("all -c and -f run in the order given, in one session")
  func order() throws {
    let folder = try Folder()
    try folder.write("put b 2\nkeys\n", to: "one")
    try folder.write("put d 4", to: "two")
    let result = try Program.run(
      ["-c", "put a 1", "-f", "one", "-c", "put c 3", "-f", "two", "-f", "-", "-c", "keys"],
      input: Array("put e 5\nundo 2".utf8), in: folder)
    #expect(result.status == 0)
    #expect(
      result.outputLines == [
        "OK", "OK", "a", "b", "OK", "OK", "OK", "d\tnil\t", "e\tnil\t", "a", "b", "c",
      ])
  }

  @Test("standard input is read only where neither -c nor -f is given")
  func standardInput() throws {
    #expect(try Program.run("-c", "size", input: "put a 1\n").outputText == "0\n")
    #expect(try Program.run("-f", "-", input: "put a 1\nsize").outputText == "OK\n1\n")
    #expect(try Program.run(input: "put a 1\nsize").outputText == "OK\n1\n")
  }

  @Test("a file that is missing, a folder or unreadable: io, status 1, and nothing has run")
  func unreadable() throws {
    let folder = try Folder()
    try folder.write("put a 1", to: "good")
    try folder.write("put a 1", to: "inside/locked")
    var names = ["missing", "inside", "good/file", ""]
    if geteuid() != 0 {
      chmod(folder.path + "/inside/locked", 0)
      names.append("inside/locked")
    }
    for name in names {
      let result = try Program.run(
        ["-c", "put b 2", "-f", "good", "-f", name, "--keep-going"], in: folder)
      #expect(result.status == 1, "\(name)")
      #expect(result.outputText == "", "\(name)")
      #expect(result.errorText.contains("error[io]: "), "\(name)")
      let sourced = try Program.run(["-c", "put b 2\nsource '\(name)'\nsize"], in: folder)
      #expect(sourced.status == 1 && sourced.outputText == "OK\n", "\(name)")
      #expect(sourced.errorText.hasPrefix("-c:2: error[io]: "), "\(name)")
    }
  }

  @Test("a file's lines may end in CR LF, begin with a byte order mark and lack the last line end")
  func forms() throws {
    let folder = try Folder()
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    try folder.write(
      mark + Array("put a 1\r\n# x\r\n\r\nget a\r\nput b 'x\r\ny'\r\nget b".utf8), to: "f")
    let result = try Program.run(["-f", "f"], in: folder)
    #expect(result.status == 0)
    #expect(result.outputText == "OK\n1\nOK\nx\r\ny\n", "CR LF inside a quote is kept")
    let input = try Program.run([], input: mark + Array("size".utf8))
    #expect(input.outputText == "0\n")
    let twice = try Program.run([], input: mark + mark + Array("size".utf8))
    #expect(twice.errorText.contains("error[unknown-command]"))
    #expect(try Program.run(["-f", "f", "-c", "source f"], in: folder).status == 0)
  }

  @Test("source is relative to the file that contains it, at -c to the current folder")
  func relative() throws {
    let folder = try Folder()
    try folder.write("source sub/one\nput main 1", to: "main")
    try folder.write("source two\nput one 1", to: "sub/one")
    try folder.write("source ../three\nput two 1", to: "sub/two")
    let absolute = try folder.write("put four 1", to: "deep/four")
    try folder.write("source \"\(absolute)\"\nput three 1", to: "three")
    for arguments in [["-f", "main"], ["-c", "source main"], ["-f", folder.path + "/main"]] {
      let result = try Program.run(arguments + ["-c", "keys"], in: folder)
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.outputLines.suffix(5) == ["four", "main", "one", "three", "two"])
    }
  }

  @Test("source stops at its first error, and its line is named")
  func sourceErrors() throws {
    let folder = try Folder()
    try folder.write("put a 1\nsource sub/bad\nput b 2", to: "main")
    try folder.write("put c 3\n\nincr c x\nput d 4", to: "sub/bad")
    let stopped = try Program.run(["-f", "main", "-c", "keys"], in: folder)
    #expect(stopped.status == 1)
    #expect(stopped.outputText == "OK\nOK\n")
    #expect(stopped.errorText.hasPrefix("sub/bad:3: error[type]: "))
    let going = try Program.run(["--keep-going", "-f", "main", "-c", "keys"], in: folder)
    #expect(going.status == 1)
    #expect(going.outputText == "OK\nOK\nOK\na\nb\nc\n", "source itself stops all the same")
  }

  @Test("exit in a sourced file ends that file")
  func sourcedExit() throws {
    let folder = try Folder()
    try folder.write("put a 1\nexit\nput b 2", to: "inner")
    let result = try Program.run(["-c", "source inner\nput c 3\nkeys"], in: folder)
    #expect(result.status == 0)
    #expect(result.outputText == "OK\nOK\na\nc\n")
  }

  @Test("a file that includes itself is an error, directly, by another and by a link")
  func cycles() throws {
    let folder = try Folder()
    try folder.write("put a 1\nsource self", to: "self")
    try folder.write("source there", to: "here")
    try folder.write("source ./sub/../here", to: "there")
    try folder.write("", to: "sub/x")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "linked")
    try folder.write("source link", to: "linked")
    for (name, last) in [("self", "self:2"), ("here", "there:1"), ("linked", "linked:1")] {
      for arguments in [["-f", name], ["-c", "source \(name)"]] {
        let result = try Program.run(arguments, in: folder)
        #expect(result.status == 1)
        #expect(result.errorLines.count == 1)
        #expect(result.errorText.hasPrefix("\(last): error[refused]: "), "\(result.errorText)")
        #expect(result.errorText.contains("includes itself"))
      }
    }
    try folder.write("source self2", to: "twice")
    try folder.write("put a 1", to: "self2")
    #expect(try Program.run(["-c", "source twice\nsource twice"], in: folder).status == 0)
  }

  @Test("files nest 16 deep and not deeper")
  func depth() throws {
    let folder = try Folder()
    for number in 1...17 { try folder.write("source f\(number + 1)", to: "f\(number)") }
    try folder.write("put reached 1", to: "f17")
    let allowed = try Program.run(["-c", "source f2"], in: folder)
    #expect(allowed.status == 0 && allowed.outputText == "OK\n", "\(allowed.errorText)")
    let deeper = try Program.run(["-c", "source f1"], in: folder)
    #expect(deeper.status == 1 && deeper.outputText == "")
    #expect(deeper.errorText.hasPrefix("f16:1: error[refused]: "), "\(deeper.errorText)")
  }

  @Test("errors are placed at their file and the line where their command begins")
  func places() throws {
    let lines = [
      "# comment", "", "put a {", "  \"x\": 1", "}", "incr a", "put b \"two", "lines\"x", "get",
      "put c [1,", "2}", "size", "put d 'never", "closed",
    ]
    let folder = try Folder()
    try folder.write(lines.joined(separator: "\n"), to: "a file")
    for (arguments, input, name) in [
      (["-f", "a file"], "", "a file"), ([], lines.joined(separator: "\n"), "-"),
      (["-f", "-"], lines.joined(separator: "\r\n"), "-"),
      (["-c", lines.joined(separator: "\n")], "", "-c"),
    ] {
      let result = try Program.run(
        ["--keep-going"] + arguments, input: Array(input.utf8), in: folder)
      #expect(result.status == 1)
      #expect(result.outputText == "OK\n1\n")
      let places = result.errorLines.map { $0.prefix { $0 != "]" } }
      #expect(
        places == [
          "\(name):6: error[type", "\(name):7: error[syntax", "\(name):9: error[arity",
          "\(name):10: error[json", "\(name):13: error[syntax",
        ])
    }
  }

  @Test("NUL bytes and bytes that are not UTF-8 go through a file and come out in raw")
  func binary() throws {
    let folder = try Folder()
    let line =
      Array("put 'k".utf8) + [0x00, 0xFF] + Array("' 'v".utf8) + [0xFE, 0x00] + Array("'\n".utf8)
    try folder.write(line + Array("get \"k\\0\\xFF\"\nkeys".utf8), to: "f")
    let result = try Program.run(["-f", "f"], in: folder)
    #expect(result.status == 0)
    #expect(
      result.output == Array("OK\nv".utf8) + [0xFE, 0x00, 0x0A] + Array("k".utf8) + [
        0x00, 0xFF, 0x0A,
      ])
  }
}
