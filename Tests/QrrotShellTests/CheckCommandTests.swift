import Foundation
import Testing

/// `qrrot check` as a person types it.
@Suite("qrrot check")
struct CheckCommandTests {
  /// A folder with the database `db`, whose log holds six commits.
  private static func database(
    _ commands: String = "put a 1\nput b 2\nput c 3\ndel a\nput d 4\nput e 5"
  )
    throws -> Folder
  {
    let folder = try Folder()
    let result = try Program.run(["db", "-c", commands], in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    return folder
  }

  private static func check(_ folder: Folder, _ arguments: String...) throws -> Program.Result {
    try Program.run(["check"] + arguments, in: folder)
  }

  /// What is in the database's folder: names, contents, times.
  private static func state(_ folder: Folder) throws -> [String: String] {
    let path = folder.path + "/db"
    var state: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
      let bytes = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
      let time = attributes[.modificationDate] as? Date
      state[name] = "\(bytes.base64EncodedString()) \(time?.timeIntervalSince1970 ?? 0)"
    }
    return state
  }

  /// Flips one bit of a file.
  private static func damage(_ folder: Folder, _ name: String, at offset: Int) throws {
    let file = folder.url.appendingPathComponent("db/" + name)
    var bytes = Array(try Data(contentsOf: file))
    bytes[offset < 0 ? bytes.count + offset : offset] ^= 0x10
    try Data(bytes).write(to: file)
  }

  private static let log = "log-0000000001"

  @Test("a sound database is said to be sound, and what it holds; nothing is changed")
  func sound() throws {
    let folder = try Self.database()
    let before = try Self.state(folder)
    let result = try Self.check(folder, "db")
    #expect(result.status == 0 && result.errorText == "")
    #expect(
      result.outputLines == [
        "db is a qrrot database.", "log-0000000001 is sound: 6 commits, 383 bytes, closed.",
        "Opening it recovers 4 keys: the data after commit 6.", "No damage was found.",
      ])
    #expect(try Self.state(folder) == before)
    let repaired = try Self.check(folder, "db", "--repair", "--accept-loss")
    #expect(repaired.status == 0 && repaired.outputText.contains("nothing to repair"))
    #expect(Set(try Self.state(folder).keys) == Set(before.keys))
  }

  @Test("only the first word is the subcommand; ./check is a folder")
  func firstWord() throws {
    let folder = try Folder()
    #expect(try Program.run(["./check", "-c", "put a 1"], in: folder).status == 0)
    #expect(try Program.run(["-c", "get a", "check"], in: folder).outputText == "1\n")
    #expect(try Program.run(["check", "check"], in: folder).status == 0)
    #expect(try Program.run(["check", "./check"], in: folder).outputText.contains("1 key:"))
  }

  @Test(
    "wrong usage is 2",
    arguments: [
      ["check"], ["check", "db", "--accept-loss"], ["check", "db", "other"],
      ["check", "db", "--nonsense"], ["check", "db", "--max-memory", "much"],
      ["check", "-c", "size", "db"],
    ])
  func usage(arguments: [String]) throws {
    let folder = try Self.database()
    let result = try Program.run(arguments, in: folder)
    #expect(result.status == 2 && result.outputText == "" && !result.errorText.isEmpty)
  }

  @Test("help goes to standard output and names the flags")
  func help() throws {
    let result = try Program.run(["check", "--help"])
    #expect(result.status == 0 && result.errorText == "")
    #expect(result.outputText.contains("--repair") && result.outputText.contains("--accept-loss"))
    #expect(try Program.run(["--help"]).outputText.contains("qrrot check"))
  }

  @Test("what is no database is 3, with a word on what to do")
  func noDatabase() throws {
    let folder = try Folder()
    try folder.write("x", to: "foreign/readme")
    try folder.write("x", to: "file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "foreign")
    let wanted = [
      "foreign": "error[refused]: foreign is no qrrot database: it holds no qrrot-database",
      "file": "error[refused]: file is a file, not the folder of a database; name a folder",
      "link":
        "error[refused]: link is a symbolic link; name what it points to, links are not followed",
      "nothing": "error[io]: there is no folder nothing",
    ]
    for (name, text) in wanted {
      let result = try Self.check(folder, name)
      #expect(result.status == 3 && result.outputText == "" && result.errorText == text + "\n")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/nothing"))
  }

  @Test("a database that is open elsewhere is busy, also for a repair")
  func busy() throws {
    let folder = try Self.database()
    let holder = try RunningProgram(["db"], in: folder)
    holder.write("put x 1\n")
    #expect(holder.waitForOutput("OK\n"))
    for flags in [[], ["--repair", "--accept-loss"]] {
      let result = try Program.run(["check", "db"] + flags, in: folder)
      #expect(result.status == 3)
      #expect(
        result.errorText.hasPrefix(
          "error[busy]: db is open in process \(holder.processIdentifier); "))
    }
    holder.closeInput()
    #expect(holder.waitForEnd().status == 0)
  }

  @Test("damage in the middle of the log: the commits before it are kept, after a word")
  func middle() throws {
    let folder = try Self.database()
    try Self.damage(folder, Self.log, at: 200)
    #expect(try Program.run(["db", "-c", "size"], in: folder).status == 3)
    let before = try Self.state(folder)
    for flags in [[], ["--repair"]] {
      let result = try Program.run(["check", "db"] + flags, in: folder)
      #expect(result.status == 1)
      #expect(result.outputText.contains("db/log-0000000001, offset 196: a commit is damaged"))
      #expect(result.outputText.contains("behind the damage 2 commits can be read, up to commit 6"))
      #expect(result.outputText.contains("would keep 3 keys: the data as it was after commit 3."))
      #expect(result.outputText.contains("would drop commits 4 to 6"))
      #expect(result.outputText.contains("Nothing has been changed"))
      #expect(try Self.state(folder) == before)
    }
    let repair = try Self.check(folder, "db", "--repair", "--accept-loss")
    #expect(repair.status == 0)
    let lines = repair.outputLines
    let drop = try #require(lines.firstIndex { $0.contains("would drop commits 4 to 6") })
    let done = try #require(
      lines.firstIndex { $0 == "log-0000000001 is log-0000000001.damaged-1 now." })
    #expect(drop < done)
    #expect(try Program.run(["db", "-c", "keys"], in: folder).outputText == "a\nb\nc\n")
    let kept = try Data(
      contentsOf: folder.url.appendingPathComponent("db/log-0000000001.damaged-1"))
    #expect(before[Self.log]?.hasPrefix(kept.base64EncodedString()) == true)
    #expect(try Self.check(folder, "db").status == 0)
    // What was put aside once is not overwritten by the next repair.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/db")
    let snapshot = try #require(names.first { $0.hasPrefix("snapshot-") })
    try Self.damage(folder, snapshot, at: 40)
    #expect(try Self.check(folder, "db", "--repair", "--accept-loss").status == 0)
    #expect(
      try Data(contentsOf: folder.url.appendingPathComponent("db/log-0000000001.damaged-1")) == kept
    )
  }

  @Test("a damaged snapshot: what can be read of it is kept, and that it is no one moment is said")
  func snapshot() throws {
    let folder = try Folder()
    let lines = (0..<4_000).map { "put key\($0) \"\(String(repeating: "v", count: 60))\"\n" }
    let input = Array((lines.joined() + "save\n").utf8)
    #expect(try Program.run(["db", "--fsync", "never"], input: input, in: folder).status == 0)
    #expect(try Program.run(["db", "-c", "put new 1\ndel key3999"], in: folder).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/db")
    let snapshot = try #require(names.first { $0.hasPrefix("snapshot-") })
    try Self.damage(folder, snapshot, at: 32 + 3 * 65_536 + 100)
    let result = try Self.check(folder, "db")
    #expect(result.status == 1)
    #expect(
      result.outputText.contains("\(snapshot), offset \(32 + 3 * 65_536): a block is damaged."))
    #expect(result.outputText.contains("in the first 3 of 5 blocks."))
    #expect(result.outputText.contains("not the data of any one moment"))
    #expect(try Self.check(folder, "db", "--repair", "--accept-loss").status == 0)
    let size = try Program.run(["db", "-c", "size", "-c", "get new"], in: folder).outputLines
    #expect(size.last == "1")
    let count = try #require(size.first.flatMap { Int($0) })
    #expect(count > 2_000 && count < 4_000)
  }

  @Test("the marker can be damaged or missing; nothing is lost by its repair")
  func marker() throws {
    for isMissing in [true, false] {
      let folder = try Self.database()
      if isMissing {
        try FileManager.default.removeItem(atPath: folder.path + "/db/qrrot-database")
      } else {
        try Self.damage(folder, "qrrot-database", at: 2)
      }
      #expect(try Self.check(folder, "db").status == 1)
      let repair = try Self.check(folder, "db", "--repair", "--accept-loss")
      #expect(repair.status == 0 && repair.outputText.contains("drop nothing"))
      #expect(try Program.run(["db", "-c", "size"], in: folder).outputText == "4\n")
    }
  }

  @Test("a newer version is refused and never repaired")
  func newer() throws {
    let folder = try Self.database()
    try folder.write("qrrot database 2\n", to: "db/qrrot-database")
    for flags in [[], ["--repair", "--accept-loss"]] {
      let result = try Program.run(["check", "db"] + flags, in: folder)
      #expect(result.status == 3)
      #expect(
        result.errorText
          == "error[refused]: db/qrrot-database says version 2, which a newer qrrot wrote; use that one\n"
      )
    }
    #expect(try Program.run(["db", "-c", "size"], in: folder).status == 3)
  }

  @Test("links and other things in a file's place are said and not followed")
  func links() throws {
    let folder = try Self.database()
    let path = folder.path + "/db/"
    try FileManager.default.moveItem(atPath: path + Self.log, toPath: folder.path + "/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: path + Self.log, withDestinationPath: "../elsewhere")
    let link = try Self.check(folder, "db")
    #expect(link.status == 1)
    #expect(
      link.outputText.contains("db/log-0000000001: it is a symbolic link; put the file itself"))
    let open = try Program.run(["db", "-c", "size"], in: folder)
    #expect(open.status == 3 && open.errorText.contains("links are not followed"))
    try FileManager.default.removeItem(atPath: path + Self.log)
    #expect(mkfifo(path + Self.log, 0o600) == 0)
    let pipe = try Self.check(folder, "db")
    #expect(
      pipe.status == 1 && pipe.outputText.contains("db/log-0000000001: it is no regular file."))
  }

  @Test("names from outside are escaped")
  func escaping() throws {
    let folder = try Self.database()
    try folder.write("x", to: "db/evil\u{1B}[31m\nname")
    let result = try Self.check(folder, "db")
    #expect(result.status == 0 && !result.output.contains(0x1B))
    #expect(result.outputText.contains(#"evil\x1B[31m\nname is no file of qrrot's."#))
  }

  @Test("a torn tail is no damage, and is left in place")
  func torn() throws {
    let folder = try Self.database()
    let file = folder.url.appendingPathComponent("db/" + Self.log)
    // Without the closing frame, as after a kill, and with a part of another commit.
    let bytes = Array(try Data(contentsOf: file)).dropLast(40)
    try Data(bytes + bytes.suffix(30)).write(to: file)
    let before = try Self.state(folder)
    let result = try Self.check(folder, "db")
    #expect(result.status == 0)
    #expect(result.outputText.contains("offset \(bytes.count): a write was never finished"))
    #expect(result.outputText.contains("not closed"))
    #expect(try Self.state(folder) == before)
    #expect(try Program.run(["db", "-c", "size"], in: folder).outputText == "4\n")
  }
}
