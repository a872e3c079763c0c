import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// The records of one moment, in order.
@Suite("Reading records in order")
struct RecordReadingTests {
  private func rest(of reading: any RecordReading) throws(QrrotError) -> [String] {
    var lines: [String] = []
    while try reading.next({ lines.append(Self.text(of: $0)) }) {}
    return lines
  }

  private static func text(of record: RecordView) -> String {
    var text: [UInt8] = []
    Escaping.appendKey(Array(record.key).span, to: &text)
    text += " \(record.type.name) ".utf8
    guard let value = Value(storedType: record.type, bytes: record.value) else { return "no value" }
    TextForm.append(value, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  @Test("they come as all lists them, with a pattern too, from the table and from commands")
  func order() async throws {
    let client = EngineClient()
    var generator = SeededGenerator(seed: TestSettings.seed(11))
    for index in 0..<1_500 {
      let key = String(UInt64.random(in: 0...99_999, using: &generator), radix: 36)
      _ = client.run("put \(key) \(["1", "text", "{\"a\":\(index)}"][index % 3])")
    }
    for pattern in [nil, "a*", "[x-z]?", "nothing"] {
      let expected = client.run(pattern.map { "all \($0)" } ?? "all")
      let bytes = pattern.map { Array($0.utf8) }
      let reading = try await begin(client, bytes)
      #expect(try rest(of: reading).joined(separator: "\n") == expected)
      let plain = try await plainReading(client, bytes)
      #expect(try rest(of: plain).joined(separator: "\n") == expected)
    }
  }

  /// Through the protocol: by its own name the compiler would take the way for all engines.
  private func begin(
    _ client: EngineClient, _ pattern: [UInt8]? = nil
  ) async throws -> any RecordReading {
    let engine: any Engine = client.engine
    return try await engine.beginReading(matching: pattern, in: &client.session)
  }

  /// The way for engines that have commands alone.
  private func plainReading(_ client: EngineClient, _ pattern: [UInt8]?) async throws
    -> any RecordReading
  {
    try await CommandsOnly(client.engine).beginReading(matching: pattern, in: &client.session)
  }

  @Test("whatever is written meanwhile, they are those of the moment when it began")
  func besideWrites() async throws {
    var generator = SeededGenerator(seed: TestSettings.seed(12))
    var changed = 0
    for round in 0..<TestSettings.count(5, long: 100) {
      let engine = LocalEngine()
      let (client, other) = (EngineClient(engine), EngineClient(engine))
      func write() {
        let key = Int.random(in: 0..<3_000, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<5: _ = other.run("put k\(key) \(Int.random(in: 0..<100, using: &generator))")
        case 5..<9: _ = other.run("del k\(key)")
        default: _ = other.run(Bool.random(using: &generator) ? "undo" : "expire k\(key) 0")
        }
      }
      for _ in 0..<3_000 { write() }
      let expected = client.run("all")
      let reading = try await begin(client)
      var found: [String] = []
      var isMore = true
      while isMore {
        for _ in 0..<Int.random(in: 0...200, using: &generator) { write() }
        isMore = try reading.next { found.append(Self.text(of: $0)) }
      }
      #expect(found.joined(separator: "\n") == expected, "round \(round)")
      changed += client.run("all") == expected ? 0 : 1
    }
    #expect(changed > 0)
  }

  @Test("a reading that is dropped keeps nothing any more")
  func dropped() async throws {
    let client = EngineClient()
    _ = client.run("put a 1")
    do {
      let reading = try await begin(client)
      #expect(client.engine.reading { state in state.hasViews })
      #expect(reading.count == 1)
    }
    #expect(!client.engine.reading { state in state.hasViews })
  }
}
