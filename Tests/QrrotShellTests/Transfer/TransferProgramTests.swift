import Foundation
import Testing

/// The films beside the checkout.
private enum Films {
  static let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/data/movies/movies-2010s.json").standardizedFileURL
  static let areThere = FileManager.default.fileExists(atPath: url.path)
}

/// `import` and `export` through the built program.
@Suite("qrrot import, qrrot export")
struct TransferProgramTests {
  private func run(_ words: String..., input: String = "", in folder: Folder) throws
    -> Program.Result
  {
    try Program.run(words, input: Array(input.utf8), in: folder)
  }

  @Test("what was imported is there when the database is opened again, and comes out the same")
  func roundTrip() throws {
    let folder = try Folder()
    try folder.write("{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":[1.50]}\n", to: "in.jsonl")
    let imported = try run("import", "in.jsonl", "--key", "id", "db", in: folder)
    #expect(imported.status == 0 && imported.errorText == "")
    #expect(imported.outputText == "imported\t2\nreplaced\t0\nskipped\t0\n")
    #expect(
      try run("db", "-c", "expireat a 4102444800000\nput s \"\\xff\"", in: folder).status == 0)
    let text =
      "put a {\"id\":\"a\",\"n\":1}\nexpireat a 4102444800000\nput b {\"id\":\"b\",\"n\":[1.50]}\nput s \"\\xFF\"\n"
    let printed = try run("export", "-", "db", in: folder)
    #expect(printed.status == 0 && printed.outputText == text)
    for name in ["out.qrrot", "out.jsonl", "out.json"] {
      #expect(try run("export", name, "db", in: folder).outputText == "3\n")
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
      #expect((attributes[.posixPermissions] as? Int ?? 0) & 0o777 == 0o600)
      #expect(try run("import", name, "db-\(name)", in: folder).status == 0)
      #expect(try run("export", "-", "db-\(name)", in: folder).outputText == text, "\(name)")
      #expect(try run("check", "db-\(name)", in: folder).status == 0)
    }
    #expect(
      try run("export", "-", "--pattern", "[ab]", "--format", "csv", "db", in: folder).outputText
        == "key,type,value\na,json,\"{\"\"id\"\":\"\"a\"\",\"\"n\"\":1}\"\nb,json,\"{\"\"id\"\":\"\"b\"\",\"\"n\"\":[1.50]}\"\n"
    )
  }

  /// A `put` at a path was said to be "not put", and a key template was passed over without a word.
  @Test("what a command file can't say to an import is named, and so is --key beside one")
  func commandFiles() throws {
    let folder = try Folder()
    try folder.write("put a {}\nput a $.x 1\n", to: "in.qrrot")
    let path = try run("import", "in.qrrot", "db", in: folder)
    #expect(path.status == 1)
    #expect(path.errorText.hasPrefix("in.qrrot:2: error[refused]: "))
    #expect(path.errorText.contains("alone, not put KEY PATH VALUE; "))
    try folder.write("put a 1\n", to: "in.qrrot")
    let template = try run("import", "in.qrrot", "--key", "id", "db", in: folder)
    #expect(template.status == 2)
    #expect(template.errorText.hasPrefix("error[syntax]: --key is for documents; "))
    #expect(try run("db", "-c", "size", in: folder).outputText == "0\n")
  }

  @Test("standard input is read where it is asked for, and not where the commands come from")
  func standardInput() throws {
    let folder = try Folder()
    let text = "id,x\n1,a\n2,b\n"
    #expect(
      try run("import", "-", "--format", "csv", "--key", "id", "db", input: text, in: folder).status
        == 0)
    #expect(try run("db", "-c", "get 2", in: folder).outputText == "{\"id\":2,\"x\":\"b\"}\n")
    let word = try run(
      "-c", "import - --format csv --key id", "-c", "size", input: text, in: folder)
    #expect(word.outputText == "imported\t2\nreplaced\t0\nskipped\t0\n2\n")
    let unnamed = try run("import", "-", "--key", "id", "db", input: text, in: folder)
    #expect(unnamed.status == 2 && unnamed.errorText.contains("add --format"))
    // Wrong usage makes no database.
    let wrong = try run("import", "in.csv", "--key", "{id", "new", in: folder)
    #expect(wrong.status == 2 && wrong.errorText.hasPrefix("error[syntax]: --key: the brace"))
    #expect(try run("--read-only", "new", "-c", "size", in: folder).status == 3)
    let commands = try run("-f", "-", input: "import - --format csv\n", in: folder)
    #expect(commands.errorText.contains("-:1: error[refused]: standard input is where"))
  }

  @Test("statuses: a wrong record is 1, wrong usage 2, no database 3")
  func statuses() throws {
    let folder = try Folder()
    try folder.write("{\"id\":1}\n{\"id\":\n", to: "bad.jsonl")
    let bad = try run("import", "bad.jsonl", "--key", "id", "db", in: folder)
    #expect(bad.status == 1)
    #expect(
      bad.errorText
        == "bad.jsonl:2: error[json]: byte 6: expected a value, found the end of the text; nothing was imported\n"
    )
    #expect(try run("db", "-c", "size", in: folder).outputText == "0\n")
    let kept = try run("import", "bad.jsonl", "--key", "id", "--keep-going", "db", in: folder)
    #expect(kept.status == 1 && kept.outputText.hasPrefix("imported\t1\n"))
    #expect(try run("import", "none.jsonl", "db", in: folder).status == 1)
    #expect(try run("import", "bad.jsonl", in: folder).status == 2)
    #expect(try run("import", "bad.jsonl", "--format", "xml", "db", in: folder).status == 2)
    #expect(try run("import", "bad.jsonl", "bad.jsonl", in: folder).status == 3)
    #expect(try run("export", "-", "nowhere", in: folder).status == 3)
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/nowhere"))
    let readOnly = try run("db", "--read-only", "-c", "import bad.jsonl --key id", in: folder)
    #expect(readOnly.status == 1 && readOnly.errorText.contains("error[read-only]: import writes"))
  }

  @Test("a file that is there is replaced only with --yes; other things never")
  func existing() throws {
    let folder = try Folder()
    #expect(try run("db", "-c", "put a 1", in: folder).status == 0)
    try folder.write("mine", to: "out")
    let refused = try run("export", "out", "db", in: folder)
    #expect(refused.status == 1)
    #expect(
      refused.errorText
        == "error[refused]: out is there already; without a terminal that needs --yes, nothing was exported\n"
    )
    #expect(try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8) == "mine")
    #expect(try run("export", "out", "--yes", "db", in: folder).status == 0)
    #expect(try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8) == "put a 1\n")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link", withDestinationPath: "out")
    for name in ["link", "db", "db/out", "/dev/null"] {
      let result = try run("export", name, "--yes", "db", in: folder)
      #expect(result.status == 1 && result.errorText.hasPrefix("error[refused]"), "\(name)")
    }
    #expect(try folder.names() == ["db", "link", "out"], "no temporary file is left")
  }

  @Test("a full disk leaves the file that was there, and a reader that goes away ends it quietly")
  func failures() throws {
    let folder = try Folder()
    #expect(
      try run(
        "db", "-c", (0..<3_000).map { "put key:\($0) \"some text\"" }.joined(separator: "\n"),
        in: folder
      )
      .status == 0)
    let limited = try shell("ulimit -f 8; '\(Program.url.path)' export out db", in: folder)
    #expect(
      limited.status == 1 && limited.text.contains("error[io]: can't write out"), "\(limited)")
    #expect(try folder.names() == ["db"])
    let piped = try shell(
      "set -o pipefail; '\(Program.url.path)' export - db | head -n 1", in: folder)
    #expect(piped.status == 0 && piped.text == "put key:0 \"some text\"\n", "\(piped)")
  }

  private func shell(_ line: String, in folder: Folder) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder.url
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test(
    "the films come in by year and title, and out and in again as they were",
    .enabled(if: Films.areThere, "the films are not there"))
  func films() throws {
    let folder = try Folder()
    let template = "movie:{$.year}:{$.title}"
    let imported = try run("import", Films.url.path, "--key", template, "db", in: folder)
    #expect(imported.status == 0, "\(imported.errorText)")
    let data = try Data(contentsOf: Films.url)
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(imported.outputText.hasPrefix("imported\t\(all.count)\n"))
    for film in all.prefix(50) {
      let key = "movie:\(film["year"] ?? ""):\(film["title"] ?? "")"
      let found = try run(
        "export", "-", "--format", "jsonl", "--pattern", key.filter { !"*?[]\\".contains($0) },
        "db", in: folder)
      guard !key.contains(where: { "*?[]\\".contains($0) }) else { continue }
      let record = try JSONSerialization.jsonObject(with: Data(found.output)) as? [String: Any]
      #expect(record?["value"] as? NSDictionary == film as NSDictionary, "\(key)")
    }
    let before = try run("export", "-", "db", in: folder).output
    let again = try run(
      "import", Films.url.path, "--key", template, "--on-conflict", "skip", "db", in: folder)
    #expect(again.outputText == "imported\t0\nreplaced\t0\nskipped\t\(all.count)\n")
    #expect(try run("export", "films.jsonl", "db", in: folder).status == 0)
    #expect(try run("import", "films.jsonl", "copy", in: folder).status == 0)
    #expect(try run("export", "-", "copy", in: folder).output == before)
  }
}
