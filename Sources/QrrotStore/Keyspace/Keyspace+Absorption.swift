/// Taking over the records of another table without copying them.
extension Keyspace {
  /// Splits segments until there are enough for so many records more, in whatever order they come;
  /// see `reserve(_:)`.
  mutating func reserve(furtherRecordCount: Int) { reserve(count + furtherRecordCount) }

  /// Makes the memory of another table's records this one's. The other one still refers to them: each
  /// has to be adopted, and then the other table may only be dropped.
  ///
  /// Both tables must have been made alike, with `init(like:)`.
  ///
  /// - Complexity: O(slabs and large records of the other one).
  mutating func absorbMemory(of other: borrowing Keyspace) {
    state.pointee.allocator.absorb(&other.state.pointee.allocator)
  }

  /// Refers to a record whose memory has been absorbed.
  ///
  /// - Parameters:
  ///   - hash: What `hash(_:)` returns for its key.
  ///   - old: The record of the same key that this table has, which is removed.
  /// - Complexity: O(1), as an insertion without its copying.
  mutating func adopt(_ record: Record, hash: UInt64, over old: Record?) {
    let layout = record.layout
    if let old {
      let oldLayout = old.layout
      if oldLayout.hasExpiry { forgetExpiry(of: old) }
      switch locate(old, hash: hash) {
      case .slot(let segment, let bucketIndex, let slot):
        let bucket = segment.bucket(bucketIndex)
        bucket[slot] = RecordWord(record, hash: hash).displaced(by: bucket[slot].displacement)
      case .stash(let index):
        state.pointee.stash[index].record = record
      }
      state.pointee.allocator.deallocate(old.base, oldLayout.byteCount)
      state.pointee.dataByteCount &-= oldLayout.dataByteCount
    } else {
      if !segment(of: hash).place(RecordWord(record, hash: hash), hash: hash) {
        makeRoom(for: record, hash: hash)
      }
      state.pointee.count &+= 1
    }
    state.pointee.dataByteCount &+= layout.dataByteCount
    if layout.hasExpiry, record.expiry != 0 { noteExpiry(record.expiry, of: record) }
  }
}

extension RecordAllocator {
  /// Takes over all memory of another one, which is as new afterwards.
  mutating func absorb(_ other: inout RecordAllocator) {
    for index in 0..<SizeClass.count {
      Self.append(other.openSlabs[index], to: &openSlabs[index])
      other.openSlabs[index] = nil
    }
    Self.append(other.fullSlabs, to: &fullSlabs)
    other.fullSlabs = nil
    if let head = other.largeRecords {
      var last = head
      while let next = last.pointee.next { last = next }
      last.pointee.next = largeRecords
      largeRecords?.pointee.previous = last
      largeRecords = head
      other.largeRecords = nil
    }
    let own = SizeClass.count * MemoryLayout<Slab.Pointer?>.stride
    // The spare slab stays where it is and goes with the other one.
    let spare = other.spareSlab == nil ? 0 : Slab.byteCount
    byteCount &+= other.byteCount - own - spare
    other.byteCount = own + spare
  }

  /// Puts a whole list in front of another.
  private static func append(_ list: Slab.Pointer?, to target: inout Slab.Pointer?) {
    guard let head = list else { return }
    var last = head
    while let next = last.pointee.next { last = next }
    last.pointee.next = target
    target?.pointee.previous = last
    target = head
  }
}
