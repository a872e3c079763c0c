import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Random operations on a table and a dictionary, which must agree.
@Suite struct KeyspaceModelTests {
  static let keySizes = [1, 7, 8, 9, 15, 16, 17, 63, 64, 3, 5, 33, 49, 127, 128, 200, 700]

  /// A key for a number: its length follows from it, so all lengths are met.
  static func key(_ number: Int) -> [UInt8] {
    let count = number % 997 == 0 ? 65_536 : keySizes[number % keySizes.count]
    let start = (0..<min(count, 8)).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    return start + [UInt8](repeating: 7, count: count - start.count)
  }

  // Ten million operations in a long run.
  @Test("operations of all kinds agree with a dictionary in tables of every shape")
  func allKinds() async throws {
    let operationCount = TestSettings.count(40_000, long: 250)
    let seed = TestSettings.seed(20_261)
    let workloads = KeyspaceWorkload.all
    let share = operationCount / workloads.count + 1
    var total = KeyspaceWorkload.Outcome()
    try await withThrowingTaskGroup(of: KeyspaceWorkload.Outcome.self) { group in
      for (number, workload) in workloads.enumerated() {
        group.addTask { try workload.run(operations: share, seed: seed &+ UInt64(number)) }
      }
      for try await outcome in group { total.add(outcome) }
    }
    print("keyspace model: \(total.operationCount) operations in \(workloads.count) tables,")
    print("  \(total.description), TEST_SEED=\(seed)")
    for kind in KeyspaceWorkload.Kind.allCases { #expect(total[kind] > 0, "no \(kind)") }
    #expect(total.operationCount >= operationCount)
  }

  // Once a split left marks behind: a record whose home lay before the end of the segment and its
  // bucket after the beginning was moved twice, and the mark of its first new place stayed.
  @Test("the table is in order after every split", arguments: [8, 16, 64])
  func everySplit(buckets: Int) throws {
    let seed = TestSettings.seed(6)
    for round in 0..<(TestSettings.isLong ? 100 : 4) {
      let model = KeyspaceModel(
        seed: seed &+ UInt64(round), configuration: .init(bucketsPerSegment: buckets))
      var segments = 1
      for number in 0..<2_500 {
        model.put(
          withUnsafeBytes(of: number) { Array($0) },
          KeyspaceEntry(type: .int, value: [], version: 1, expiry: 0))
        guard model.keyspace.state.pointee.segmentCount > segments else { continue }
        segments = model.keyspace.state.pointee.segmentCount
        try model.keyspace.checkInvariants()
      }
      #expect(segments > 4)
    }
  }

  @Test("splits beyond the hash bits kept in a word hash the keys again")
  func deepSplits() throws {
    // The low 14 bits are the same, so segments must become deep before any split helps.
    var configuration = Keyspace.Configuration(bucketsPerSegment: 1, hashMask: ~0x3fff)
    configuration.directoryEntriesPerSegment = 1 << 16
    let model = KeyspaceModel(seed: 5, configuration: configuration)
    for number in 0..<120 {
      model.put(
        Self.key(number), KeyspaceEntry(type: .int, value: [], version: 1, expiry: 0))
    }
    try model.verify()
    #expect(model.keyspace.state.pointee.depth > RecordWord.hashBitCount)
    for number in 0..<120 { model.remove(Self.key(number)) }
    try model.verify()
    #expect(model.keyspace.state.pointee.depth == 0)
  }

  @Test("a million operations on full-size segments agree with a dictionary")
  func fullSize() throws {
    let seed = TestSettings.seed(99)
    var random = SeededGenerator(seed: seed)
    let model = KeyspaceModel(seed: seed)
    let empty = model.keyspace.allocatedByteCount
    let operations = TestSettings.isLong ? 1_000_000 : 6_000
    for number in 0..<operations {
      let key = withUnsafeBytes(of: random.next() % UInt64(operations / 2)) { Array($0) }
      if random.below(3) == 0 {
        model.remove(key)
      } else if random.below(4) == 0 {
        model.get(key)
      } else {
        let size = random.below(48)
        model.put(
          key,
          KeyspaceEntry(
            type: .string, value: random.bytes(size), version: UInt64(number), expiry: 0))
      }
      if number % (operations / 4) == 0 { try model.verify() }
    }
    try model.verify()
    #expect(model.hits > 0 && model.misses > 0)
    for key in Array(model.records.keys) { model.remove(key) }
    try model.verify()
    #expect(model.keyspace.allocatedByteCount <= empty + Slab.byteCount)
  }
}
