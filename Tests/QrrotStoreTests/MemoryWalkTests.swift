import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// The walk in the order of memory, by itself and as the beginning of a query's view.
@Suite("A walk in the order of memory")
struct MemoryWalkTests {
  /// A key and a value of any size class, large records among them.
  private static func put(using random: inout SeededGenerator) -> String {
    let size = [1, 5, 40, 130, 700, 2_100, 5_000].randomElement(using: &random) ?? 1
    let text = String(repeating: "x", count: Int.random(in: 0...size, using: &random))
    return "put k\(Int.random(in: 0..<600, using: &random)) \"\(text)\(random.next() % 100)\""
  }

  private static func content(_ record: Record) -> (String, [UInt8]) {
    (String(decoding: record.key, as: UTF8.self), Array(record.value))
  }

  @Test("hands out each record once, with full slabs, open ones and large records")
  func alone() throws {
    var random = SeededGenerator(seed: TestSettings.seed(11))
    let client = EngineClient()
    for _ in 0..<4_000 {
      _ = client.run(Self.put(using: &random))
      if Int.random(in: 0..<3, using: &random) == 0 {
        _ = client.run("del k\(Int.random(in: 0..<600, using: &random))")
      }
    }
    client.engine.reading { state in
      var expected: [String: [UInt8]] = [:]
      state.keyspace.forEach { expected[Self.content($0).0] = Self.content($0).1 }
      for limit in [1, 7, 1_000_000] {
        var walk = MemoryWalk(state.keyspace)
        var found: [String: [UInt8]] = [:]
        var count = 0
        var hasMore = true
        while hasMore {
          hasMore = walk.next(in: state.keyspace, limit: limit) { record in
            count += 1
            found[Self.content(record).0] = Self.content(record).1
          }
        }
        #expect(count == expected.count && found == expected)
        let isGood = walk.isGood(in: state.keyspace)
        #expect(isGood)
        state.keyspace.forEach { #expect(walk.hasVisited($0)) }
      }
    }
  }

  /// One view, with writes between its parts.
  private static func collect(
    _ client: EngineClient, using random: inout SeededGenerator,
    _ outcome: inout (whole: Int, given: Int)
  ) throws -> [String: [UInt8]] {
    let view = client.engine.beginView()
    defer { client.engine.endView(view) }
    let writesOften = Int.random(in: 0..<3, using: &random)
    var batch = RecordBatch()
    var found: [String: [UInt8]] = [:]
    var hasMore = true
    while hasMore {
      hasMore = try client.engine.reading { state throws(QrrotError) in
        try state.handOut(view, limit: 40, readsValues: true, into: &batch) { record in
          let key = String(decoding: record.key, as: UTF8.self)
          if found.updateValue(Array(record.value), forKey: key) != nil {
            Issue.record("\(key) came twice")
          }
        }
      }
      for _ in 0..<(writesOften == 0 ? 0 : Int.random(in: 0...3, using: &random)) {
        switch Int.random(in: 0..<12, using: &random) {
        // The same number of bytes: the record stays in place, and the walk good.
        case 0..<6 where writesOften == 1:
          let key = "k\(Int.random(in: 0..<600, using: &random))"
          let size = client.engine.withValue(of: Array(key.utf8)) { $1.count } ?? 0
          _ = client.embed(
            Array(key.utf8), Array(repeating: UInt8(random.next() % 100), count: size))
        case 0..<8: _ = client.run(Self.put(using: &random))
        case 8: _ = client.run("del k\(Int.random(in: 0..<600, using: &random))")
        case 9 where writesOften == 2 && random.next() % 20 == 0: _ = client.run("clear")
        default: _ = client.run("undo \(1 + random.next() % 3)")
        }
      }
    }
    if view.memoryWalk.map({ walk in client.engine.reading { walk.isGood(in: $0.keyspace) } })
      == true
    {
      outcome.whole += 1
    } else {
      outcome.given += 1
    }
    return found
  }

  @Test(
    "and the walk that takes over see one moment, whatever is written meanwhile",
    arguments: [UInt64(1), 2, 3])
  func oneMoment(seed: UInt64) throws {
    var random = SeededGenerator(seed: TestSettings.seed(seed))
    var outcome = (whole: 0, given: 0)
    for _ in 0..<TestSettings.count(25) {
      let configuration = Keyspace.Configuration(
        bucketsPerSegment: [1, 4, 64].randomElement(using: &random) ?? 4)
      let client = EngineClient(
        LocalEngine(
          keyspace: Keyspace(seed: (random.next(), random.next()), configuration: configuration)))
      for _ in 0..<Int.random(in: 0...900, using: &random) {
        _ = client.run(Self.put(using: &random))
      }
      for _ in 0..<3 {
        var expected: [String: [UInt8]] = [:]
        client.engine.reading { state in
          state.keyspace.forEach { expected[Self.content($0).0] = Self.content($0).1 }
        }
        let found = try Self.collect(client, using: &random, &outcome)
        let isSame = found == expected
        #expect(isSame, "seed \(seed): \(found.count) of \(expected.count) keys")
      }
    }
    #expect(outcome.whole > 10 && outcome.given > 10, "\(outcome)")
  }
}

extension LocalEngine {
  fileprivate func withValue<R>(
    of key: [UInt8], _ body: (ValueType, UnsafeRawBufferPointer) -> R
  ) -> R? {
    key.withUnsafeBytes { withValue(of: $0, body) }
  }
}
