import QrrotCore
import Testing

@testable import QrrotStore

/// Single records: sizes, layouts, moves.
@Suite struct KeyspaceRecordTests {
  private static let longPattern = (0..<100_000).map {
    UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8)
  }

  private static func pattern(_ count: Int) -> [UInt8] { Array(longPattern.prefix(count)) }

  private static func record(
    _ value: [UInt8], type: ValueType = .string, version: UInt64 = 1, expiry: Int64 = 0
  ) -> KeyspaceEntry {
    KeyspaceEntry(type: type, value: value, version: version, expiry: expiry)
  }

  @Test(
    "keys of every size hold values of every size",
    arguments: [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 126, 127, 128, 2_030, 65_536])
  func sizes(keyByteCount: Int) throws {
    let model = KeyspaceModel(seed: 1)
    let key = Self.pattern(keyByteCount)
    let sizes = [
      0, 1, 3, 4, 7, 8, 15, 16, 17, 32, 33, 126, 127, 128, 495, 512, 513, 1_024, 2_000, 2_024,
      2_032, 2_048, 2_049, 4_096, 70_000, 127, 0, 70_000, 8,
    ]
    for (number, size) in sizes.enumerated() {
      let type = ValueType.allCases[number % 3]
      for expiry in [0, 1_999_999_999_999, Int64.min] {
        model.put(
          key, Self.record(Self.pattern(size), type: type, version: UInt64(number), expiry: expiry))
        model.get(key)
        try model.keyspace.checkInvariants()
      }
    }
    model.remove(key)
    try model.verify()
    #expect(model.hits == sizes.count * 3)
  }

  @Test("a value of several megabytes comes, changes and goes, and its memory with it")
  func largeValue() throws {
    let model = KeyspaceModel(seed: 2)
    let empty = model.keyspace.allocatedByteCount
    let megabytes = [UInt8](repeating: 0x5a, count: 5 << 20)
    model.put([1], Self.record(megabytes))
    model.put([2], Self.record(Self.pattern(3_000)))
    model.get([1])
    #expect(model.keyspace.allocatedByteCount > megabytes.count)
    #expect(model.keyspace.allocatedByteCount < megabytes.count + megabytes.count / 8)
    try model.verify()
    model.put([1], Self.record([9]))
    #expect(model.keyspace.allocatedByteCount < 1 << 17)
    try model.verify()
    model.removeAll()
    #expect(model.keyspace.allocatedByteCount == empty)
    try model.verify()
  }

  @Test("an update of the same size happens in place")
  func inPlace() throws {
    let model = KeyspaceModel(seed: 3)
    for size in [0, 5, 32, 127, 600, 1_500, 100_000] {
      model.put([7], Self.record(Self.pattern(size)))
      let before = Self.address(model, [7])
      let bytes = model.keyspace.allocatedByteCount
      model.put([7], Self.record(Self.pattern(size).reversed(), type: .json, version: 9))
      #expect(Self.address(model, [7]) == before)
      #expect(model.keyspace.allocatedByteCount == bytes)
      model.get([7])
    }
    try model.verify()
  }

  @Test("the expiry of a large record is set and cleared without a move")
  func expiryOfLargeRecord() throws {
    let model = KeyspaceModel(seed: 4)
    model.put([7], Self.record(Self.pattern(100_000)))
    let before = Self.address(model, [7])
    model.setExpiry(77, of: [7])
    model.get([7])
    model.setExpiry(0, of: [7])
    model.get([7])
    #expect(Self.address(model, [7]) == before)
    try model.verify()
  }

  @Test("a value may lie in the record that it replaces")
  func aliases() throws {
    let model = KeyspaceModel(seed: 5)
    let key: [UInt8] = [1, 2, 3]
    for size in [40, 100, 120, 200, 1_000, 3_000, 80_000] {
      for (from, count) in [(0, size), (1, size - 1), (size / 3, size / 2), (size - 2, 2), (9, 30)]
      {
        model.put(key, Self.record(Self.pattern(size)))
        key.withUnsafeBytes { bytes in
          let hash = model.keyspace.hash(bytes)
          guard let record = model.keyspace.find(bytes, hash: hash) else {
            Issue.record("the key is missing")
            return
          }
          let part = UnsafeRawBufferPointer(rebasing: record.value[from..<(from + count)])
          model.keyspace.update(record, hash: hash, type: .json, value: part, version: 2)
        }
        model.records[key] = Self.record(
          Array(Self.pattern(size)[from..<(from + count)]), type: .json, version: 2)
        model.get(key)
      }
    }
    try model.verify()
  }

  @Test("a version keeps its lowest 48 bits")
  func versions() throws {
    let model = KeyspaceModel(seed: 6)
    let most = UInt64(1) << 48 - 1
    for size in [3, 300] {
      model.put([1], Self.record(Self.pattern(size), version: most))
      model.get([1])
      model.setVersion(0, of: [1])
      model.get([1])
      model.setVersion(most, of: [1])
      model.get([1])
    }
    let version = [UInt8(1)].withUnsafeBytes { key in
      let hash = model.keyspace.hash(key)
      guard let record = model.keyspace.find(key, hash: hash) else { return UInt64(0) }
      model.keyspace.setVersion(.max, of: record)
      return record.version
    }
    #expect(version == most)
    model.records[[1]]?.version = most
    try model.verify()
  }

  @Test("what a record will take is known beforehand")
  func recordByteCount() {
    for (key, value, expiry) in [
      (16, 32, 0), (1, 0, 0), (16, 32, 5), (60, 1_990, 0), (9, 9_000, 0),
    ] {
      var keyspace = Keyspace(seed: (1, 2))
      let expected = Keyspace.recordByteCount(
        keyByteCount: key, valueByteCount: value, expiry: Int64(expiry))
      let before = keyspace.allocatedByteCount
      Self.pattern(key).withUnsafeBytes { key in
        Self.pattern(value).withUnsafeBytes { value in
          _ = keyspace.insert(
            key, hash: keyspace.hash(key), type: .string, value: value, version: 1,
            expiry: Int64(expiry))
        }
      }
      let index = keyspace.state.pointee.expiries.byteCount
      let grown = keyspace.allocatedByteCount - before - index
      #expect((index > 0) == (expiry != 0))
      #expect(grown == Slab.byteCount || grown == expected)
      #expect(expected >= key + value && expected <= key + value + 48 + (key + value) / 8)
    }
  }

  @Test("the empty key is not found and does no harm")
  func emptyKey() {
    var keyspace = Keyspace()
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(keyspace.find(none, hash: keyspace.hash(none)) == nil)
    keyspace.insert(none, hash: keyspace.hash(none), type: .int, value: none, version: 1)
    #expect(keyspace.find(none, hash: keyspace.hash(none))?.key.count == 0)
  }

  @Test("every byte of a key, and its length, changes the hash")
  func hashDependsOnAllBytes() {
    let keyspace = Keyspace(seed: (3, 4))
    var hashes = Set<UInt64>()
    var keys = 0
    for count in Array(0...130) + [1_000] {
      var key = [UInt8](repeating: 0, count: count)
      hashes.insert(key.withUnsafeBytes { keyspace.hash($0) })
      keys += 1
      for index in 0..<count {
        key[index] = 1
        hashes.insert(key.withUnsafeBytes { keyspace.hash($0) })
        keys += 1
        key[index] = 0
      }
    }
    #expect(hashes.count == keys)
    let other = Keyspace(seed: (3, 5))
    #expect([UInt8(1)].withUnsafeBytes { keyspace.hash($0) != other.hash($0) })
  }

  @Test("exchanging two words of a key changes the hash")
  func hashDependsOnOrder() {
    let keyspace = Keyspace(seed: (3, 4))
    for words in 2...20 {
      let key = (0..<words).map { UInt64($0 + 1) &* 0x9137_5a2b_4d6e_8f13 }
      var hashes = Set([key.withUnsafeBytes { keyspace.hash($0) }])
      for first in 0..<words {
        for second in (first + 1)..<max(words, first + 1) {
          var swapped = key
          swapped.swapAt(first, second)
          hashes.insert(swapped.withUnsafeBytes { keyspace.hash($0) })
        }
      }
      #expect(hashes.count == 1 + words * (words - 1) / 2)
    }
  }

  private static func address(_ model: KeyspaceModel, _ key: [UInt8]) -> UnsafeMutableRawPointer? {
    key.withUnsafeBytes { model.keyspace.find($0, hash: model.keyspace.hash($0))?.base }
  }
}
