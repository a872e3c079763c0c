import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Random operations of all kinds on one table: it grows, lives, shrinks, is emptied key by key, and
/// comes back, again and again.
struct KeyspaceWorkload: Sendable {
  /// What can be done to a table.
  enum Kind: Int, CaseIterable {
    case insert, updateSameSize, updateOtherSize, remove, removeAbsent, get, setVersion, setExpiry
    case scanSlice, forEach, removeAll
  }

  /// What must have happened by the end, or the test has tested nothing.
  struct Paths: OptionSet, Sendable {
    let rawValue: Int
    static let splits = Paths(rawValue: 1)
    static let merges = Paths(rawValue: 2)
    static let stash = Paths(rawValue: 4)
    /// Splits by bits that are not kept beside a record's address.
    static let deepSplits = Paths(rawValue: 8)
  }

  /// How many operations of each kind there were, and where they led.
  struct Outcome: Sendable, CustomStringConvertible {
    private var counts = Array(repeating: 0, count: Kind.allCases.count)
    var paths: Paths = []

    var operationCount: Int { counts.reduce(0, +) }

    subscript(kind: Kind) -> Int { counts[kind.rawValue] }

    mutating func count(_ kind: Kind) { counts[kind.rawValue] += 1 }

    mutating func add(_ other: Outcome) {
      for index in counts.indices { counts[index] += other.counts[index] }
      paths.formUnion(other.paths)
    }

    var description: String {
      Kind.allCases.map { "\($0) \(self[$0])" }.joined(separator: ", ")
    }
  }

  let name: String
  let configuration: Keyspace.Configuration
  let keyCount: Int
  let paths: Paths

  /// Runs at least `operations` operations, and then empties the table.
  func run(operations: Int, seed: UInt64) throws -> Outcome {
    var run = Run(self, seed: seed)
    let phaseCount = min(keyCount * 3, operations / 4)
    while run.outcome.operationCount < operations {
      for removals in [5, 45, 80] {
        for _ in 0..<phaseCount { try run.step(removals: removals) }
      }
      try run.drain()
    }
    #expect(
      run.outcome.paths.isSuperset(of: paths),
      "\(name): not all paths were met, \(run.outcome.paths)")
    return run.outcome
  }
}

extension KeyspaceWorkload {
  /// A table beside its dictionary, on the way.
  private struct Run {
    let model: KeyspaceModel
    let keys: [[UInt8]]
    var random: SeededGenerator
    var outcome = Outcome()
    private let emptyByteCount: Int
    private let verifyInterval: Int
    private var segmentCount = 1

    init(_ workload: KeyspaceWorkload, seed: UInt64) {
      random = SeededGenerator(seed: seed)
      model = KeyspaceModel(seed: seed, configuration: workload.configuration)
      keys = (0..<workload.keyCount).map(KeyspaceModelTests.key)
      emptyByteCount = model.keyspace.allocatedByteCount
      // What a verification costs grows with the number of keys.
      verifyInterval = max(500, workload.keyCount * 4)
    }

    mutating func step(removals: Int) throws {
      let key = keys[random.below(keys.count)]
      if random.below(100) < removals {
        remove(key)
      } else {
        try stepOther(key)
      }
      if outcome.operationCount % verifyInterval == 0 { try model.verify() }
    }

    private mutating func stepOther(_ key: [UInt8]) throws {
      // So rare that the table has time to grow in between.
      if random.below(keys.count * 2) == 0 {
        outcome.count(.forEach)
        model.iterate()
        return
      }
      if random.below(keys.count * 4) == 0 {
        outcome.count(.removeAll)
        model.removeAll()
        try model.verify()
        segmentCount = 1
        return
      }
      switch random.below(20) {
      case 0..<9: put(key)
      case 9, 10: updateSameSize(key)
      case 11, 12:
        outcome.count(.setExpiry)
        model.setExpiry(random.below(2) == 0 ? 0 : Int64(random.next() >> 8), of: key)
      case 13, 14:
        outcome.count(.setVersion)
        model.setVersion(random.next() >> 16, of: key)
      case 15, 16:
        outcome.count(.scanSlice)
        model.scanSlice(limit: 1 + random.below(30))
      default:
        outcome.count(.get)
        model.get(key)
      }
    }

    private mutating func put(_ key: [UInt8]) {
      let new = record(value)
      if let old = model.records[key] {
        outcome.count(old.value.count == new.value.count ? .updateSameSize : .updateOtherSize)
      } else {
        outcome.count(.insert)
      }
      model.put(key, new)
      note()
    }

    private mutating func updateSameSize(_ key: [UInt8]) {
      guard let old = model.records[key] else {
        put(key)
        return
      }
      outcome.count(.updateSameSize)
      model.put(key, record(random.bytes(old.value.count)))
    }

    private mutating func remove(_ key: [UInt8]) {
      outcome.count(model.remove(key) ? .remove : .removeAbsent)
      note()
    }

    /// Removes every key by itself, in an order of its own; the memory goes with them.
    mutating func drain() throws {
      try model.verify()
      for key in model.records.keys.shuffled(using: &random) {
        remove(key)
        model.get(key)
        if outcome.operationCount % verifyInterval == 0 { try model.verify() }
      }
      try model.verify()
      model.expect(model.keyspace.count == 0, "the table is not empty")
      model.expect(
        model.keyspace.allocatedByteCount <= emptyByteCount + Slab.byteCount,
        "an empty table holds \(model.keyspace.allocatedByteCount) bytes")
    }

    private mutating func note() {
      let state = model.keyspace.state
      if state.pointee.segmentCount > segmentCount { outcome.paths.insert(.splits) }
      if state.pointee.segmentCount < segmentCount { outcome.paths.insert(.merges) }
      segmentCount = state.pointee.segmentCount
      if state.pointee.stash.count > 0 { outcome.paths.insert(.stash) }
      if state.pointee.depth > RecordWord.hashBitCount { outcome.paths.insert(.deepSplits) }
    }

    private mutating func record(_ value: [UInt8]) -> KeyspaceEntry {
      KeyspaceEntry(
        type: ValueType.allCases[random.below(3)], value: value, version: random.next() >> 16,
        expiry: random.below(5) == 0 ? Int64(random.below(1 << 40) + 1) : 0)
    }

    private var value: [UInt8] {
      mutating get {
        switch random.below(2_000) {
        case 0: random.bytes(random.below(70_001))
        case 1..<20: random.bytes(random.below(5_000))
        case 20..<600: random.bytes(random.below(300))
        case 600..<800: []
        default: random.bytes(random.below(64))
        }
      }
    }
  }
}
