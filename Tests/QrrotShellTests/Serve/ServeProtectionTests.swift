import Foundation
import QrrotTesting
import Testing

/// Who may come in, and what has to be there before others can.
@Suite("The protection of qrrot serve")
struct ServeProtectionTests {
  @Test("an address that others can reach needs a password and TLS, or --insecure")
  func exposure() throws {
    let folder = try Folder()
    try folder.password("secret\n")
    for host in ["0.0.0.0", "::", "192.0.2.7"] {
      let result = try Program.run(["serve", "--port", "0", "--host", host, "data"], in: folder)
      #expect(result.status == 2)
      for words in ["--password-file", "--tls-cert", "--insecure", host] {
        #expect(result.errorText.contains(words))
      }
    }
    let half = try Program.run(
      ["serve", "--host", "0.0.0.0", "--password-file", "password", "data"], in: folder)
    #expect(half.status == 2 && half.errorText.contains("TLS"))
    #expect(!half.errorText.contains("--password-file"), "what is there is not asked for")
    #expect(try folder.names() == ["password"], "nothing was opened")
    let insecure = try ServedProgram(["--host", "0.0.0.0", "--insecure"], in: folder)
    #expect(try insecure.ask("PING\r\n") == "+PONG\r\n")
    #expect(insecure.stop().errorText.contains("event=exposed"))
    for host in ["127.0.0.2", "localhost"] {
      #expect(try ServedProgram(["--host", host]).stop().status == 0)
    }
  }

  @Test("with a password and TLS an address that others can reach is served")
  func protected() throws {
    let folder = try Folder()
    try folder.password("secret\n")
    let tls = ProviderScene.folder + "/tls/"
    let server = try ServedProgram(
      [
        "--host", "0.0.0.0", "--password-file", "password",
        "--tls-cert", tls + "test-only-certificate.pem", "--tls-key", tls + "test-only-key.pem",
      ], in: folder)
    let result = server.stop()
    #expect(result.status == 0)
    #expect(result.errorText.contains("tls=true") && !result.errorText.contains("exposed"))
  }

  @Test("a password file that is no good is refused with 3 and what to do")
  func passwordFiles() throws {
    let folder = try Folder()
    try folder.password("secret\n", "good")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "good")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    try folder.write("secret\n", to: "open")
    try folder.password("", "empty")
    try folder.password("\n", "blank")
    try folder.password("secret\nother\n", "lines")
    for (name, words) in [
      ("link", "symbolic link"), ("pipe", "not a regular file"), ("open", "chmod 600"),
      ("empty", "is empty"), ("blank", "is empty"), ("lines", "more than one line"),
      ("absent", "can't read"), (".", "not a regular file"),
    ] {
      let result = try Program.run(
        ["serve", "--port", "0", "--password-file", name], in: folder)
      #expect(result.status == 3 && result.errorText.contains(words), "\(name)")
      #expect(!result.errorText.contains("secret"))
    }
  }

  @Test("the password is asked for in both protocols, and stands in no log")
  func password() throws {
    let folder = try Folder()
    try folder.password("s3cret word\n")
    let server = try ServedProgram(
      ["--password-file", "password", "--log-level", "debug"], in: folder)
    let socket = try TestSocket(port: server.port)
    try socket.send("PING\r\nAUTH wr0ng\r\nAUTH \"s3cret word\"\r\nPING\r\n")
    socket.endSending()
    #expect(
      try socket.readToEnd() == """
        -NOAUTH Authentication required.\r
        -WRONGPASS invalid username-password pair or user is disabled.\r
        +OK\r
        +PONG\r

        """)
    #expect(try server.ask("auth wr0ng\n") == "error[auth]: wrong password\n")
    #expect(try server.ask("auth 's3cret word'\nsize\n") == "OK\n0\n")
    let log = server.stop().errorText
    #expect(log.contains("event=login-failed") && log.contains("event=logged-in"))
    #expect(!log.contains("s3cret") && !log.contains("wr0ng"))
  }

  @Test("files of TLS that are no good are refused with 3 before the database is opened")
  func tlsFiles() throws {
    let folder = try Folder()
    try folder.write("nothing", to: "file")
    let result = try Program.run(
      ["serve", "--tls-cert", "file", "--tls-key", "file", "data"], in: folder)
    #expect(result.status == 3 && result.errorText.contains("TLS can't begin"))
    #expect(try folder.names() == ["file"])
  }

  @Test("a port that is taken is told with 3")
  func takenPort() throws {
    let server = try ServedProgram([])
    let result = try Program.run(["serve", "--port", "\(server.port)"])
    #expect(result.status == 3 && result.errorText.contains("can't listen on 127.0.0.1:"))
  }
}

extension Folder {
  /// Writes a file that only its owner can open.
  func password(_ text: String, _ name: String = "password") throws {
    let path = try write(text, to: name)
    #expect(chmod(path, 0o600) == 0)
  }
}
