import QrrotCore
import QrrotParser
import QrrotStore
import QrrotTesting
import SystemPackage
import Testing

@testable import QrrotShell

/// `import` and `export` in one process.
@Suite("Export, then import")
struct ExportImportTests {
  /// A shell over an engine of its own.
  private final class Bench {
    let engine = LocalEngine()
    let output = ArraySink()
    let errors = ArraySink()
    let shell: Shell

    init(assumesYes: Bool = true) {
      let console = Console(output: output, errors: errors, surroundings: .init(), mode: .raw)
      var options = Shell.Options()
      options.assumesYes = assumesYes
      shell = Shell(engine: engine, console: console, signals: SignalState(), options: options)
    }

    /// Runs lines; what they print, errors included.
    func run(_ text: String) async throws -> String {
      _ = try await shell.replay([.command(Array(text.utf8))])
      _ = try? shell.console.flush()
      let text = String(decoding: output.take() + errors.take(), as: UTF8.self)
      return text.last == "\n" ? String(text.dropLast()) : text
    }

    /// All records, deadlines included.
    func contents() async throws -> Set<FoundRecord> {
      let engine: any Engine = engine
      let reading = try await engine.beginReading(matching: nil, in: &shell.session)
      var records: Set<FoundRecord> = []
      while try reading.next({ record in
        guard let value = Value(storedType: record.type, bytes: record.value) else { return }
        records.insert(FoundRecord(Array(record.key), value, expiry: record.expiry))
      }) {}
      return records
    }

    func put(_ records: Set<FoundRecord>) async throws {
      let engine: any Engine = engine
      let bulk = try await engine.beginBulkWrite(onConflict: .error, in: &shell.session)
      for record in records {
        try record.value.withBytes { type, bytes in
          try record.key.withUnsafeBytes { key in
            _ = try bulk.add(
              RecordView(key: key, type: type, value: bytes, expiry: record.expiry))
          }
        }
      }
      _ = try await bulk.apply(in: &shell.session)
    }
  }

  private static func bytes(_ generator: inout SeededGenerator, _ most: Int) -> [UInt8] {
    let count = Int.random(in: 0...most, using: &generator)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    case 1:
      return Array(
        "\"\\'{}[]\r\n\t, $\u{200B}\u{202E}äß漢😀\u{7F}\u{85}".utf8.shuffled(using: &generator)
          .prefix(count))
    case 2:
      let text = "\"\\'{}[]\r\n\t, #$\u{200B}\u{202E}äß漢😀\u{7F}\u{85}as json 007 -0"
      return Array(String(text.shuffled(using: &generator).prefix(count)).utf8)
    default: return (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &generator) }
    }
  }

  private static func json(_ generator: inout SeededGenerator, depth: Int = 0) -> [UInt8] {
    var text: [UInt8] = []
    switch Int.random(in: 0..<(depth < 3 ? 7 : 5), using: &generator) {
    case 0: text += ["null", "true", "false"].randomElement(using: &generator)?.utf8 ?? "null".utf8
    case 1: text += "\(Int64.random(in: .min ... .max, using: &generator))".utf8
    case 2: text += "-1\(Int.random(in: 0...99, using: &generator)).50E-7".utf8
    case 3, 4:
      let content = String(decoding: bytes(&generator, 12), as: UTF8.self)
      // Both ways to write a string have to come back as they are.
      if Bool.random(using: &generator) {
        Escaping.appendJSONString(Array(content.utf8).span, to: &text)
      } else {
        JSONOutput.appendString(Array(content.utf8).span, to: &text)
      }
    case 5:
      text.append(UInt8(ascii: "["))
      for index in 0..<Int.random(in: 0...3, using: &generator) {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        text += json(&generator, depth: depth + 1)
      }
      text.append(UInt8(ascii: "]"))
    default:
      text.append(UInt8(ascii: "{"))
      for index in 0..<Int.random(in: 0...3, using: &generator) {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        JSONOutput.appendString(
          Array("\(["a", "b", "ü\n"].randomElement(using: &generator) ?? "")".utf8).span, to: &text)
        text.append(UInt8(ascii: ":"))
        text += json(&generator, depth: depth + 1)
      }
      text.append(UInt8(ascii: "}"))
    }
    return text
  }

  private static func records(_ generator: inout SeededGenerator, isText: Bool) -> Set<FoundRecord>
  {
    var records: [[UInt8]: FoundRecord] = [:]
    for _ in 0..<Int.random(in: 0...60, using: &generator) {
      var key = bytes(&generator, 12) + [UInt8(ascii: "k")]
      if isText { key = Array(String(decoding: key, as: UTF8.self).utf8) }
      var value: Value
      switch Int.random(in: 0..<3, using: &generator) {
      case 0:
        let content = bytes(&generator, 30)
        value = .string(isText ? Array(String(decoding: content, as: UTF8.self).utf8) : content)
      case 1: value = .int(Int64.random(in: .min ... .max, using: &generator))
      default: value = .json(json(&generator))
      }
      let expires = !isText && Int.random(in: 0..<4, using: &generator) == 0
      let expiry =
        expires ? Int64.random(in: 4_000_000_000_000...9_000_000_000_000, using: &generator) : 0
      records[key] = FoundRecord(key, value, expiry: expiry)
    }
    return Set(records.values)
  }

  @Test(
    "any data comes back just as it was: keys, types, bytes, deadlines",
    arguments: TransferFormat.allCases)
  func roundTrip(format: TransferFormat) async throws {
    let folder = try Folder()
    let seed = TestSettings.seed(UInt64(900 + format.rawValue.count))
    var generator = SeededGenerator(seed: seed)
    var (count, expiringCount) = (0, 0)
    for round in 0..<TestSettings.count(30, long: 50) {
      // CSV and TSV say what they leave out: deadlines, and what is not UTF-8.
      let isText = format == .csv || format == .tsv
      let records = Self.records(&generator, isText: isText)
      let bench = Bench()
      try await bench.put(records)
      let path = "\(folder.path)/out.\(format.rawValue)"
      #expect(try await bench.run("export '\(path)'") == "\(records.count)")
      #expect(try await bench.contents() == records, "an export changes nothing")
      let other = Bench()
      #expect(
        try await other.run("import '\(path)'")
          == "imported\t\(records.count)\nreplaced\t0\nskipped\t0", "seed \(seed), round \(round)")
      #expect(try await other.contents() == records, "seed \(seed), round \(round)")
      count += records.count
      expiringCount += records.count { $0.expiry != 0 }
    }
    #expect(count > 100 && (expiringCount > 10 || format == .csv || format == .tsv))
  }

  @Test("a command file that was exported can be run, too")
  func sourced() async throws {
    let folder = try Folder()
    var generator = SeededGenerator(seed: TestSettings.seed(17))
    let records = Self.records(&generator, isText: false)
    let bench = Bench()
    try await bench.put(records)
    _ = try await bench.run("export \(folder.path)/out.qrrot")
    let other = Bench()
    #expect(!(try await other.run("source \(folder.path)/out.qrrot")).contains("error"))
    #expect(try await other.contents() == records)
  }

  @Test("csv says what it leaves out, in a note")
  func dropped() async throws {
    let folder = try Folder()
    let bench = Bench()
    _ = try await bench.run("put a 1\nput b x\nexpireat b 4102444800000\nput c \"\\xff\"")
    #expect(
      try await bench.run("export \(folder.path)/o.csv") == """
        2
        1 key expires, which is not written; a command file or jsonl keeps it
        1 key is left out, since it is not UTF-8; a command file or jsonl keeps it
        """)
    #expect(
      try await bench.run("export - --format csv").hasPrefix(
        "key,type,value\na,int,1\nb,string,x\n"))
    #expect(
      try await bench.run("export - [ab]") == "put a 1\nput b \"x\"\nexpireat b 4102444800000")
    #expect(
      try await bench.run("export - a --format=json")
        == "[\n{\"key\":\"a\",\"type\":\"int\",\"value\":1}\n]")
  }

  @Test("an error in the last line leaves all as it was, unless the rest is wanted")
  func allOrNothing() async throws {
    let folder = try Folder()
    let good = (0..<3_000).map { "{\"id\":\"k\($0)\",\"n\":\($0)}\n" }.joined()
    let path = try folder.write(good + "{\"id\":}\n", to: "in.jsonl")
    let bench = Bench()
    _ = try await bench.run("put k5 old\nput other 1")
    #expect(
      try await bench.run("import \(path) --key id --on-conflict replace")
        == "\(path):3001: error[json]: byte 6: expected a value, found }; nothing was imported")
    #expect(try await bench.run("all") == "k5\tstring\told\nother\tint\t1")
    #expect(
      try await bench.run("import \(path) --key id --keep-going") == """
        imported\t2999
        replaced\t0
        skipped\t0
        \(path):6: error[conflict]: k5 is there already; --on-conflict skip keeps what is there, --on-conflict replace replaces it
        \(path):3001: error[json]: byte 6: expected a value, found }
        2 records were wrong and are not imported
        """)
    #expect(try await bench.run("size") == "3001")
    _ = try await bench.run("undo")
    #expect(try await bench.run("all") == "k5\tstring\told\nother\tint\t1")
  }

  @Test("counts of what was imported, replaced and skipped, in every mode")
  func counts() async throws {
    let folder = try Folder()
    let text = "{\"id\":1}\n{\"id\":2}\n{\"x\":3}\n{\"id\":2}\n"
    let path = try folder.write(text, to: "in.jsonl")
    let modes: [(OutputMode, String)] = [
      (.text, "imported 1\nreplaced 2\nskipped 1\n"),
      (
        .json,
        "[{\"outcome\":\"imported\",\"count\":1},{\"outcome\":\"replaced\",\"count\":2},{\"outcome\":\"skipped\",\"count\":1}]\n"
      ), (.csv, "outcome,count\nimported,1\nreplaced,2\nskipped,1\n"),
    ]
    for (mode, wanted) in modes {
      let bench = Bench()
      _ = try await bench.run("put 1 x")
      bench.shell.console.mode = mode
      let printed = try await bench.run("import \(path) --key id --on-conflict replace")
      #expect(printed == wanted + "1 record without a key was skipped")
    }
  }

  @Test("where import is refused, and why")
  func refusals() async throws {
    let folder = try Folder()
    let path = try folder.write("{\"id\":1}\n", to: "in.jsonl")
    let nameless = try folder.write("{\"id\":1}\n", to: "in.txt")
    let bench = Bench()
    #expect(
      try await bench.run("begin\nimport \(path) --key id").contains(
        "error[refused]: import works outside"))
    _ = try await bench.run("rollback")
    #expect(try await bench.run("import \(nameless) --key id").contains("add --format"))
    #expect(
      try await bench.run("import \(nameless) --key id --format jsonl").hasPrefix("imported\t1"))
    #expect(try await bench.run("import \(folder.path) --format csv").contains("it is a folder"))
    #expect(
      try await bench.run("export \(folder.path)/x.csv.gz").contains(
        "error[refused]: export does not pack"))
    #expect(
      try await bench.run("export \(folder.path)/no/x.csv").contains("error[io]: can't write"))
  }

  @Test("Ctrl-C stops both and leaves nothing half done")
  func interrupted() async throws {
    let folder = try Folder()
    let text = (0..<20_000).map { "{\"id\":\($0)}\n" }.joined()
    let path = try folder.write(text, to: "in.jsonl")
    let bench = Bench()
    bench.shell.signals.interrupt.raise()
    let outcome = try await bench.shell.importFile(.path(FilePath(path)), Self.options(key: "id"))
    #expect(outcome == .failed)
    bench.shell.signals.interrupt.clear()
    #expect(try await bench.run("size").hasPrefix("0\n"))
    _ = try await bench.run("import \(path) --key id")
    bench.shell.signals.interrupt.raise()
    #expect(
      try await bench.shell.exportFile(.path(FilePath("\(folder.path)/out")), ExportOptions())
        == .failed)
    bench.shell.signals.interrupt.clear()
    #expect(try folder.names() == ["in.jsonl"])
  }

  private static func options(key: String) -> ImportOptions {
    var options = ImportOptions()
    options.key = Array(key.utf8)
    return options
  }
}

extension Value {
  /// Hands the value to `body` in the form in which records have it.
  fileprivate func withBytes(_ body: (ValueType, UnsafeRawBufferPointer) throws -> Void) rethrows {
    switch self {
    case .string(let bytes), .json(let bytes): try bytes.withUnsafeBytes { try body(type, $0) }
    case .int(let integer): try withUnsafeBytes(of: integer.littleEndian) { try body(.int, $0) }
    }
  }
}
