import QrrotCore
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

  private static func value(_ random: inout KeyspaceRandom) -> [UInt8] {
    switch random.below(1_000) {
    case 0: random.bytes(random.below(70_001))
    case 1..<20: random.bytes(random.below(5_000))
    case 20..<300: random.bytes(random.below(300))
    case 300..<400: []
    default: random.bytes(random.below(64))
    }
  }

  private static func record(_ random: inout KeyspaceRandom) -> KeyspaceEntry {
    KeyspaceEntry(
      type: ValueType.allCases[random.below(3)], value: value(&random),
      version: random.next() >> 16,
      expiry: random.below(5) == 0 ? Int64(random.below(1 << 40) + 1) : 0)
  }

  /// One random operation; `removals` of 100 are removals.
  private static func step(
    _ model: KeyspaceModel, _ random: inout KeyspaceRandom, keys: Int, removals: Int
  ) {
    let key = key(random.below(keys))
    if random.below(100) < removals {
      model.remove(key)
      return
    }
    switch random.below(10) {
    case 0..<6: model.put(key, record(&random))
    case 6: model.setExpiry(random.below(2) == 0 ? 0 : Int64(random.next() >> 8), of: key)
    case 7: model.setVersion(random.next() >> 16, of: key)
    default: model.get(key)
    }
  }

  private static func run(
    seed: UInt64, configuration: Keyspace.Configuration, keys: Int, operations: Int
  ) throws {
    var random = KeyspaceRandom(seed: seed)
    let model = KeyspaceModel(seed: seed, configuration: configuration)
    let emptyByteCount = model.keyspace.allocatedByteCount
    let operations = operations * (KeyspaceTestSettings.isLong ? 50 : 1)
    // The table grows, lives, shrinks, and grows again.
    for removals in [5, 45, 80, 10] {
      for number in 0..<(operations / 4) {
        step(model, &random, keys: keys, removals: removals)
        if number % (operations / 8) == 0 { try model.verify() }
      }
      try model.verify()
    }
    #expect(model.hits > 0 && model.misses > 0)
    for key in Array(model.records.keys) { model.remove(key) }
    try model.verify()
    #expect(model.keyspace.count == 0)
    #expect(model.keyspace.allocatedByteCount <= emptyByteCount + Slab.byteCount)
  }

  @Test(
    "a table agrees with a dictionary, whatever the size of its segments",
    arguments: [1, 2, 4, 64])
  func modelOfSegments(buckets: Int) throws {
    try Self.run(
      seed: KeyspaceTestSettings.seed(20_261), configuration: .init(bucketsPerSegment: buckets),
      keys: 1_500, operations: 3_200)
  }

  @Test(
    "a table agrees with a dictionary when hashes are equal in many bits",
    arguments: [
      0, 0x3, 0x7f << 57, 0x3f << 51, ~0xf_ffff, ~0xffff << 8, 0xffff,
    ] as [UInt64])
  func modelOfEqualHashes(mask: UInt64) throws {
    for buckets in [1, 4] {
      try Self.run(
        seed: KeyspaceTestSettings.seed(7 ^ mask),
        configuration: .init(bucketsPerSegment: buckets, hashMask: mask),
        keys: 200, operations: 800)
    }
  }

  // Once a split left marks behind: a record whose home lay before the end of the segment and its
  // bucket after the beginning was moved twice, and the mark of its first new place stayed.
  @Test("the table is in order after every split", arguments: [8, 16, 64])
  func everySplit(buckets: Int) throws {
    let seed = KeyspaceTestSettings.seed(6)
    for round in 0..<(KeyspaceTestSettings.isLong ? 100 : 4) {
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
    let seed = KeyspaceTestSettings.seed(99)
    var random = KeyspaceRandom(seed: seed)
    let model = KeyspaceModel(seed: seed)
    let empty = model.keyspace.allocatedByteCount
    let operations = KeyspaceTestSettings.isLong ? 1_000_000 : 6_000
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
