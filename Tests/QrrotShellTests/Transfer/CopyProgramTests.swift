import Foundation
import Testing

/// `qrrot copy` through the built program.
@Suite("qrrot copy")
struct CopyProgramTests {
  private func run(_ words: String..., environment: [String: String] = [:], in folder: Folder)
    throws -> Program.Result
  {
    try Program.run(words, environment: environment, in: folder)
  }

  private func outcome(
    copied: Int = 0, equal: Int = 0, replaced: Int = 0, skipped: Int = 0, expired: Int = 0
  ) -> String {
    "copied\t\(copied)\nequal\t\(equal)\nreplaced\t\(replaced)\nskipped\t\(skipped)\nexpired\t\(expired)\n"
  }

  private static let contents =
    "put a -5\nput b {\"x\":[1.50,null]}\nexpireat b 4102444800123\nput c \"42\"\nput d \"\\xFF\"\n"

  /// A folder with a database in it.
  private func source() throws -> Folder {
    let folder = try Folder()
    #expect(try run("source", "-c", Self.contents, in: folder).status == 0)
    return folder
  }

  @Test("from a folder to a server and back, all is the same; a second time all is there")
  func roundTrip() throws {
    let folder = try source()
    let server = try ServedProgram(["served"], in: folder)
    let url = "qrrot://127.0.0.1:\(server.port)"
    for places in [["source", url], [url, "back"], ["source", "plain"]] {
      let first = try run("copy", places[0], places[1], in: folder)
      #expect(first.status == 0 && first.errorText == "", "\(first.errorText)")
      #expect(first.outputText == outcome(copied: 4))
      let second = try run("copy", places[0], places[1], in: folder)
      #expect(second.status == 0 && second.outputText == outcome(equal: 4))
    }
    #expect(server.stop().status == 0)
    for name in ["served", "back", "plain"] {
      #expect(try run("export", "-", name, in: folder).outputText == Self.contents, "\(name)")
      #expect(try run("check", name, in: folder).status == 0)
    }
    let some = try run(
      "copy", "source", "some", "--pattern", "[ab]", "--output", "json", in: folder)
    #expect(some.status == 0 && some.outputText.hasPrefix("[{\"outcome\":\"copied\",\"count\":2},"))
    #expect(try run("some", "-c", "keys", in: folder).outputText == "a\nb\n")
  }

  @Test("a conflict is 1 and named; skip and replace go on")
  func conflicts() throws {
    let folder = try source()
    #expect(try run("target", "-c", "put c 42", in: folder).status == 0)
    let refused = try run("copy", "source", "target", in: folder)
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(
      refused.errorText
        == "error[conflict]: the target holds something else under c; --on-conflict skip keeps that, --on-conflict replace replaces it\nuntil then: copied 0, equal 0, replaced 0, skipped 0, expired 0; that stays, and running it again goes on from there\n"
    )
    #expect(try run("target", "-c", "keys", in: folder).outputText == "c\n")
    let skipping = try run("copy", "source", "target", "--on-conflict", "skip", in: folder)
    #expect(skipping.status == 0 && skipping.outputText == outcome(copied: 3, skipped: 1))
    let replacing = try run("copy", "--on-conflict", "replace", "source", "target", in: folder)
    #expect(replacing.status == 0 && replacing.outputText == outcome(equal: 3, replaced: 1))
    #expect(try run("export", "-", "target", in: folder).outputText == Self.contents)
  }

  @Test(
    "a command line that can't mean anything is 2, and nothing is made",
    arguments: [
      ([], "Missing expected argument"), (["source"], "Missing expected argument"),
      (["source", "source"], "the same database"), (["source", "./source/"], "the same database"),
      (["qrrot://127.0.0.1:1", "qrrot://127.0.0.1:1"], "the same database"),
      (["source", "new", "third"], "third"), (["source", ""], "can't be empty"),
      (["source", "new", "--on-conflict", "maybe"], "maybe"),
      (["source", "new", "--read-only"], "--read-only"),
      (["source", "new", "--password-file", "x"], "both are folders"),
      (["source", "new", "--tls-ca", "x"], "both are folders"),
      (["source", "qrrot://127.0.0.1:1", "--source-password-file", "x"], "SOURCE is a folder"),
      (["qrrot://127.0.0.1:1", "new", "--target-tls-ca", "x"], "TARGET is a folder"),
      (["qrrot://127.0.0.1:1", "new", "--tls-ca", "x"], "qrrots://"),
      (["source", "qrrot://127.0.0.1:1", "--fsync", "never"], "has its own"),
      (["source", "qrrot://u:geheim@127.0.0.1"], "TARGET: the address holds no"),
      (["http://127.0.0.1", "new"], "SOURCE: the address begins with"),
    ])
  func usage(words: [String], text: String) throws {
    let folder = try source()
    let result = try Program.run(["copy"] + words, in: folder)
    #expect(result.status == 2, "\(words): \(result.errorText)")
    #expect(result.errorText.contains(text) && !result.errorText.contains("geheim"))
    #expect(try folder.names() == ["source"])
  }

  @Test(
    "a source that is not there and a server that can't be reached are 3, and no target is made")
  func unreachable() throws {
    let folder = try source()
    for words in [
      ["nowhere", "new"], ["qrrot://127.0.0.1:1", "new"], ["source", "qrrot://127.0.0.1:1"],
    ] {
      let result = try Program.run(["copy"] + words, in: folder)
      #expect(result.status == 3 && result.errorText.hasPrefix("error["), "\(words)")
      #expect(try folder.names() == ["source"])
    }
    try folder.write("x", to: "file")
    #expect(try run("copy", "source", "file", in: folder).status == 3)
    let readOnly = try run(
      "copy", "source", "new", environment: ["QRROT_READ_ONLY": "1"], in: folder)
    #expect(readOnly.status == 3)
    #expect(try !folder.names().contains("new"))
  }

  @Test("each server can have a password of its own, or both the one of the environment")
  func passwords() throws {
    let folder = try source()
    for (name, text) in [("one", "first secret\n"), ("two", "second secret\n")] {
      let file = try folder.write(text, to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
    let one = try ServedProgram(["--password-file", "one", "source"], in: folder)
    let two = try ServedProgram(["--password-file", "two"], in: folder)
    let words = ["qrrot://127.0.0.1:\(one.port)", "qrrot://127.0.0.1:\(two.port)"]
    let missing = try Program.run(["copy"] + words, in: folder)
    #expect(missing.status == 3 && missing.errorText.contains("error[auth]"))
    let wrong = try Program.run(["copy"] + words + ["--password-file", "one"], in: folder)
    #expect(wrong.status == 3 && wrong.errorText.contains("error[auth]"))
    let both = try Program.run(
      ["copy"] + words + ["--source-password-file", "one", "--target-password-file", "two"],
      in: folder)
    #expect(both.status == 0 && both.outputText == outcome(copied: 4), "\(both.errorText)")
    let mixed = try Program.run(
      ["copy"] + words + ["--source-password-file", "one"],
      environment: ["QRROT_PASSWORD": "second secret"], in: folder)
    #expect(mixed.status == 0 && mixed.outputText == outcome(equal: 4), "\(mixed.errorText)")
    let shared = try Program.run(
      ["copy", words[0], "folder", "--password-file", "one"], in: folder)
    #expect(shared.status == 0 && shared.outputText == outcome(copied: 4), "\(shared.errorText)")
  }
}
