import QrrotCore
import QrrotParser
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotAgent

@Suite("The sketch")
struct SketchTests {
  private func record(_ key: String, _ value: Value?) -> RecordSample.Record {
    .init(
      key: Array(key.utf8), type: value?.type ?? .string,
      valueByteCount: value?.storedByteCount ?? 1 << 30, value: value)
  }

  private func json(_ text: String) -> Value { .json(Array(text.utf8)) }
  private func string(_ text: String) -> Value { .string(Array(text.utf8)) }

  @Test("a small database is described whole")
  func small() {
    let records = [
      record(
        "user:1", json(#"{"name":"Ivan","age":30,"address":{"city":"Oslo"},"tags":["a","b"]}"#)),
      record("user:2", json(#"{"name":"Ada","age":null,"first name":"Ada"}"#)),
      record("visits", .int(42)), record("motto", string("two\nwords")),
      record("list", json("[1,2,3]")), record("large", nil),
    ]
    #expect(
      Sketch.text(of: RecordSample(records: records, keyCount: 6)) == #"""
        6 keys, all looked at
        user:*: 2 keys, json, such as user:1
          $.name string, such as "Ivan"
          $.age number or null, such as 30
          $.address.city string (in 1 of 2), such as "Oslo"
          $.tags array (in 1 of 2), such as ["a","b"]
          $["first name"] string (in 1 of 2), such as "Ada"
        large: string
        list: json = [1,2,3]
        motto: string = "two\nwords"
        visits: int = 42

        """#)
  }

  @Test("keys are grouped by what they have in common")
  func groups() {
    func patterns(_ keys: [String]) -> [String] {
      KeyGroup.groups(of: keys.map { record($0, .int(1)) }).map {
        String(decoding: $0.pattern, as: UTF8.self)
      }
    }
    #expect(patterns(["user:1", "user:20", "user:x"]) == ["user:*", "user:x"])
    #expect(patterns(["movie:2001:Ran", "movie:1999:Heat"]) == ["movie:*:Heat", "movie:*:Ran"])
    #expect(
      patterns(
        ["Heat", "Ran", "Ikiru", "Alien", "Brazil", "Solaris", "Stalker"].map { "movie:1999:\($0)" }
      )
        == ["movie:*:*"])
    #expect(patterns(["a", "b", "c", "d", "e", "f", "g"]) == ["*"])
    #expect(patterns(["user1", "user2", "host3"]) == ["user*", "host*"])
    #expect(patterns(["550e8400-e29b-41d4-a716-446655440000"]) == ["*"])
    #expect(patterns(["a/b", "a:b"]) == ["a/b", "a:b"])
    #expect(patterns([String(repeating: "x", count: 1_000)]) == ["*"])
  }

  @Test("an empty database says so")
  func empty() async throws {
    #expect(try await Sketch.make(of: LocalEngine(), in: Session()).contains("empty"))
  }

  @Test(
    "it stays within its limit, is UTF-8, escaped and the same for the same sample, whatever is stored"
  )
  func bounds() {
    var generator = SeededGenerator(seed: TestSettings.seed(62))
    var longest = 0
    for round in 0..<TestSettings.count(40, long: 20) {
      let records = (0..<256).map { index in
        RecordSample.Record.random(round: round, index, using: &generator)
      }
      let sample = RecordSample(records: records, keyCount: round % 2 == 0 ? 10_000_000 : 256)
      let text = Sketch.text(of: sample)
      #expect(
        text
          == Sketch.text(
            of: RecordSample(
              records: records.shuffled(using: &generator), keyCount: sample.keyCount)))
      #expect(text.utf8.count <= Sketch.byteLimit)
      var shown: [UInt8] = []
      let bytes = Array(text.utf8)
      Escaping.appendDisplayed(bytes.span, to: &shown, keepingLineFeedsAndTabs: true)
      #expect(shown == bytes, "nothing hidden is left in it")
      longest = max(longest, text.utf8.count)
    }
    #expect(longest > Sketch.byteLimit / 2)
  }

  @Test("at 10 keys everything, at 10,000 a sample: expired keys and staged ones are not seen")
  func engine() async throws {
    let clock = TestClock()
    let engine = LocalEngine(clock: clock.wallClock, sweeps: false)
    var session = Session()
    var reply = Reply()
    func put(_ key: String, expires: Bool = false) throws {
      var command = Command(.put)
      command.append(.key, Array(key.utf8))
      command.append(.int(7))
      try engine.execute(command, in: &session, into: &reply)
      guard expires else { return }
      command = Command(.expire)
      command.append(.key, Array(key.utf8))
      command.append(.number, 1)
      try engine.execute(command, in: &session, into: &reply)
    }
    for index in 0..<10 { try put("user:\(index)") }
    let small = await engine.sampleRecords(limit: 256, timeLimit: .seconds(60), in: session)
    #expect(small.records.count == 10 && small.keyCount == 10)
    for index in 10..<10_000 { try put("user:\(index)") }
    for index in 0..<500 { try put("gone:\(index)", expires: true) }
    clock.advance(milliseconds: 2_000)
    try engine.execute(Command(.begin), in: &session, into: &reply)
    for index in 0..<100 { try put("staged:\(index)") }
    let sample = await engine.sampleRecords(limit: 256, timeLimit: .seconds(60), in: session)
    #expect(sample.records.count == 256)
    #expect(sample.keyCount == 10_000)
    #expect(Set(sample.records.map(\.key)).count == 256)
    #expect(sample.records.allSatisfy { $0.key.starts(with: "user:".utf8) })
    #expect(Sketch.text(of: sample).contains("user:*: 10000 keys, int, such as user:"))
    #expect(session.transaction?.entries.count == 100, "nothing counts as read")
  }

  @Test("an engine that has commands only gives a sample too")
  func farEngine() async throws {
    let engine = LocalEngine()
    var session = Session()
    var reply = Reply()
    for (key, value) in [("a", Value.int(1)), ("b", string("x")), ("c", json("{}"))] {
      var command = Command(.put)
      command.append(.key, Array(key.utf8))
      command.append(value)
      try engine.execute(command, in: &session, into: &reply)
    }
    let near = await engine.sampleRecords(limit: 10, timeLimit: .seconds(60), in: session)
    let far = try await CommandsOnly(engine).sampleRecords(
      limit: 10, timeLimit: .seconds(60), in: session)
    #expect(near == far)
    #expect(far.records.count == 3)
  }

  @Test("the system text is short and holds every data command, and none that is refused")
  func systemText() {
    let text = SystemText.make(today: "2026-01-02")
    #expect(text.utf8.count <= 3_600, "\(text.utf8.count) bytes")
    for name in CommandName.allCases {
      let isThere = text.contains("\n\(name.text) ") || text.contains("\n\(name.text):")
      #expect(isThere == (name.agentRefusal == nil), "\(name)")
    }
  }
}

extension RecordSample.Record {
  /// A record as unpleasant as it may be.
  fileprivate static func random(
    round: Int, _ index: Int, using generator: inout SeededGenerator
  ) -> RecordSample.Record {
    let letters = ["a", "é", "漢", "\u{202E}", "\u{1B}[2J", "\n", "😀", ":", "\"", "\\", "9"]
    func text(_ count: Int) -> [UInt8] {
      (0..<count).flatMap { _ in Array((letters.randomElement(using: &generator) ?? "").utf8) }
    }
    var key =
      Array("\(round % 5 == 0 ? "same" : "k\(index % 97)x"):\(index):".utf8)
      + text(Int.random(in: 0...90, using: &generator))
    if index % 7 == 0 { key += [0xFF, 0x00] }
    let value: Value
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: value = .int(.random(in: .min ... .max, using: &generator))
    case 1: value = .string(text(200) + [0xC3])
    default:
      var json: [UInt8] = [UInt8(ascii: "{")]
      for member in 0..<Int.random(in: 1...60, using: &generator) {
        if json.count > 1 { json.append(UInt8(ascii: ",")) }
        let name = Array("m\(member)".utf8) + (round % 3 == 0 ? text(30) : [])
        Escaping.appendJSONString(name.span, to: &json)
        json.append(UInt8(ascii: ":"))
        let content = text(40)
        Escaping.appendJSONString(content.span, to: &json)
      }
      value = .json(json + [UInt8(ascii: "}")])
    }
    return .init(key: key, type: value.type, valueByteCount: value.storedByteCount, value: value)
  }
}
