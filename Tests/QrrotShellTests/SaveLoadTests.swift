import Foundation
import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// `save`, `save FILE` and `load FILE`.
@Suite("save and load")
struct SaveLoadTests {
  private static func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? Int ?? 0) & 0o777
  }

  @Test("what save wrote comes back with load, all types, into memory and into a database")
  func roundTrip() throws {
    let folder = try Folder()
    let data =
      "put s \"two words\"\nput i -9223372036854775808\nput j {\"a\": 1.00}\nput \"\\xff\\n\" \"\""
    let saved = try Program.run(["-c", data, "-c", "save out", "-c", "all"], in: folder)
    #expect(saved.status == 0 && saved.errorText == "")
    #expect(try Self.mode(folder.path + "/out") == 0o600)
    let all = saved.outputText.dropFirst("OK\nOK\nOK\nOK\nOK\n".count)
    let memory = try Program.run(["-c", "load out", "-c", "all"], in: folder)
    #expect(memory.status == 0 && memory.outputText == "4\n" + all)
    #expect(try Program.run(["db", "-c", "load out"], in: folder).outputText == "4\n")
    #expect(try Program.run(["db", "-c", "all"], in: folder).outputText == String(all))
    #expect(try Program.run(["check", "db"], in: folder).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.sorted() == ["db", "out"], "no temporary file is left")
  }

  @Test("save makes the database's files compact")
  func compaction() throws {
    let folder = try Folder()
    let lines = (0..<200).map { "put a \($0)" }.joined(separator: "\n")
    #expect(try Program.run(["db", "-c", lines, "-c", "save"], in: folder).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/db")
    #expect(names.contains { $0.hasPrefix("snapshot-") })
    let sizes = try names.map { name in
      try FileManager.default.attributesOfItem(atPath: folder.path + "/db/" + name)[.size] as? Int
    }
    #expect(sizes.reduce(0) { $0 + ($1 ?? 0) } < 1_000)
    #expect(try Program.run(["db", "-c", "get a"], in: folder).outputText == "199\n")
    let memory = try Program.run(["-c", "save"])
    #expect(memory.status == 1)
    #expect(memory.errorText.contains("error[refused]: the data is in memory only; save FILE"))
  }

  @Test("a file that is there is replaced only after a yes")
  func existing() throws {
    let folder = try Folder()
    try folder.write("mine", to: "out")
    let refused = try Program.run(["-c", "put a 1", "-c", "save out"], in: folder)
    #expect(refused.status == 1)
    #expect(
      refused.errorText
        == "-c:1: error[refused]: out is there already; without a terminal that needs --yes, nothing was saved\n"
    )
    #expect(try String(contentsOfFile: folder.path + "/out", encoding: .utf8) == "mine")
    #expect(try Program.run(["--yes", "-c", "put a 1", "-c", "save out"], in: folder).status == 0)
    #expect(try Self.mode(folder.path + "/out") == 0o600)
    #expect(try Program.run(["-c", "load out"], in: folder).outputText == "1\n")
  }

  @Test("load replaces data only after a yes, says so, and nothing can undo it")
  func replacing() throws {
    let folder = try Folder()
    #expect(try Program.run(["-c", "put a 1\nput b 2\nsave out"], in: folder).status == 0)
    #expect(try Program.run(["db", "-c", "put x 1\nput y 2\nput z 3"], in: folder).status == 0)
    let refused = try Program.run(["db", "-c", "load out"], in: folder)
    #expect(refused.status == 1)
    #expect(
      refused.errorText
        == "-c:1: error[refused]: load replaces 3 keys by 2; undo can't bring them back; without a terminal that needs --yes, nothing was changed\n"
    )
    #expect(try Program.run(["db", "-c", "keys"], in: folder).outputText == "x\ny\nz\n")
    let loaded = try Program.run(
      ["db", "--yes", "--keep-going", "-c", "put w 1\nload out\nundo\nkeys\nput c 3"], in: folder)
    #expect(loaded.outputText == "OK\n2\na\nb\nOK\n")
    #expect(loaded.errorText.hasPrefix("load replaces 4 keys by 2; undo can't bring them back\n"))
    #expect(loaded.errorText.contains("error[refused]"), "nothing to undo")
    #expect(try Program.run(["db", "-c", "keys"], in: folder).outputText == "a\nb\nc\n")
    #expect(try Program.run(["check", "db"], in: folder).status == 0)
  }

  @Test("a damaged file changes nothing, wherever the damage is")
  func damaged() throws {
    let folder = try Folder()
    #expect(
      try Program.run(["-c", "put a 1\nput b \"some text\"\nsave out"], in: folder).status == 0)
    let bytes = Array(try Data(contentsOf: folder.url.appendingPathComponent("out")))
    #expect(try Program.run(["db", "-c", "put x 1"], in: folder).status == 0)
    for offset in stride(from: 0, to: bytes.count, by: 9) {
      var damaged = bytes
      damaged[offset] ^= 1
      try folder.write(damaged, to: "bad")
      let result = try Program.run(["db", "--yes", "-c", "load bad"], in: folder)
      #expect(result.status == 1 && result.outputText == "", "offset \(offset)")
    }
    try folder.write(Array(bytes.dropLast(1)), to: "bad")
    let cut = try Program.run(["db", "--yes", "-c", "load bad"], in: folder)
    #expect(
      cut.errorText.contains("error[corrupt]: bad, offset ")
        && cut.errorText.contains("nothing was loaded"))
    try folder.write("put a 1\n", to: "text")
    let text = try Program.run(["db", "--yes", "-c", "load text"], in: folder)
    #expect(text.errorText.contains("error[refused]: text is not a file that save has written"))
    #expect(try Program.run(["db", "-c", "all"], in: folder).outputText == "x\tint\t1\n")
  }

  @Test("--read-only: save FILE is allowed, the rest is read-only")
  func readOnly() throws {
    let folder = try Folder()
    #expect(try Program.run(["db", "-c", "put a 1"], in: folder).status == 0)
    let result = try Program.run(
      ["db", "--read-only", "--yes", "--keep-going", "-c", "save\nload out\nsave out"], in: folder)
    #expect(result.outputText == "OK\n")
    #expect(
      result.errorLines.map { $0.dropFirst(6) } == [
        "error[read-only]: save writes, and this session is read-only (--read-only)",
        "error[read-only]: load writes, and this session is read-only (--read-only)",
      ])
    #expect(try Program.run(["-c", "load out"], in: folder).outputText == "1\n")
  }

  @Test("places where no file can be are refused, with a reason")
  func places() throws {
    let folder = try Folder()
    #expect(try Program.run(["db", "-c", "put a 1"], in: folder).status == 0)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "out")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/inner", withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/folder-link", withDestinationPath: "inner")
    let wanted = [
      "db/copy":
        "error[refused]: db/copy would be in the folder of a database; name a file in another one",
      "inner": "error[refused]: inner is a folder; name a file",
      "link":
        "error[refused]: link is a symbolic link; name what it points to, links are not followed",
      "no/where": "error[io]: can't look at no: there is no such file or folder",
      "inner/": "error[refused]: inner is a folder; name a file",
      "\"\"": "error[io]: save needs the name of a file",
    ]
    for (name, text) in wanted {
      let result = try Program.run(["--yes", "-c", "put a 1", "-c", "save \(name)"], in: folder)
      #expect(result.status == 1 && result.errorText == "-c:1: \(text)\n", "\(name)")
    }
    #expect(
      try Program.run(["-c", "put a 1", "-c", "save folder-link/out"], in: folder).status == 0)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/inner/out"))
    let missing = try Program.run(["-c", "load nothing"], in: folder)
    #expect(missing.errorText == "-c:1: error[io]: can't open nothing: there is no such file\n")
    let transaction = try Program.run(["-c", "begin\nload inner/out"], in: folder)
    #expect(transaction.errorText.contains("error[refused]: load works outside a transaction"))
  }

  @Test("load needs room beside the data, within --max-memory")
  func memory() throws {
    let folder = try Folder()
    let big = "put a \"\(String(repeating: "v", count: 600_000))\"\nsave out"
    #expect(try Program.run(["-f", "-"], input: Array(big.utf8), in: folder).status == 0)
    #expect(
      try Program.run(["--max-memory", "1M", "-c", "load out"], in: folder).outputText == "1\n")
    let result = try Program.run(
      ["--max-memory", "1M", "--yes", "--keep-going", "-c", "load out\nload out\nsize"], in: folder)
    #expect(result.outputText == "1\n1\n")
    #expect(result.errorText.contains("error[too-large]: out needs more memory"))
  }

  @Test("at a prompt both ask, and only a yes is a yes", arguments: ["y", "n", ""])
  func asked(answer: String) async throws {
    let folder = try Folder()
    let path = folder.path + "/out"
    let sink = ArraySink()
    let console = Console(output: sink, errors: sink, surroundings: .init(), mode: .text)
    let shell = Shell(engine: LocalEngine(), console: console, signals: SignalState())
    let reader = ScriptedReader([
      "put a 1", "save \(path)", "save \(path)", answer, "put b 2", "load \(path)", answer, "size",
    ])
    try await shell.interact(reader: reader)
    #expect(reader.prompts.contains("\(path) is there already. Replace it? [y]es [n]o "))
    #expect(
      reader.prompts.contains(
        "load replaces 2 keys by 1; undo can't bring them back. Load? [y]es [n]o "))
    let last = String(decoding: sink.take(), as: UTF8.self).split(separator: "\n").last
    #expect(last == (answer == "y" ? "1" : "2"))
  }
}
