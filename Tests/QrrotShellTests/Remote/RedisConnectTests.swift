import Foundation
import QrrotTesting
import Testing

/// What those see who run `qrrot --connect redis://…`: who logs in, and with what.
@Suite(
  "qrrot --connect redis://", .serialized,
  .enabled(if: RedisServer.isExpected, Comment(rawValue: RedisServer.advice)))
struct RedisConnectTests {
  /// A server that lets nobody in but `anna`, with a password that has a colon and ends in a sign.
  private static func guarded() throws -> RedisServer {
    let server = try RedisServer()
    #expect(try server.ask("ACL", "SETUSER", "anna", "on", ">se:cret@", "~*", "+@all") == "OK")
    #expect(try server.ask("ACL", "SETUSER", "bert", "on", ">plain", "~*", "+@all") == "OK")
    #expect(try server.ask("ACL", "SETUSER", "default", "on", "resetpass", ">general") == "OK")
    return server
  }

  private func secret(_ text: String, in folder: Folder) throws -> String {
    let file = try folder.write(text, to: UUID().uuidString)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    return file
  }

  /// Once the end of a file was reached before its puts were settled, and the error stood nowhere.
  @Test("a put that was sent ahead and refused is placed, and ends the run before the next command")
  func refusedAhead() throws {
    let folder = try Folder()
    let server = try RedisServer()
    let url = "redis://127.0.0.1:\(server.port)"
    #expect(try server.ask("RPUSH", "list", "1") == "1")
    for (text, line) in [("put a 1\nput list 5\n", 2), ("put list 5\nput b 2\nincr a\n", 3)] {
      let file = try folder.write(text, to: "puts.qrrot")
      let result = try Program.run(["--connect", url, "-f", file], in: folder)
      #expect(result.status == 1)
      #expect(result.errorText.contains("puts.qrrot:\(line): error[type]: list holds a list"))
      #expect(try server.ask("LINDEX", "list", "0") == "1")
    }
    #expect(try server.ask("GET", "a") == "1")
    // With --keep-going each line has its own error.
    let file = try folder.write("put list 5\nincr a\n", to: "puts.qrrot")
    let result = try Program.run(["--connect", url, "--keep-going", "-f", file], in: folder)
    #expect(result.errorText.contains("puts.qrrot:1: error[type]") && result.outputText == "2\n")
  }

  @Test("a user is named by the address, by QRROT_USER, or in front of the password")
  func users() throws {
    let folder = try Folder()
    let server = try Self.guarded()
    let plain = "redis://127.0.0.1:\(server.port)"
    func status(
      _ url: String, file: String? = nil, user: String? = nil, password: String? = nil
    ) throws -> Int32 {
      var words = ["--connect", url, "-c", "size"]
      if let file { words += ["--password-file", try secret(file, in: folder)] }
      var environment: [String: String] = [:]
      environment["QRROT_USER"] = user
      environment["QRROT_PASSWORD"] = password
      let result = try Program.run(words, environment: environment, in: folder)
      for part in ["se:cret", "guessed"] { #expect(!result.errorText.contains(part)) }
      return result.status
    }
    #expect(try status(plain) == 3)
    #expect(try status(plain, file: "general\n") == 0)
    #expect(try status(plain, password: "general") == 0)
    #expect(try status(plain, password: "guessed") == 3)
    let address = "redis://anna@127.0.0.1:\(server.port)"
    #expect(try status(address, file: "se:cret@\n") == 0)
    #expect(try status(address, password: "guessed") == 3)
    #expect(try status(address) == 2)
    #expect(try status(plain, user: "anna", password: "se:cret@") == 0)
    // The address wins.
    #expect(try status(address, user: "bert", password: "se:cret@") == 0)
    #expect(try status(plain, file: "bert:plain@\n") == 0)
    #expect(try status(plain, password: "bert:plain@") == 0)
    #expect(try status(plain, file: "anna:se:cret@@\n") == 0)
    #expect(try status(plain, file: ":general@\n") == 0)
    #expect(try status(plain, file: "bert:guessed@\n") == 3)
    #expect(try status(plain, file: "bert:@\n") == 2)
  }

  @Test("commands, files and --read-only are as they are here, and the data stays there")
  func commands() throws {
    let folder = try Folder()
    let server = try RedisServer()
    let url = "redis://127.0.0.1:\(server.port)/3"
    let file = try folder.write("put b {\"x\": [1]}\nget b $.x[0]\n", to: "in.qrrot")
    let result = try Program.run(
      ["--connect", url, "-c", "put a 1\nbegin\nincr a\ncommit", "-f", file, "-c", "all"],
      in: folder)
    #expect(result.outputText == "OK\nOK\n2\nOK\nOK\n1\na\tint\t2\nb\tjson\t{\"x\":[1]}\n")
    #expect(result.status == 0 && result.errorText.isEmpty, "\(result.errorText)")
    let readOnly = try Program.run(["--connect", url, "--read-only", "-c", "put a 3"])
    #expect(readOnly.status == 1 && readOnly.errorText.contains("error[read-only]"))
    let again = try Program.run(["--connect", url, "-c", "get a"])
    #expect(again.outputText == "2\n")
    let elsewhere = try Program.run(["--connect", "redis://127.0.0.1:\(server.port)", "-c", "size"])
    #expect(elsewhere.outputText == "0\n")
  }

  @Test("copies go in and out, with users of both servers, and go on after a conflict")
  func copies() throws {
    let folder = try Folder()
    let (one, two) = (try Self.guarded(), try RedisServer())
    let source = "redis://anna@127.0.0.1:\(one.port)"
    let target = "redis://127.0.0.1:\(two.port)"
    let contents = "put a 1\nput b {\"x\":[1.50]}\nexpireat b 4102444800123\nput c \"\\xFF\"\n"
    #expect(try Program.run(["folder", "-c", contents], in: folder).status == 0)
    let password = ["--source-password-file", try secret("se:cret@", in: folder)]
    let filled = try Program.run(
      ["copy", "folder", source, "--target-password-file", password[1]], in: folder)
    #expect(filled.status == 0 && filled.outputText.hasPrefix("copied\t3\n"), "\(filled.errorText)")
    let moved = try Program.run(["copy", source, target] + password, in: folder)
    #expect(moved.status == 0 && moved.outputText.hasPrefix("copied\t3\n"), "\(moved.errorText)")
    #expect(try two.ask("SET", "a", "2") == "OK")
    let conflict = try Program.run(["copy", source, target] + password, in: folder)
    #expect(conflict.status == 1 && conflict.errorText.contains("under a;"))
    let replaced = try Program.run(
      ["copy", source, target, "--on-conflict", "replace"] + password, in: folder)
    #expect(replaced.outputText == "copied\t0\nequal\t2\nreplaced\t1\nskipped\t0\nexpired\t0\n")
    #expect(try Program.run(["copy", target, "back"], in: folder).status == 0)
    #expect(try Program.run(["export", "-", "back"], in: folder).outputText == contents)
    // A text that has another type when it comes back.
    #expect(try Program.run(["back", "-c", "put d \"7\""], in: folder).status == 0)
    let retyped = try Program.run(["copy", "back", target], in: folder)
    #expect(
      retyped.status == 0 && retyped.errorText.contains("1 value has another form or type there"))
    #expect(try Program.run(["copy", "back", target], in: folder).outputText.contains("equal\t4"))
    let same = try Program.run(["copy", target, "\(target)/0"], in: folder)
    #expect(same.status == 2 && same.errorText.contains("the same database"))
  }
}
