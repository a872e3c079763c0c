extension Keyspace {
  /// Removes a record and returns its memory.
  ///
  /// - Parameter hash: What `hash(_:)` returns for the record's key.
  /// - Complexity: O(1); now and then two segments that have become nearly empty are merged, which
  ///   moves the words of at most 112 records, and the directory is halved.
  @inline(__always)
  mutating func remove(_ record: Record, hash: UInt64) {
    let layout = record.layout
    if layout.hasExpiry { forgetExpiry(of: record) }
    switch locate(record, hash: hash) {
    case .slot(let segment, let bucketIndex, let slot):
      segment.removeWord(bucketIndex: bucketIndex, slot: slot)
      if segment.count * 4 <= segment.slotCount { mergeSegments(hash: hash) }
    case .stash(let index):
      removeFromStash(index: index, hash: hash)
    }
    state.pointee.allocator.deallocate(record.base, layout.byteCount)
    state.pointee.count &-= 1
    state.pointee.dataByteCount &-= layout.dataByteCount
  }

  private func removeFromStash(index: Int, hash: UInt64) {
    state.pointee.stash.remove(at: index)
    let segment = segment(of: hash)
    let home = segment.home(hash)
    let mask = UInt64(1) << UInt64(segment.depth) - 1
    for other in 0..<state.pointee.stash.count {
      let otherHash = state.pointee.stash[other].hash
      if segment.home(otherHash) == home && (otherHash ^ hash) & mask == 0 { return }
    }
    segment.bucket(home).control &= ~Bucket.stashMark
  }

  /// Whether two segments that differ in one bit of their hashes should be one: together they are at
  /// most a quarter full, far enough from a split that they will not part again soon.
  func areMergeable(_ segment: Segment, _ buddy: Segment) -> Bool {
    segment.depth == buddy.depth && (segment.count + buddy.count) * 4 <= segment.slotCount
  }

  /// Merges the segment of a hash with its buddy while both are nearly empty, and shrinks the
  /// directory when that makes it possible. So a table that is emptied key by key ends with one
  /// segment.
  ///
  /// The loop ends because each turn makes the segment's depth smaller.
  @inline(never)
  private func mergeSegments(hash: UInt64) {
    while true {
      let segment = segment(of: hash)
      let depth = segment.depth
      guard depth > 0 else { break }
      let buddy = self.segment(of: hash ^ 1 << UInt64(depth - 1))
      guard areMergeable(segment, buddy) else { break }
      merge(buddy, into: segment, hash: hash)
    }
    var depth = state.pointee.depth
    while depth > 0 && state.pointee.segmentsOfDepth[depth] == 0 { depth -= 1 }
    if depth != state.pointee.depth {
      resizeDirectory(from: 1 << state.pointee.depth, to: 1 << depth)
    }
  }

  private func merge(_ buddy: Segment, into segment: Segment, hash: UInt64) {
    let depth = segment.depth
    let pattern = Int(truncatingIfNeeded: hash) & (1 << (depth - 1) - 1)
    let entryCount = 1 << state.pointee.depth
    for index in stride(from: pattern, to: entryCount, by: 1 << (depth - 1)) {
      state.pointee.directory[index] = segment.base
    }
    segment.depth = depth - 1
    state.pointee.segmentCount -= 1
    state.pointee.segmentsOfDepth[depth] -= 2
    state.pointee.segmentsOfDepth[depth - 1] += 1
    for index in 0...bucketMask {
      let source = buddy.bucket(index)
      segment.bucket(index).control |= source.control & Bucket.stashMark
      var slots = Bucket.takenSlots(source.control)
      while let slot = slots.next() {
        let word = source[slot]
        let home = (index &- word.displacement) & bucketMask
        if segment.place(word, tag: source.tag(slot: slot), home: home) { continue }
        // Possible only when many hashes are equal.
        guard let record = word.record else { continue }
        stash(record, hash: self.hash(record.key))
      }
    }
    buddy.deallocate()
  }
}
