/// What `Keyspace.checkInvariants()` found to be wrong.
enum KeyspaceViolation: Error, Equatable {
  case directory(entry: Int)
  case segmentCount
  case segmentRecordCount(entry: Int)
  case segmentsShouldMerge(entry: Int)
  case directoryShouldShrink
  case word(entry: Int, bucket: Int, slot: Int)
  case marks(entry: Int, bucket: Int)
  case stash(index: Int)
  case count(actual: Int)
  case dataByteCount(actual: Int)
  case slab(classIndex: Int)
  case allocatedRecordCount(actual: Int)
  case allocatorByteCount(actual: Int)
  case expiries
}

extension Keyspace {
  /// Checks everything that must hold between two operations; for tests and debugging.
  ///
  /// - Throws: The first violation that is found.
  /// - Complexity: O(count + segments + stashed records squared).
  func checkInvariants() throws(KeyspaceViolation) {
    try checkDirectory()
    var count = 0
    var dataByteCount = 0
    for index in 0..<(1 << state.pointee.depth) where index >> segment(at: index).depth == 0 {
      try checkSegment(entry: index)
    }
    try checkStash()
    var expiringCount = 0
    forEach { record in
      count += 1
      if record.expiry != 0 { expiringCount += 1 }
      dataByteCount += record.key.count + record.value.count
    }
    guard count == state.pointee.count else { throw .count(actual: count) }
    guard dataByteCount == state.pointee.dataByteCount else {
      throw .dataByteCount(actual: dataByteCount)
    }
    try state.pointee.allocator.checkInvariants(recordCount: count)
    try checkExpiries(expiringCount)
  }

  /// The index holds each record that expires, and no other.
  private func checkExpiries(_ expiringCount: Int) throws(KeyspaceViolation) {
    guard state.pointee.expiries.isSound(), state.pointee.expiries.count == expiringCount else {
      throw .expiries
    }
    try state.pointee.expiries.forEach { entry throws(KeyspaceViolation) in
      let key = entry.record.key
      guard entry.record.expiry == entry.time,
        find(key, hash: hash(key))?.base == entry.record.base
      else { throw .expiries }
    }
  }

  private func checkDirectory() throws(KeyspaceViolation) {
    let depth = state.pointee.depth
    guard state.pointee.directoryMask == 1 << UInt64(depth) - 1 else { throw .directory(entry: -1) }
    var segments = 0
    for index in 0..<(1 << depth) {
      let segment = segment(at: index)
      let lowest = index & (1 << segment.depth - 1)
      guard segment.depth <= depth, segment.base == self.segment(at: lowest).base else {
        throw .directory(entry: index)
      }
      guard index == lowest else { continue }
      segments += 1
      if segment.depth > 0 {
        let buddy = self.segment(at: index ^ 1 << (segment.depth - 1))
        guard buddy.base != segment.base else { throw .directory(entry: index) }
        if areMergeable(segment, buddy) { throw .segmentsShouldMerge(entry: index) }
      }
    }
    let counted = state.pointee.segmentsOfDepth
    guard segments == state.pointee.segmentCount,
      (0...Self.depthLimit).reduce(0, { $0 + counted[$1] }) == segments
    else { throw .segmentCount }
    guard counted[depth] > 0 else { throw .directoryShouldShrink }
  }

  /// Each word is where its record's hash leads, each record is found, and each mark is needed.
  private func checkSegment(entry: Int) throws(KeyspaceViolation) {
    let segment = segment(at: entry)
    var expectedMarks = [UInt64](repeating: 0, count: bucketMask + 1)
    var count = 0
    for index in 0...bucketMask {
      let bucket = segment.bucket(index)
      var slots = Bucket.takenSlots(bucket.control)
      while let slot = slots.next() {
        let word = bucket[slot]
        guard let record = word.record else {
          throw .word(entry: entry, bucket: index, slot: slot)
        }
        let hash = hash(record.key)
        let home = (index - word.displacement) & bucketMask
        guard hash & (1 << UInt64(segment.depth) - 1) == UInt64(entry),
          home == segment.home(hash), word.hashBits == hash & 0xffff,
          bucket.tag(slot: slot) == Bucket.tag(hash),
          find(record.key, hash: hash)?.base == record.base
        else { throw .word(entry: entry, bucket: index, slot: slot) }
        if word.displacement != 0 { expectedMarks[home] |= 1 << UInt64(word.displacement) }
        count += 1
      }
    }
    guard count == segment.count else { throw .segmentRecordCount(entry: entry) }
    for index in 0..<state.pointee.stash.count {
      let hash = state.pointee.stash[index].hash
      if self.segment(of: hash).base == segment.base { expectedMarks[segment.home(hash)] |= 1 }
    }
    for index in 0...bucketMask
    where Bucket.marks(segment.bucket(index).control) != expectedMarks[index] {
      throw .marks(entry: entry, bucket: index)
    }
  }

  private func checkStash() throws(KeyspaceViolation) {
    for index in 0..<state.pointee.stash.count {
      let entry = state.pointee.stash[index]
      guard entry.hash == hash(entry.record.key),
        find(entry.record.key, hash: entry.hash)?.base == entry.record.base
      else { throw .stash(index: index) }
    }
  }
}

extension RecordAllocator {
  /// Checks the lists of slabs and large records against the number of records.
  func checkInvariants(recordCount: Int) throws(KeyspaceViolation) {
    var records = 0
    var bytes = SizeClass.count * MemoryLayout<Slab.Pointer?>.stride
    for index in 0...SizeClass.count {
      // The turn after the last class is that of the full slabs.
      var rest = index < SizeClass.count ? openSlabs[index] : fullSlabs
      while let slab = rest {
        let isOpen = index < SizeClass.count
        guard slab.pointee.isFull != isOpen, slab.pointee.liveCount > 0,
          !isOpen || slab.pointee.classIndex == UInt32(index)
        else { throw .slab(classIndex: index) }
        records += Int(slab.pointee.liveCount)
        bytes += Slab.byteCount
        rest = slab.pointee.next
      }
    }
    if spareSlab != nil { bytes += Slab.byteCount }
    var large = largeRecords
    while let head = large {
      let record = Record(base: UnsafeMutableRawPointer(head) + Self.largeHeadByteCount)
      bytes += SizeClass.capacity(record.layout.byteCount) + Self.largeOverheadByteCount
      records += 1
      large = head.pointee.next
    }
    guard records == recordCount else { throw .allocatedRecordCount(actual: records) }
    guard bytes == byteCount else { throw .allocatorByteCount(actual: bytes) }
  }
}
