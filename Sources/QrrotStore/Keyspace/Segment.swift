/// A block of buckets that splits on its own: 64 of them, 4 KB, unless a test says otherwise.
///
/// The directory leads from the hash's lowest bits to a segment, bits 51 to 56 lead to the record's
/// home bucket in it. A record that finds its home full lies in one of the next few buckets, and the
/// home is marked. Since the home does not depend on the bits by which segments split, a split moves
/// records only between buckets of the same number.
struct Segment {
  /// How far from its home a record can lie; the most that a record word can say. With seven, a
  /// segment splits when it is full but for a few slots, not when one corner of it is; with three,
  /// some split half empty. Marks keep a search from visiting buckets in vain.
  static let displacementLimit = 7

  /// The first bucket, aligned to a cache line. After the last bucket lie the number of records
  /// (not those in the stash) and the number of hash bits that all records of the segment share.
  let base: UnsafeMutableRawPointer
  /// The number of buckets less one; it is a power of two.
  let bucketMask: Int

  @inline(__always)
  init(base: UnsafeMutableRawPointer, bucketMask: Int) {
    self.base = base
    self.bucketMask = bucketMask
  }

  /// A new segment without records.
  static func allocate(bucketMask: Int, depth: Int) -> Segment {
    let memory = RawMemory.allocate(
      requestByteCount(bucketMask: bucketMask), alignment: Bucket.byteCount)
    let segment = Segment(base: memory, bucketMask: bucketMask)
    for index in 0...bucketMask {
      // The slots' words stay as they are: a free slot's word is never read.
      segment.bucket(index).control = 0
    }
    segment.count = 0
    segment.depth = depth
    return segment
  }

  func deallocate() {
    RawMemory.deallocate(base)
  }

  private static func requestByteCount(bucketMask: Int) -> Int {
    // 48 and the allocator's own word make up the distance of a further cache line.
    (bucketMask + 1) * Bucket.byteCount + 48
  }

  /// What a segment takes in memory.
  static func byteCount(bucketMask: Int) -> Int { (bucketMask + 2) * Bucket.byteCount }

  @inline(__always)
  private var trailerOffset: Int { (bucketMask &+ 1) &* Bucket.byteCount }

  @inline(__always)
  var count: Int {
    get { base.load(fromByteOffset: trailerOffset, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: trailerOffset, as: Int.self) }
  }

  @inline(__always)
  var depth: Int {
    get { base.load(fromByteOffset: trailerOffset &+ 8, as: Int.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: trailerOffset &+ 8, as: Int.self)
    }
  }

  var slotCount: Int { (bucketMask + 1) * Bucket.slotCount }

  /// The bucket of a number, which wraps around.
  @inline(__always)
  func bucket(_ index: Int) -> Bucket {
    Bucket(base: base + (index & bucketMask) &* Bucket.byteCount)
  }

  /// The number of the bucket where a record of this hash belongs.
  @inline(__always)
  func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 51) & bucketMask }
}

extension Segment {
  /// Puts a word into its home or a bucket near it; false, and no change, when all are full.
  @inline(__always)
  func place(_ word: RecordWord, hash: UInt64) -> Bool {
    place(word, tag: Bucket.tag(hash), home: home(hash))
  }

  @inline(__always)
  func place(_ word: RecordWord, tag: UInt64, home: Int) -> Bool {
    let bucket = bucket(home)
    if !Bucket.freeSlots(bucket.control).isEmpty {
      bucket.insert(word.displaced(by: 0), tag: tag)
      count &+= 1
      return true
    }
    return placeNearby(word, tag: tag, home: home)
  }

  @inline(never)
  private func placeNearby(_ word: RecordWord, tag: UInt64, home: Int) -> Bool {
    for displacement in stride(from: 1, through: min(Self.displacementLimit, bucketMask), by: 1) {
      let neighbour = bucket(home &+ displacement)
      guard !Bucket.freeSlots(neighbour.control).isEmpty else { continue }
      neighbour.insert(word.displaced(by: displacement), tag: tag)
      bucket(home).control |= Bucket.mark(displacement: displacement)
      count &+= 1
      return true
    }
    return false
  }

  /// Frees a slot and takes back the mark that led to it when nothing else needs it.
  @inline(__always)
  func removeWord(bucketIndex: Int, slot: Int) {
    let bucket = bucket(bucketIndex)
    let displacement = bucket[slot].displacement
    bucket.clear(slot: slot)
    count &-= 1
    if displacement != 0 && !bucket.holds(displacement: displacement) {
      self.bucket(bucketIndex &- displacement).control &= ~Bucket.mark(displacement: displacement)
    }
  }

  /// Moves records to their homes, or nearer, where there is room, and sets all marks anew, apart
  /// from those of the stash, which are cleared.
  ///
  /// Marks wait until nothing moves any more: around the end of the segment a record can move twice.
  func settle() {
    for index in 0...bucketMask {
      let bucket = bucket(index)
      bucket.clearMarks()
      var slots = Bucket.takenSlots(bucket.control)
      while let slot = slots.next() { moveNearer(bucketIndex: index, slot: slot) }
    }
    for index in 0...bucketMask {
      let bucket = bucket(index)
      var slots = Bucket.takenSlots(bucket.control)
      while let slot = slots.next() {
        let displacement = bucket[slot].displacement
        guard displacement != 0 else { continue }
        self.bucket(index &- displacement).control |= Bucket.mark(displacement: displacement)
      }
    }
  }

  @inline(__always)
  private func moveNearer(bucketIndex: Int, slot: Int) {
    let source = bucket(bucketIndex)
    let word = source[slot]
    for nearer in 0..<word.displacement {
      let target = bucket(bucketIndex &- word.displacement &+ nearer)
      guard !Bucket.freeSlots(target.control).isEmpty else { continue }
      target.insert(word.displaced(by: nearer), tag: source.tag(slot: slot))
      source.clear(slot: slot)
      return
    }
  }
}
