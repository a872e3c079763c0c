internal import CProcessor

/// A place in a scan of a `Keyspace`; it stays meaningful whatever happens to the table meanwhile.
///
/// A scan goes through the hashes in an order of its own: by home bucket, and for equal ones by the
/// low 32 bits read backwards. Splits and merges do not change that order, because the segment of a
/// given depth is an interval of it, so that a cursor needs no memory in the table.
struct ScanCursor: Equatable, Sendable {
  fileprivate var bucket: UInt32
  fileprivate var position: UInt32

  /// Before the first record.
  static let start = ScanCursor(bucket: 0, position: 0)

  /// The place as a number, for those who have to write it down; 0 is the start.
  var bits: UInt64 { UInt64(bucket) << 32 | UInt64(position) }

  /// The place that a number stands for; nil if it is in no table with such buckets.
  init?(bits: UInt64, bucketMask: Int) {
    guard bits >> 32 <= UInt64(bucketMask) else { return nil }
    self.init(
      bucket: UInt32(truncatingIfNeeded: bits >> 32), position: UInt32(truncatingIfNeeded: bits))
  }

  fileprivate init(bucket: UInt32, position: UInt32) {
    self.bucket = bucket
    self.position = position
  }
}

extension Keyspace {
  /// A place in a scan, anywhere in the table: a scan from there to the end is a part of a whole one.
  func randomCursor() -> ScanCursor {
    ScanCursor(
      bucket: .random(in: 0...UInt32(truncatingIfNeeded: bucketMask)),
      position: .random(in: 0 ... .max))
  }

  /// Hands all records to `body`, in any order, each once; see ``Reader/forEach(_:)``.
  @inline(__always)
  func forEach<E>(_ body: (Record) throws(E) -> Void) throws(E) { try reader.forEach(body) }

  /// Hands some records to `body`, in any order, and says where to go on.
  ///
  /// A scan from `.start` until nil visits every key that is in the table throughout exactly once,
  /// although the table may be changed between the calls in any way, `removeAll` included. A key
  /// that is added or removed meanwhile is visited or not; one that is removed and added again may
  /// be visited twice. Within a call the table must not be changed.
  ///
  /// - Parameters:
  ///   - cursor: `.start`, or what an earlier call on the same table returned.
  ///   - limit: After how much work to stop, at least 1: a record counts as 1, and so does a bucket
  ///     without any. Whole buckets are visited, so up to 55 records more are possible (with many
  ///     equal hashes, as many as are stashed).
  /// - Returns: The next cursor, nil after the last record.
  /// - Throws: What `body` throws; the cursor handed in stays valid.
  /// - Complexity: O(`limit`).
  func scan<E>(
    from cursor: ScanCursor, limit: Int, _ body: (Record) throws(E) -> Void
  ) throws(E) -> ScanCursor? {
    var cursor = cursor
    var work = 0
    while work < limit {
      let segment = segment(of: UInt64(Self.reversed(cursor.position)))
      // The bits after the segment's own are those in which its hashes differ.
      let span = UInt64(1) << UInt64(Self.depthLimit - segment.depth)
      let start = UInt64(cursor.position) & ~(span - 1)
      prefetchBucket(Int(cursor.bucket), at: start &+ Self.prefetchDistance &* span)
      let visited = try visit(
        segment, home: Int(cursor.bucket), start: start, cursor: cursor, body)
      work += max(1, visited)
      let next = start + span
      if next <= UInt64(UInt32.max) {
        cursor.position = UInt32(next)
      } else if Int(cursor.bucket) < bucketMask {
        cursor = ScanCursor(bucket: cursor.bucket + 1, position: 0)
      } else {
        return nil
      }
    }
    return cursor
  }

  /// Asks for the bucket that a scan comes to a little later, where segments are of one size: each is a
  /// cache line of its own, far from the one before.
  @inline(__always)
  private func prefetchBucket(_ index: Int, at position: UInt64) {
    let segment = segment(of: UInt64(Self.reversed(UInt32(truncatingIfNeeded: position))))
    qrrot_prefetch(segment.bucket(index).base)
  }

  /// So many segments ahead.
  private static var prefetchDistance: UInt64 { 12 }

  /// Visits the records of one home bucket from the cursor on and returns how many there were.
  private func visit<E>(
    _ segment: Segment, home: Int, start: UInt64, cursor: ScanCursor,
    _ body: (Record) throws(E) -> Void
  ) throws(E) -> Int {
    var visited = 0
    // Only after a merge does the cursor lie inside the segment; what precedes it has been visited.
    let isWhole = UInt64(cursor.position) == start
    let marks = Bucket.marks(segment.bucket(home).control)
    for displacement in 0...Segment.displacementLimit
    where displacement == 0 || marks >> displacement & 1 != 0 {
      let bucket = segment.bucket(home &+ displacement)
      var slots = Bucket.takenSlots(bucket.control)
      while let slot = slots.next() {
        let word = bucket[slot]
        guard word.displacement == displacement, let record = word.record else { continue }
        visited += 1
        guard isWhole || Self.position(of: hash(record.key)) >= cursor.position else { continue }
        try body(record)
      }
    }
    guard marks & 1 != 0 else { return visited }
    let mask = UInt64(1) << UInt64(segment.depth) - 1
    let pattern = UInt64(Self.reversed(cursor.position)) & mask
    for index in 0..<state.pointee.stash.count {
      let entry = state.pointee.stash[index]
      guard segment.home(entry.hash) == home, entry.hash & mask == pattern else { continue }
      visited += 1
      guard isWhole || Self.position(of: entry.hash) >= cursor.position else { continue }
      try body(entry.record)
    }
    return visited
  }

  /// Whether a scan that has come to `cursor` is past the keys with this hash.
  func isBefore(_ hash: UInt64, _ cursor: ScanCursor) -> Bool {
    let home = UInt32(truncatingIfNeeded: hash >> 51) & UInt32(truncatingIfNeeded: bucketMask)
    if home != cursor.bucket { return home < cursor.bucket }
    return Self.position(of: hash) < cursor.position
  }

  private static func position(of hash: UInt64) -> UInt32 {
    reversed(UInt32(truncatingIfNeeded: hash))
  }

  /// The bits of a word in reverse.
  private static func reversed(_ word: UInt32) -> UInt32 {
    var bits = word.byteSwapped
    bits = bits >> 4 & 0x0f0f_0f0f | (bits & 0x0f0f_0f0f) << 4
    bits = bits >> 2 & 0x3333_3333 | (bits & 0x3333_3333) << 2
    return bits >> 1 & 0x5555_5555 | (bits & 0x5555_5555) << 1
  }
}

extension Keyspace.Reader {
  /// Hands all records to `body`, in any order, each once.
  ///
  /// The table must not be changed meanwhile.
  ///
  /// - Throws: What `body` throws, which ends the iteration.
  /// - Complexity: O(count + segments).
  @inline(__always)
  func forEach<E>(_ body: (Record) throws(E) -> Void) throws(E) {
    for index in 0..<(1 << state.pointee.depth) {
      let segment = Segment(
        base: state.pointee.directory[index], bucketMask: state.pointee.bucketMask)
      // A segment is visited at the lowest of its directory entries.
      guard index >> segment.depth == 0 else { continue }
      for bucketIndex in 0...segment.bucketMask {
        let bucket = segment.bucket(bucketIndex)
        var slots = Bucket.takenSlots(bucket.control)
        while let slot = slots.next() {
          if let record = bucket[slot].record { try body(record) }
        }
      }
    }
    for index in 0..<state.pointee.stash.count { try body(state.pointee.stash[index].record) }
  }
}
