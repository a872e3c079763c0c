import QrrotCore

extension Keyspace {
  /// Adds a record for a key that the table does not have.
  ///
  /// The bytes of both are copied; they may lie anywhere, in other records too. A key that is
  /// there already would be stored twice: it is a programmer error that nothing detects.
  ///
  /// - Parameters:
  ///   - hash: What `hash(_:)` returns for the key.
  ///   - version: Below 2^48; higher bits are dropped.
  ///   - expiry: Milliseconds since 1970, or 0 for none.
  /// - Returns: The new record.
  /// - Complexity: O(1) and the copying; every few hundred insertions one segment is split, which
  ///   moves the words of at most 448 records.
  @discardableResult
  @inline(__always)
  mutating func insert(
    _ key: UnsafeRawBufferPointer, hash: UInt64, type: ValueType, value: UnsafeRawBufferPointer,
    version: UInt64, expiry: Int64 = 0
  ) -> Record {
    let layout = Self.checkedLayout(
      keyByteCount: key.count, valueByteCount: value.count, expiry: expiry)
    let record = makeRecord(
      key, layout: layout, type: type, value: value, version: version, expiry: expiry)
    if !segment(of: hash).place(RecordWord(record, hash: hash), hash: hash) {
      makeRoom(for: record, hash: hash)
    }
    state.pointee.count &+= 1
    state.pointee.dataByteCount &+= layout.dataByteCount
    if expiry != 0 { noteExpiry(expiry, of: record) }
    return record
  }

  /// Gives a record another value, type and version.
  ///
  /// When the new value needs the same amount of memory, it is written in place and nothing is
  /// allocated. Otherwise the record moves and its old memory is returned. `value` may lie anywhere,
  /// also in this record's own value.
  ///
  /// - Parameters:
  ///   - hash: What `hash(_:)` returns for the record's key.
  ///   - version: Below 2^48; higher bits are dropped.
  ///   - expiry: Milliseconds since 1970, 0 for none, nil for what the record has.
  /// - Returns: The record, which is another one when it moved.
  /// - Complexity: O(1) and the copying.
  @discardableResult
  @inline(__always)
  mutating func update(
    _ record: Record, hash: UInt64, type: ValueType, value: UnsafeRawBufferPointer,
    version: UInt64, expiry: Int64? = nil
  ) -> Record {
    let word = record.word
    guard word >> 62 != Record.longForm, value.count <= RecordLayout.shortByteLimit,
      (expiry ?? 0) == 0
    else { return updateAny(record, hash: hash, type, value, version, expiry) }
    // A short record that may stay one, the common case: all is known from its one word.
    let keyByteCount = Int(truncatingIfNeeded: word >> 48 & 0x7f)
    let oldByteCount = Int(truncatingIfNeeded: word >> 55 & 0x7f)
    let valueOffset = 8 &+ keyByteCount
    let oldCapacity = SizeClass.shortCapacity(valueOffset &+ oldByteCount)
    guard oldCapacity == SizeClass.shortCapacity(valueOffset &+ value.count) else {
      return updateAny(record, hash: hash, type, value, version, expiry)
    }
    // The value may lie in the bytes that it replaces, never in the header.
    RawBytes.copy(value, to: record.base + valueOffset)
    record.writeShortHeader(
      keyByteCount: keyByteCount, valueByteCount: value.count, type: type, version: version)
    state.pointee.dataByteCount &+= value.count &- oldByteCount
    return record
  }

  /// Sets a record's version, below 2^48; higher bits are dropped.
  @inline(__always)
  mutating func setVersion(_ version: UInt64, of record: Record) {
    record.writeVersion(version)
  }

  /// Sets when a record expires, in milliseconds since 1970; 0 for never.
  ///
  /// A small record that gets its first expiry, or loses it, moves. Large ones never do.
  ///
  /// - Returns: The record, which is another one when it moved.
  @discardableResult
  mutating func setExpiry(_ expiry: Int64, of record: Record, hash: UInt64) -> Record {
    update(
      record, hash: hash, type: record.type, value: record.value, version: record.version,
      expiry: expiry)
  }
}

extension Keyspace {
  @inline(__always)
  private static func checkedLayout(
    keyByteCount: Int, valueByteCount: Int, expiry: Int64
  ) -> RecordLayout {
    precondition(
      keyByteCount <= RecordLayout.keyByteLimit && valueByteCount <= RecordLayout.valueByteLimit,
      "the caller checks the limits on lengths")
    return RecordLayout(
      keyByteCount: keyByteCount, valueByteCount: valueByteCount, expiry: expiry)
  }

  @inline(__always)
  private func makeRecord(
    _ key: UnsafeRawBufferPointer, layout: RecordLayout, type: ValueType,
    value: UnsafeRawBufferPointer, version: UInt64, expiry: Int64
  ) -> Record {
    let record = Record(base: state.pointee.allocator.allocate(layout.byteCount))
    record.writeHeader(layout: layout, type: type, version: version, expiry: expiry)
    let keyStart = record.base + layout.headerByteCount
    RawBytes.copy(key, to: keyStart)
    RawBytes.copy(value, to: keyStart + layout.keyByteCount)
    return record
  }

  /// `update` for any record and any value.
  @inline(never)
  private func updateAny(
    _ record: Record, hash: UInt64, _ type: ValueType, _ value: UnsafeRawBufferPointer,
    _ version: UInt64, _ expiry: Int64?
  ) -> Record {
    let old = record.layout
    let oldExpiry = record.expiry
    let expiry = expiry ?? oldExpiry
    let new = Self.checkedLayout(
      keyByteCount: old.keyByteCount, valueByteCount: value.count, expiry: expiry)
    guard old.canBecome(new) else {
      if oldExpiry != 0 { forgetExpiry(of: record) }
      let moved = move(
        record, hash: hash, layout: new, type: type, value: value, version: version,
        expiry: expiry)
      if expiry != 0 { noteExpiry(expiry, of: moved) }
      return moved
    }
    if oldExpiry != expiry {
      if oldExpiry != 0 { forgetExpiry(of: record) }
      if expiry != 0 { noteExpiry(expiry, of: record) }
    }
    // The value first: it may lie in the bytes that it replaces.
    RawBytes.copy(value, to: record.base + (new.headerByteCount &+ new.keyByteCount))
    record.writeHeader(layout: new, type: type, version: version, expiry: expiry)
    state.pointee.dataByteCount &+= new.valueByteCount &- old.valueByteCount
    return record
  }

  private func move(
    _ old: Record, hash: UInt64, layout: RecordLayout, type: ValueType,
    value: UnsafeRawBufferPointer, version: UInt64, expiry: Int64
  ) -> Record {
    let oldLayout = old.layout
    // The old memory is returned last: the key, and perhaps the value, are copied from it.
    let record = makeRecord(
      old.key, layout: layout, type: type, value: value, version: version, expiry: expiry)
    switch locate(old, hash: hash) {
    case .slot(let segment, let bucketIndex, let slot):
      let bucket = segment.bucket(bucketIndex)
      bucket[slot] = RecordWord(record, hash: hash).displaced(by: bucket[slot].displacement)
    case .stash(let index):
      state.pointee.stash[index].record = record
    }
    state.pointee.allocator.deallocate(old.base, oldLayout.byteCount)
    state.pointee.dataByteCount &+= layout.valueByteCount &- oldLayout.valueByteCount
    return record
  }
}
