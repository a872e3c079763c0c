import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Iteration, and scans that go on while the table changes.
@Suite struct KeyspaceScanTests {
  private static func key(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: number) { Array($0) }
  }

  private static let blank = KeyspaceEntry(type: .int, value: [1], version: 1, expiry: 0)

  @Test(
    "a scan meets every record exactly once in bounded steps",
    arguments: [(0, 1), (1, 1), (500, 1), (500, 64), (3_000, 4)])
  func scanOfQuietTable(count: Int, buckets: Int) throws {
    let model = KeyspaceModel(seed: 8, configuration: .init(bucketsPerSegment: buckets))
    for number in 0..<count { model.put(Self.key(number), Self.blank) }
    var seen: [[UInt8]] = []
    var cursor: ScanCursor? = .start
    while let place = cursor {
      let before = seen.count
      cursor = model.keyspace.scan(from: place, limit: 10) { seen.append(Array($0.key)) }
      #expect(seen.count - before <= 10 + 55)
    }
    #expect(seen.count == count)
    #expect(Set(seen) == Set(model.records.keys))
  }

  @Test(
    "a scan meets keys that stay exactly once while others come and go",
    arguments: [.max, 0xffff, 0x3f << 51, 0x7, 0] as [UInt64])
  func scanOfChangingTable(mask: UInt64) throws {
    let seed = TestSettings.seed(31 ^ mask)
    var random = SeededGenerator(seed: seed)
    for buckets in [1, 2, 64] {
      let configuration = Keyspace.Configuration(bucketsPerSegment: buckets, hashMask: mask)
      let model = KeyspaceModel(seed: seed, configuration: configuration)
      let steady = Set((0..<150).map(Self.key))
      for key in steady { model.put(key, Self.blank) }
      var seen: [[UInt8]: Int] = [:]
      var cursor: ScanCursor? = .start
      var splits = 0
      var merges = 0
      // Waves of growth and shrinkage, so that segments split and merge under the cursor.
      var wave = 0
      while let place = cursor {
        let segments = model.keyspace.state.pointee.segmentCount
        for _ in 0..<60 {
          let key = Self.key(1_000 + random.below(600))
          if wave / 6 % 2 == 0 { model.put(key, Self.blank) } else { model.remove(key) }
        }
        if wave / 6 % 2 == 1 && wave % 6 == 5 {
          for key in Array(model.records.keys) where !steady.contains(key) { model.remove(key) }
        }
        splits += model.keyspace.state.pointee.segmentCount > segments ? 1 : 0
        merges += model.keyspace.state.pointee.segmentCount < segments ? 1 : 0
        wave += 1
        cursor = model.keyspace.scan(from: place, limit: 3) { seen[Array($0.key), default: 0] += 1 }
      }
      for key in steady { #expect(seen[key] == 1) }
      #expect(seen.keys.allSatisfy { steady.contains($0) || $0[1] >= 3 })
      if mask == .max && buckets < 64 { #expect(splits > 0 && merges > 0) }
      try model.verify()
    }
  }

  @Test("an error thrown by the body ends an iteration and a scan")
  func thrownErrors() {
    struct Stop: Error {}
    let model = KeyspaceModel(seed: 9)
    for number in 0..<20 { model.put(Self.key(number), Self.blank) }
    var visits = 0
    #expect(throws: Stop.self) {
      try model.keyspace.forEach { (_: Record) throws(Stop) in
        visits += 1
        if visits == 5 { throw Stop() }
      }
    }
    #expect(visits == 5)
    #expect(throws: Stop.self) {
      try model.keyspace.scan(from: .start, limit: 100) { (_: Record) throws(Stop) in
        throw Stop()
      }
    }
  }

  @Test("after removeAll the table is as new, and a cursor from before still works")
  func removeAll() throws {
    let model = KeyspaceModel(seed: 10, configuration: .init(bucketsPerSegment: 1))
    let empty = model.keyspace.allocatedByteCount
    for round in 0..<3 {
      for number in 0..<400 {
        let size = number % 50 == 0 ? 10_000 : number
        model.put(
          Self.key(number),
          KeyspaceEntry(
            type: .string, value: [UInt8](repeating: 1, count: size), version: 1, expiry: 0))
      }
      try model.verify()
      let cursor = model.keyspace.scan(from: .start, limit: 100) { _ in }
      model.removeAll()
      try model.verify()
      #expect(model.keyspace.allocatedByteCount == empty)
      model.put(Self.key(round), Self.blank)
      if let cursor { _ = model.keyspace.scan(from: cursor, limit: 100) { _ in } }
      model.remove(Self.key(round))
    }
  }
}
