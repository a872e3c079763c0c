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
    try folder.tlsFiles()
    let server = try ServedProgram(
      [
        "--host", "0.0.0.0", "--password-file", "password", "--tls-cert", "certificate",
        "--tls-key", "key",
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
    #expect(result.status == 3 && result.errorText.contains("can be opened by others"))
    #expect(chmod(folder.path + "/file", 0o600) == 0)
    let again = try Program.run(
      ["serve", "--tls-cert", "file", "--tls-key", "file", "data"], in: folder)
    #expect(again.status == 3 && again.errorText.contains("TLS can't begin"))
    #expect(try folder.names() == ["file"])
  }

  /// A pipe was waited on for ever, without an ear for signals; a key that all could read was taken.
  @Test(
    "a pipe is no file of TLS and no configuration, a link to one is; a key is its owner's alone")
  func kindsOfFiles() throws {
    let folder = try Folder()
    try folder.tlsFiles()
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    for (certificate, key, words) in [
      ("certificate", "pipe", "the key pipe is not a regular file"),
      ("pipe", "key", "the certificate pipe is not a regular file"),
      ("absent", "key", "can't read the certificate absent"), (".", "key", "is not a regular file"),
    ] {
      let result = try Program.run(
        ["serve", "--port", "0", "--tls-cert", certificate, "--tls-key", key], in: folder)
      #expect(result.status == 3 && result.errorText.contains(words), "\(certificate) \(key)")
    }
    let remote = try Program.run(
      ["--connect", "qrrots://127.0.0.1:1", "--tls-ca", "pipe", "-c", "size"], in: folder)
    #expect(remote.errorText.contains("pipe is not a regular file"))
    let configured = try Program.run(["--config", "pipe", "-c", "size"], in: folder)
    #expect(configured.status == 2 && configured.errorText.contains("not a regular file"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "key")
    let options = ["--tls-cert", "certificate", "--tls-key", "link"]
    #expect(try ServedProgram(options, in: folder).stop().status == 0)
    #expect(chmod(folder.path + "/key", 0o644) == 0)
    let open = try Program.run(["serve", "--port", "0"] + options, in: folder)
    #expect(open.status == 3 && open.errorText.contains("chmod 600"))
  }

  /// It was a client's alone, and a server whose environment had it let in everybody.
  @Test("the password may stand in the environment")
  func passwordInEnvironment() throws {
    let server = try ServedProgram([], environment: ["QRROT_PASSWORD": "s3cret"])
    #expect(try server.ask("PING\r\n") == "-NOAUTH Authentication required.\r\n")
    #expect(try server.ask("auth s3cret\nsize\n") == "OK\n0\n")
    #expect(!server.stop().errorText.contains("s3cret"))
  }

  @Test("a port that is taken is told with 3")
  func takenPort() throws {
    let server = try ServedProgram([])
    let result = try Program.run(["serve", "--port", "\(server.port)"])
    #expect(result.status == 3 && result.errorText.contains("can't listen on 127.0.0.1:"))
  }
}

extension Folder {
  /// Puts a certificate and its key there.
  fileprivate func tlsFiles() throws {
    for name in ["certificate", "key"] {
      let source = ProviderScene.folder + "/tls/test-only-\(name).pem"
      try FileManager.default.copyItem(atPath: source, toPath: path + "/" + name)
    }
    #expect(chmod(path + "/key", 0o600) == 0)
  }

  /// Writes a file that only its owner can open.
  func password(_ text: String, _ name: String = "password") throws {
    let path = try write(text, to: name)
    #expect(chmod(path, 0o600) == 0)
  }
}
