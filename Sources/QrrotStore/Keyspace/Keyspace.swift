/// The table from keys to records: an extendible hash table in raw memory.
///
/// A directory leads from the hash's lowest bits to segments of 4 KB. A segment that is full splits
/// in two; when the directory is too small for that it doubles, which copies pointers only. So no
/// insertion pays for more than one segment's worth of moves, however large the table is. Segments
/// that have emptied merge again, and the directory shrinks with them.
///
/// The table stores when records expire and keeps those that do in order (`ExpiryIndex`); what is due
/// stays until it is removed. It takes no lock and is not thread-safe: one lock outside protects all
/// of it. Limits on lengths are the caller's to check; the table's own
/// (16 MB for a key, 4 GB for a value) are far above them, and going beyond is a programmer error.
/// Memory runs out only by the caller's mistake, see `RawMemory`.
///
/// Sources: Fagin et al., "Extendible Hashing" (1979); the split of cache-line buckets within
/// segments follows the idea of Nam et al., "Write-Optimized Dynamic Hashing" (2019).
struct Keyspace: ~Copyable {
  /// How the table is built; tests make it tiny so that every path runs.
  struct Configuration {
    /// A power of two from 1 to 64.
    var bucketsPerSegment = 64
    /// Clears bits of every hash, so that equal hashes can be forced.
    var hashMask = UInt64.max
    /// How many directory entries there may be for each segment. A good hash needs four.
    var directoryEntriesPerSegment = 16
    /// How many records that expire stand in one piece of their index.
    var expiryChunkCapacity = ExpiryIndex.usualCapacity
  }

  /// What every operation reads. It lies behind a pointer so that access to one of its fields is
  /// never subject to a dynamic exclusivity check, wherever the `Keyspace` itself is stored.
  struct State {
    var directory: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var directoryMask: UInt64
    var bucketMask: Int
    var keyHash: KeyHash
    var hashMask: UInt64
    var count = 0
    var dataByteCount = 0
    /// The number of hash bits that the directory uses.
    var depth = 0
    var segmentCount = 0
    /// For each depth, how many segments have it; the directory can be halved when none has its own.
    let segmentsOfDepth: UnsafeMutablePointer<Int>
    let directoryEntriesPerSegment: Int
    var allocator = RecordAllocator()
    var stash = Stash()
    var expiries: ExpiryIndex
  }

  /// The directory uses at most this many bits of the hash; scan cursors rely on it.
  static let depthLimit = 32

  let state: UnsafeMutablePointer<State>

  /// An empty table with a hash seed that nobody knows.
  init() {
    var generator = SystemRandomNumberGenerator()
    self.init(seed: (generator.next(), generator.next()))
  }

  /// An empty table whose hashes are known; for tests.
  init(seed: (UInt64, UInt64), configuration: Configuration = Configuration()) {
    let buckets = configuration.bucketsPerSegment
    precondition(
      buckets >= 1 && buckets <= 64 && buckets & (buckets - 1) == 0,
      "bucketsPerSegment must be a power of two from 1 to 64")
    let segmentsOfDepth = UnsafeMutablePointer<Int>.allocate(capacity: Self.depthLimit + 1)
    segmentsOfDepth.initialize(repeating: 0, count: Self.depthLimit + 1)
    let directory = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 1)
    directory.initialize(to: Segment.allocate(bucketMask: buckets - 1, depth: 0).base)
    segmentsOfDepth[0] = 1
    state = .allocate(capacity: 1)
    state.initialize(
      to: State(
        directory: directory, directoryMask: 0, bucketMask: buckets - 1,
        keyHash: KeyHash(seed: seed), hashMask: configuration.hashMask, segmentCount: 1,
        segmentsOfDepth: segmentsOfDepth,
        directoryEntriesPerSegment: configuration.directoryEntriesPerSegment,
        expiries: ExpiryIndex(capacity: configuration.expiryChunkCapacity)))
  }

  /// An empty table with the secret of another one, so that `exchange(with:)` is possible.
  ///
  /// What is added may come in the order of the hashes, for the other table may have handed it out:
  /// `reserve(_:)` first.
  init(like other: Reader) {
    let configuration = Configuration(
      bucketsPerSegment: other.state.pointee.bucketMask + 1, hashMask: other.state.pointee.hashMask,
      directoryEntriesPerSegment: other.state.pointee.directoryEntriesPerSegment)
    self.init(seed: (0, 0), configuration: configuration)
    state.pointee.keyHash = other.state.pointee.keyHash
  }

  deinit {
    releaseSegments()
    state.pointee.directory.deallocate()
    state.pointee.segmentsOfDepth.deallocate()
    state.pointee.stash.removeAll()
    state.pointee.expiries.removeAll()
    state.pointee.allocator.destroy()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// How many records there are.
  @inline(__always)
  var count: Int { state.pointee.count }

  /// The bytes of all keys and values.
  @inline(__always)
  var dataByteCount: Int { state.pointee.dataByteCount }

  /// All memory that the table holds, in bytes: records, slabs, segments, directory.
  @inline(__always)
  var allocatedByteCount: Int {
    let segments = state.pointee.segmentCount &* Segment.byteCount(bucketMask: bucketMask)
    let directory = MemoryLayout<UnsafeMutableRawPointer>.stride << state.pointee.depth
    let fixed = MemoryLayout<State>.stride + (Self.depthLimit + 1) * MemoryLayout<Int>.stride
    return segments &+ directory &+ fixed &+ state.pointee.stash.byteCount
      &+ state.pointee.allocator.byteCount &+ state.pointee.expiries.byteCount
  }

  /// What a record of these lengths takes in memory apart from its share of the table itself, so
  /// that a memory limit can be checked before the record is made.
  static func recordByteCount(
    keyByteCount: Int, valueByteCount: Int, expiry: Int64
  ) -> Int {
    let layout = RecordLayout(
      keyByteCount: keyByteCount, valueByteCount: valueByteCount, expiry: expiry)
    let capacity = SizeClass.capacity(layout.byteCount)
    return capacity <= SizeClass.slabByteLimit
      ? capacity : capacity &+ RecordAllocator.largeOverheadByteCount
  }

  /// How much memory the records' allocator would have to obtain to add such a record now; 0 if it
  /// has room.
  @inline(__always)
  func newMemory(keyByteCount: Int, valueByteCount: Int, expiry: Int64 = 0) -> Int {
    let layout = RecordLayout(
      keyByteCount: keyByteCount, valueByteCount: valueByteCount, expiry: expiry)
    return state.pointee.allocator.newMemory(layout.byteCount)
  }

  /// Whether giving the record a value of this length, and this expiry, leaves it where it is.
  @inline(__always)
  static func staysInPlace(_ record: Record, valueByteCount: Int, expiry: Int64 = 0) -> Bool {
    let layout = record.layout
    return layout.canBecome(
      RecordLayout(
        keyByteCount: layout.keyByteCount, valueByteCount: valueByteCount, expiry: expiry))
  }

  /// The hash to hand to the other operations for this key; another table has another one.
  ///
  /// - Complexity: O(*n*) in the key's length; about 2 ns for a key of up to 16 bytes.
  @inline(__always)
  func hash(_ key: UnsafeRawBufferPointer) -> UInt64 { reader.hash(key) }

  /// Removes all records and returns their memory; the table is as new afterwards.
  ///
  /// - Complexity: O(segments + slabs + large records); no small record is touched.
  mutating func removeAll() {
    releaseSegments()
    state.pointee.expiries.removeAll()
    state.pointee.allocator.deallocateAll()
    state.pointee.stash.removeAll()
    state.pointee.directory.deallocate()
    state.pointee.directory = .allocate(capacity: 1)
    state.pointee.directory.initialize(
      to: Segment.allocate(bucketMask: bucketMask, depth: 0).base)
    state.pointee.directoryMask = 0
    state.pointee.depth = 0
    state.pointee.segmentCount = 1
    state.pointee.segmentsOfDepth.update(repeating: 0, count: Self.depthLimit + 1)
    state.pointee.segmentsOfDepth[0] = 1
    state.pointee.count = 0
    state.pointee.dataByteCount = 0
  }

  /// Exchanges all records with those of a table that was made like this one.
  ///
  /// The secret of the hash stays where it is: others read it without the lock.
  ///
  /// - Complexity: O(1).
  func exchange(with other: borrowing Keyspace) {
    let (mine, others) = (state, other.state)
    swap(&mine.pointee.directory, &others.pointee.directory)
    swap(&mine.pointee.directoryMask, &others.pointee.directoryMask)
    swap(&mine.pointee.count, &others.pointee.count)
    swap(&mine.pointee.dataByteCount, &others.pointee.dataByteCount)
    swap(&mine.pointee.depth, &others.pointee.depth)
    swap(&mine.pointee.segmentCount, &others.pointee.segmentCount)
    for depth in 0...Self.depthLimit {
      swap(&mine.pointee.segmentsOfDepth[depth], &others.pointee.segmentsOfDepth[depth])
    }
    swap(&mine.pointee.allocator, &others.pointee.allocator)
    swap(&mine.pointee.stash, &others.pointee.stash)
    swap(&mine.pointee.expiries, &others.pointee.expiries)
  }

  private func releaseSegments() {
    // Backwards, and each segment at its lowest entry: all other entries have been read by then.
    for index in stride(from: 1 << state.pointee.depth - 1, through: 0, by: -1) {
      let segment = segment(at: index)
      if index >> segment.depth == 0 { segment.deallocate() }
    }
  }
}

extension Keyspace {
  @inline(__always)
  var bucketMask: Int { state.pointee.bucketMask }

  /// The segment of a directory entry.
  @inline(__always)
  func segment(at index: Int) -> Segment {
    Segment(base: state.pointee.directory[index], bucketMask: state.pointee.bucketMask)
  }

  /// The segment of a hash.
  @inline(__always)
  func segment(of hash: UInt64) -> Segment { reader.segment(of: hash) }
}
