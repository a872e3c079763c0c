internal import QrrotCore

/// The groups of a query: from a JSON value to a number that counts from 0.
///
/// A group is known by the bytes of its value's canonical form. Nearly all values are written in it, so
/// that a look-up is one hash and one comparison. The hash has a secret of its own, so that nobody can
/// choose values that collide.
struct GroupTable {
  private struct Entry {
    var hash: UInt64
    var offset: Int
    var byteCount: Int
    /// The last key that was counted in it, so that one key counts once.
    var lastSerial: Int
  }

  private let keyHash: KeyHash
  private var entries: [Entry] = []
  /// The canonical forms of all groups, one after another.
  private var bytes: [UInt8] = []
  /// For each slot the number of its entry and 1, or 0; at most half of them are taken.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)
  private var canonical: [UInt8] = []

  init() {
    var generator = SystemRandomNumberGenerator()
    keyHash = KeyHash(seed: (generator.next(), generator.next()))
  }

  var count: Int { entries.count }

  /// The memory it takes.
  var byteCount: Int {
    bytes.capacity + entries.capacity * MemoryLayout<Entry>.stride + 4 * slots.count
  }

  /// The group of a JSON value; nil if the key of this serial number has been counted in it.
  ///
  /// - Throws: `budget`, `interrupted`; `too-large` past two thousand million groups.
  /// - Complexity: O(n) for a value that is written canonically.
  @inline(__always)
  mutating func group(
    of value: UnsafeRawBufferPointer, serial: Int, _ scratch: inout JSONScratch
  ) throws(QrrotError) -> Int? {
    let index =
      JSONText.isCanonical(value)
      ? try index(ofCanonical: value) : try index(ofAny: value, &scratch)
    guard entries[index].lastSerial != serial else { return nil }
    entries[index].lastSerial = serial
    return index
  }

  @inline(never)
  private mutating func index(
    ofAny value: UnsafeRawBufferPointer, _ scratch: inout JSONScratch
  ) throws(QrrotError) -> Int {
    var form = canonical
    canonical = []
    defer { canonical = form }
    form.removeAll(keepingCapacity: form.count < 1 << 20)
    try JSONText.appendCanonical(value, to: &form, scratch: &scratch)
    return try form.withRawBytes { form throws(QrrotError) in try index(ofCanonical: form) }
  }

  @inline(__always)
  private mutating func index(
    ofCanonical value: UnsafeRawBufferPointer
  ) throws(QrrotError) -> Int {
    let hash =
      value.count <= KeyHash.shortByteLimit ? keyHash.short(value) : keyHash.long(value)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if isEntry(index, hash, value) { return index }
      slot = (slot + 1) & mask
    }
    return try insert(value, hash, at: slot)
  }

  @inline(__always)
  private func isEntry(_ index: Int, _ hash: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
    let entry = entries[index]
    guard entry.hash == hash, entry.byteCount == value.count, let start = value.baseAddress else {
      return false
    }
    return bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return RawBytes.equal(base + entry.offset, start, entry.byteCount)
    }
  }

  @inline(never)
  private mutating func insert(
    _ value: UnsafeRawBufferPointer, _ hash: UInt64, at slot: Int
  ) throws(QrrotError) -> Int {
    guard let number = UInt32(exactly: entries.count + 1), number < UInt32.max / 2 else {
      throw QrrotError(.tooLarge, "these are too many groups; narrow them with where")
    }
    entries.append(
      Entry(hash: hash, offset: bytes.count, byteCount: value.count, lastSerial: -1))
    bytes.append(contentsOf: value)
    slots[slot] = number
    if 2 * entries.count > slots.count { grow() }
    return entries.count - 1
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: 2 * slots.count)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(truncatingIfNeeded: index + 1)
    }
  }

  /// Hands the canonical form of a group to `body`.
  func withValue<R>(of index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    let entry = entries[index]
    return bytes.withRawBytes { bytes in
      body(
        UnsafeRawBufferPointer(
          rebasing: bytes[entry.offset..<(entry.offset + entry.byteCount)]))
    }
  }
}
