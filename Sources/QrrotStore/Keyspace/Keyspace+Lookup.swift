extension Keyspace {
  /// The record of a key, or nil.
  ///
  /// - Parameter hash: What `hash(_:)` returns for the key.
  /// - Complexity: O(1): one bucket in most cases, at most eight, and the record itself. O(stashed
  ///   records) for keys whose hashes are all equal.
  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Record? {
    let segment = segment(of: hash)
    let home = segment.home(hash)
    let bucket = segment.bucket(home)
    let control = bucket.control
    if let record = find(key, hash: hash, in: bucket, control: control) { return record }
    guard Bucket.marks(control) != 0 else { return nil }
    return findDisplaced(key, hash: hash, segment: segment, home: home)
  }

  @inline(__always)
  private func find(
    _ key: UnsafeRawBufferPointer, hash: UInt64, in bucket: Bucket, control: UInt64
  ) -> Record? {
    var slots = Bucket.matches(control, tag: Bucket.tag(hash))
    while let slot = slots.next() {
      let word = bucket[slot]
      // Records that share tag and hash bits by chance are not touched in vain.
      guard word.hashBits == hash & 0xffff, let record = word.record else { continue }
      if record.hasKey(key) { return record }
    }
    return nil
  }

  @inline(never)
  private func findDisplaced(
    _ key: UnsafeRawBufferPointer, hash: UInt64, segment: Segment, home: Int
  ) -> Record? {
    let marks = Bucket.marks(segment.bucket(home).control)
    for displacement in 1...Segment.displacementLimit where marks >> displacement & 1 != 0 {
      let bucket = segment.bucket(home &+ displacement)
      if let record = find(key, hash: hash, in: bucket, control: bucket.control) { return record }
    }
    guard marks & 1 != 0 else { return nil }
    for index in 0..<state.pointee.stash.count {
      let entry = state.pointee.stash[index]
      if entry.hash == hash && entry.record.hasKey(key) { return entry.record }
    }
    return nil
  }

  /// Where the table refers to a record.
  enum Location {
    case slot(segment: Segment, bucketIndex: Int, slot: Int)
    case stash(index: Int)
  }

  /// Where the table refers to a record that is known to be in it.
  ///
  /// Addresses are compared, so no record is read.
  @inline(__always)
  func locate(_ record: Record, hash: UInt64) -> Location {
    let segment = segment(of: hash)
    let home = segment.home(hash)
    let word = RecordWord(record, hash: hash)
    let marks = Bucket.marks(segment.bucket(home).control) | 1
    for displacement in 0...Segment.displacementLimit where marks >> displacement & 1 != 0 {
      let bucket = segment.bucket(home &+ displacement)
      var slots = Bucket.matches(bucket.control, tag: Bucket.tag(hash))
      let wanted = word.displaced(by: displacement)
      while let slot = slots.next() {
        guard bucket[slot] == wanted else { continue }
        return .slot(segment: segment, bucketIndex: home &+ displacement, slot: slot)
      }
    }
    for index in 0..<state.pointee.stash.count
    where state.pointee.stash[index].record.base == record.base {
      return .stash(index: index)
    }
    preconditionFailure("the record is not in this table, or its hash is another's")
  }
}
