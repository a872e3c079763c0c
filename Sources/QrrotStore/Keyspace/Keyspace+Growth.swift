extension Keyspace {
  /// Finds a place for a record whose buckets are full: splits its segment until there is one, or
  /// stashes the record when splitting would not help.
  ///
  /// The loop ends because each turn makes the segment deeper and depth is limited.
  @inline(never)
  func makeRoom(for record: Record, hash: UInt64) {
    let word = RecordWord(record, hash: hash)
    repeat {
      let segment = segment(of: hash)
      guard canSplit(segment) else {
        stash(record, hash: hash)
        return
      }
      split(segment, hash: hash)
    } while !segment(of: hash).place(word, hash: hash)
  }

  /// Whether a split is worth its memory.
  ///
  /// A segment fills up before half of its slots are taken only when many hashes are equal, and a
  /// directory is much larger than the number of segments only when many share their low bits;
  /// splitting helps with neither.
  private func canSplit(_ segment: Segment) -> Bool {
    let depth = segment.depth
    guard segment.count * 2 >= segment.slotCount, depth < Self.depthLimit else { return false }
    if depth < state.pointee.depth { return true }
    let entryLimit = state.pointee.directoryEntriesPerSegment * (state.pointee.segmentCount + 1)
    return 2 << depth <= entryLimit
  }

  /// Splits segments until there are enough for so many records in all, in whatever order they come.
  ///
  /// Without it records that come in the order of their hashes fill the first segments as if all
  /// hashes were equal there, and end in the stash.
  ///
  /// - Complexity: O(`recordCount`); memory as `reservedByteCount` says.
  mutating func reserve(_ recordCount: Int) {
    for depth in 0..<reservedDepth(recordCount) {
      // A segment's lowest entry is the pattern that it stands for.
      for index in 0..<1 << depth {
        let segment = segment(at: index)
        if segment.depth == depth { split(segment, hash: UInt64(index)) }
      }
    }
  }

  /// The memory that `reserve` takes.
  func reservedByteCount(_ recordCount: Int) -> Int {
    let entryByteCount = MemoryLayout<UnsafeMutableRawPointer>.stride
    return (Segment.byteCount(bucketMask: bucketMask) + entryByteCount)
      << reservedDepth(recordCount)
  }

  /// How deep all segments are when they are two thirds full at most.
  private func reservedDepth(_ recordCount: Int) -> Int {
    let slotCount = segment(at: 0).slotCount
    var depth = 0
    while depth < Self.depthLimit, recordCount >> depth > slotCount * 2 / 3 { depth += 1 }
    return depth
  }

  /// Splits the segment of a hash by the next bit of its records' hashes.
  private func split(_ segment: Segment, hash: UInt64) {
    let depth = segment.depth
    if depth == state.pointee.depth { doubleDirectory() }
    let sibling = Segment.allocate(bucketMask: bucketMask, depth: depth + 1)
    segment.depth = depth + 1
    state.pointee.segmentCount += 1
    state.pointee.segmentsOfDepth[depth] -= 1
    state.pointee.segmentsOfDepth[depth + 1] += 2
    let pattern = Int(truncatingIfNeeded: hash) & (1 << depth - 1)
    let entryCount = 1 << state.pointee.depth
    for index in stride(from: pattern | 1 << depth, to: entryCount, by: 2 << depth) {
      state.pointee.directory[index] = sibling.base
    }
    distribute(segment, to: sibling, depth: depth)
    segment.settle()
    sibling.settle()
    if state.pointee.stash.count != 0 { unstash(pattern: pattern, depth: depth) }
  }

  /// Moves the words whose hash has bit `depth` to buckets of the same number, where there is room:
  /// the sibling was empty, and each of its buckets gets words of one bucket only.
  private func distribute(_ segment: Segment, to sibling: Segment, depth: Int) {
    for index in 0...bucketMask {
      let source = segment.bucket(index)
      let target = sibling.bucket(index)
      var slots = Bucket.takenSlots(source.control)
      while let slot = slots.next() {
        let word = source[slot]
        guard hashBit(depth, of: word) else { continue }
        target.insert(word, tag: source.tag(slot: slot))
        source.clear(slot: slot)
        segment.count &-= 1
        sibling.count &+= 1
      }
    }
  }

  /// A low bit of the hash of a word's record; above bit 15 the key must be hashed again.
  @inline(__always)
  private func hashBit(_ bit: Int, of word: RecordWord) -> Bool {
    if bit < RecordWord.hashBitCount { return word.hashBits >> bit & 1 != 0 }
    guard let record = word.record else { return false }
    return hash(record.key) >> bit & 1 != 0
  }

  /// Twice the entries for the same segments.
  private func doubleDirectory() {
    let entryCount = 1 << state.pointee.depth
    resizeDirectory(from: entryCount, to: entryCount * 2)
    (state.pointee.directory + entryCount).initialize(
      from: state.pointee.directory, count: entryCount)
  }

  /// Replaces the directory by one of another size that starts with the same entries.
  func resizeDirectory(from oldCount: Int, to newCount: Int) {
    let old = state.pointee.directory
    let new = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: newCount)
    new.initialize(from: old, count: min(oldCount, newCount))
    old.deallocate()
    state.pointee.directory = new
    state.pointee.depth = newCount.trailingZeroBitCount
    state.pointee.directoryMask = UInt64(newCount - 1)
  }
}

extension Keyspace {
  /// Puts a record into the stash and marks its home.
  func stash(_ record: Record, hash: UInt64) {
    state.pointee.stash.append(Stash.Entry(hash: hash, record: record))
    let segment = segment(of: hash)
    segment.bucket(segment.home(hash)).control |= Bucket.stashMark
  }

  /// After a split: gives stashed records of the two segments a place if there is one now, and marks
  /// the homes of the others.
  private func unstash(pattern: Int, depth: Int) {
    let mask = UInt64(1) << UInt64(depth) - 1
    var index = 0
    while index < state.pointee.stash.count {
      let entry = state.pointee.stash[index]
      guard entry.hash & mask == UInt64(pattern) else {
        index += 1
        continue
      }
      let segment = segment(of: entry.hash)
      if segment.place(RecordWord(entry.record, hash: entry.hash), hash: entry.hash) {
        state.pointee.stash.remove(at: index)
      } else {
        segment.bucket(segment.home(entry.hash)).control |= Bucket.stashMark
        index += 1
      }
    }
  }
}
