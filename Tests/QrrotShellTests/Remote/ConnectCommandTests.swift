import Foundation
import QrrotTesting
import Testing

/// What those see who run `qrrot --connect`.
@Suite("qrrot --connect")
struct ConnectCommandTests {
  private static let password = "open sesame"

  private func url(_ server: ServedProgram) -> String { "qrrot://127.0.0.1:\(server.port)" }

  @Test("-c, -f and pipes work as they do here; what is written stays")
  func commands() throws {
    let folder = try Folder()
    let server = try ServedProgram(["data"], in: folder)
    let file = try folder.write("put b {\"x\": [1]}\nget b $.x[0]\n", to: "in.qrrot")
    let result = try Program.run(
      ["--connect", url(server), "-c", "put a 1\nbegin\nincr a\ncommit", "-f", file, "-c", "all"],
      in: folder)
    #expect(result.outputText == "OK\nOK\n2\nOK\nOK\n1\na\tint\t2\nb\tjson\t{\"x\":[1]}\n")
    #expect(result.status == 0)
    let pipe = try Program.run(
      ["--connect", url(server), "--keep-going", "--output", "json"],
      input: Array("get a\nputt\nincr b\nsave\n".utf8))
    #expect(pipe.outputText == "2\n")
    #expect(pipe.errorLines.count == 3 && pipe.status == 1)
    #expect(pipe.errorText.contains("-:3: error[type]: b holds json; incr needs int"))
    #expect(server.stop().status == 0)
    #expect(try Program.run(["data", "-c", "get a"], in: folder).outputText == "2\n")
  }

  @Test("import and export work on files of this machine")
  func transfer() throws {
    let folder = try Folder()
    let server = try ServedProgram([])
    let file = try folder.write("{\"id\":\"x\",\"n\":1}\n{\"id\":\"y\",\"n\":2}\n", to: "in.jsonl")
    let result = try Program.run(
      [
        "--connect", url(server), "-c", "import \(file) --key id", "-c", "export out.csv",
        "-c", "undo", "-c", "size",
      ], in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.outputText.hasSuffix("\n0\n"))
    #expect(try folder.read("out.csv").split(separator: "\n").count == 3)
  }

  @Test(
    "a command line that can't mean anything is told before anything is tried",
    arguments: [
      (["--connect", "http://127.0.0.1"], "--connect: the address begins with qrrot://"),
      (["--connect", "redis://u:geheim@127.0.0.1"], "--connect: the address holds no password"),
      (["--connect", "redis://u@127.0.0.1"], "there is a user and no password"),
      (["--connect", "redis://127.0.0.1", "--tls-ca", "x"], "rediss://"),
      (["--connect", "redis://127.0.0.1", "--read-from-replicas"], "redis+cluster://"),
      (["--connect", "qrrot://127.0.0.1", "--read-from-replicas"], "redis+cluster://"),
      (["--read-from-replicas"], "--connect"),
      (["--connect", "qrrot://u:geheim@127.0.0.1"], "QRROT_PASSWORD"),
      (["--connect", "qrrot://127.0.0.1", "data"], "leave the folder out"),
      (["--connect", "qrrot://127.0.0.1", "--fsync", "never"], "are the server's"),
      (["--connect", "qrrot://127.0.0.1", "--max-memory", "1G"], "are the server's"),
      (["--connect", "qrrot://127.0.0.1", "--tls-ca", "x"], "qrrots://"),
      (["--tls-ca", "x"], "--connect"), (["--password-file", "x"], "--connect"),
    ])
  func usage(arguments: [String], text: String) throws {
    let result = try Program.run(arguments + ["-c", "size"])
    #expect(result.status == 2)
    #expect(result.errorText.contains(text) && !result.errorText.contains("geheim"))
    #expect(result.output.isEmpty)
  }

  @Test("a server that is not there ends it with 3")
  func nobody() throws {
    let server = try ServedProgram([])
    #expect(server.stop().status == 0)
    let result = try Program.run(["--connect", url(server), "-c", "size"])
    #expect(result.status == 3 && result.errorText.contains("nobody listens at"))
  }

  @Test("the password comes from the environment or from a file that nobody else can read")
  func passwords() throws {
    let folder = try Folder()
    let file = try folder.write(Self.password + "\n", to: "password")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let server = try ServedProgram(["--password-file", file])
    let size = ["--connect", url(server), "-c", "size"]
    let missing = try Program.run(size)
    #expect(missing.status == 3 && missing.errorText.contains("error[auth]"))
    let wrong = try Program.run(size, environment: ["QRROT_PASSWORD": "guess"])
    #expect(wrong.status == 3 && wrong.errorText.contains("wrong password"))
    let right = try Program.run(size, environment: ["QRROT_PASSWORD": Self.password])
    #expect(right.status == 0 && right.outputText == "0\n")
    #expect(try Program.run(size + ["--password-file", file]).status == 0)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    let open = try Program.run(size + ["--password-file", file])
    #expect(open.status == 2 && open.errorText.contains("chmod 600"))
  }

  @Test("--read-only is the shell's and the server's")
  func readOnly() throws {
    let server = try ServedProgram([])
    let result = try Program.run(["--connect", url(server), "--read-only", "-c", "put a 1"])
    #expect(result.status == 1 && result.errorText.contains("error[read-only]"))
  }

  @Test("Ctrl-C ends a run whose server does not answer")
  func interrupt() throws {
    let server = try ServedProgram([])
    let run = try RunningProgram(["--connect", url(server)])
    run.write("put a 1\n")
    _ = run.waitForOutput("OK\n")
    server.program.send(SIGSTOP)
    run.write("size\n")
    // It is on its way when this comes, or about to be: both end the same.
    run.send(SIGINT)
    let result = run.waitForEnd()
    #expect(result.status == 130)
    server.program.send(SIGCONT)
  }
}
