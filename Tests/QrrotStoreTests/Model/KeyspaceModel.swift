import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

extension SeededGenerator {
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  /// Up to 70,000 bytes from somewhere in a block that is filled once.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let start = below(Self.block.count - count + 1)
    return Array(Self.block[start..<(start + count)])
  }

  private static let block: [UInt8] = {
    var random = SeededGenerator(seed: 1)
    return (0..<80_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }()
}

/// What the model knows of a record.
struct KeyspaceEntry: Equatable {
  var type: ValueType
  var value: [UInt8]
  var version: UInt64
  var expiry: Int64

  init(type: ValueType, value: [UInt8], version: UInt64, expiry: Int64) {
    self.type = type
    self.value = value
    self.version = version
    self.expiry = expiry
  }

  init(_ record: Record) {
    self.init(
      type: record.type, value: Array(record.value), version: record.version,
      expiry: record.expiry)
  }
}

/// A table beside a dictionary that must always agree with it.
final class KeyspaceModel {
  var keyspace: Keyspace
  var records: [[UInt8]: KeyspaceEntry] = [:]
  private(set) var hits = 0
  private(set) var misses = 0
  /// Counts insertions and scans, and so orders them.
  var time = 0
  /// When each key was inserted.
  private(set) var births: [[UInt8]: Int] = [:]
  /// The scan that is under way.
  var scan: RunningScan?
  private let seed: UInt64

  init(seed: UInt64, configuration: Keyspace.Configuration = .init()) {
    self.seed = seed
    keyspace = Keyspace(seed: (seed, ~seed), configuration: configuration)
  }

  /// As `#expect`, which would take most of the time in runs of millions.
  @inline(__always)
  func expect(
    _ isRight: Bool, _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    if !isRight { Issue.record("TEST_SEED=\(seed): \(what())", sourceLocation: sourceLocation) }
  }

  /// Puts a record, be it new or not.
  func put(_ key: [UInt8], _ new: KeyspaceEntry) {
    key.withUnsafeBytes { key in
      new.value.withUnsafeBytes { value in
        let hash = keyspace.hash(key)
        let record =
          if let old = keyspace.find(key, hash: hash) {
            keyspace.update(
              old, hash: hash, type: new.type, value: value, version: new.version,
              expiry: new.expiry)
          } else {
            keyspace.insert(
              key, hash: hash, type: new.type, value: value, version: new.version,
              expiry: new.expiry)
          }
        expect(keyspace.find(key, hash: hash)?.base == record.base, "what was put is not found")
      }
    }
    if records.updateValue(new, forKey: key) == nil {
      time += 1
      births[key] = time
    }
  }

  /// What the table has under a key; compared with the dictionary and counted.
  @discardableResult
  func get(_ key: [UInt8]) -> KeyspaceEntry? {
    let found = key.withUnsafeBytes { key in
      keyspace.find(key, hash: keyspace.hash(key)).map(KeyspaceEntry.init)
    }
    expect(found == records[key], "\(String(describing: found)) under \(key.prefix(9))")
    if found == nil { misses += 1 } else { hits += 1 }
    return found
  }

  @discardableResult
  func remove(_ key: [UInt8]) -> Bool {
    let wasThere = key.withUnsafeBytes { key in
      let hash = keyspace.hash(key)
      guard let record = keyspace.find(key, hash: hash) else { return false }
      keyspace.remove(record, hash: hash)
      return true
    }
    let isRight = wasThere == (records.removeValue(forKey: key) != nil)
    expect(isRight, "removing \(key.prefix(9)) found it: \(wasThere)")
    births[key] = nil
    return wasThere
  }

  func setExpiry(_ expiry: Int64, of key: [UInt8]) {
    key.withUnsafeBytes { key in
      let hash = keyspace.hash(key)
      guard let record = keyspace.find(key, hash: hash) else { return }
      keyspace.setExpiry(expiry, of: record, hash: hash)
    }
    records[key]?.expiry = expiry
  }

  func setVersion(_ version: UInt64, of key: [UInt8]) {
    key.withUnsafeBytes { key in
      guard let record = keyspace.find(key, hash: keyspace.hash(key)) else { return }
      keyspace.setVersion(version, of: record)
    }
    records[key]?.version = version
  }

  func removeAll() {
    keyspace.removeAll()
    records = [:]
    births = [:]
  }

  /// The table's invariants, and all of its content against the dictionary.
  func verify() throws {
    try keyspace.checkInvariants()
    #expect(keyspace.count == records.count)
    var differences = 0
    keyspace.forEach { record in
      if records[Array(record.key)] != KeyspaceEntry(record) { differences += 1 }
    }
    #expect(differences == 0)
    #expect(
      keyspace.dataByteCount == records.reduce(0) { $0 + $1.key.count + $1.value.value.count })
    #expect(keyspace.allocatedByteCount >= keyspace.dataByteCount)
  }
}
