internal import QrrotCore

/// Writes commits to a log: encoded at once, handed to the operating system by `write()`.
///
/// It belongs to whoever serialises commits and does no locking. `LogSegment.sync()` makes durable
/// what was written, from any thread.
///
/// ```swift
/// writer.beginBatch()
/// writer.put(key, type: .string, value)
/// let lsn = writer.endBatch()       // no input or output up to here
/// try writer.write()                // one call of the system for all batches since the last
/// try segment.sync()                // elsewhere, without the engine's lock
/// ```
///
/// Encoding a put of 60 bytes takes some 50 ns and no allocation.
struct LogWriter: ~Copyable {
  /// The file that is written to now.
  private(set) var segment: LogSegment
  /// The segment before, until it is durable.
  private var predecessor: LogSegment?
  private var buffer = OutputBuffer(capacity: 64 << 10)
  /// Where the open batch's frame begins in the buffer; nil outside a batch.
  private var frameStart: Int?
  /// The place behind the last batch.
  private(set) var position: LogPosition
  /// The place behind the last batch that is in the file, and the size of the file.
  private var written: (position: LogPosition, byteCount: Int64)
  /// Up to which size of the segment the disk surely has room; negative if it can't promise that.
  private var reservedByteCount: Int64 = 0

  /// Writes to an empty segment, behind `position`.
  init(_ segment: LogSegment, at position: LogPosition) {
    self.init(segment, at: position, byteCount: Int64(SegmentHeader.byteCount))
  }

  /// Goes on where a recovery has found the log to end.
  init(_ segment: LogSegment, at end: LogOpenEnd) {
    self.init(segment, at: end.position, byteCount: end.byteCount)
  }

  private init(_ segment: LogSegment, at position: LogPosition, byteCount: Int64) {
    precondition(position.segment == segment.number, "the position is one of another segment")
    self.segment = segment
    self.position = position
    written = (position, byteCount)
  }

  /// The last commit that was encoded.
  var lastLSN: UInt64 { position.lastLSN }

  /// How many bytes wait for `write()`.
  var bufferedByteCount: Int { buffer.count }

  /// The size that the segment has, or will have with the next `write()`.
  var segmentByteCount: Int64 { written.byteCount + Int64(buffer.count) }

  /// Whether `write()` may be called: not while the segment before has not been synced whole.
  var canWrite: Bool { unsettledSegment == nil }

  /// The segment before, as long as it has to be synced before anything may be written.
  var unsettledSegment: LogSegment? {
    guard let predecessor, !predecessor.isSettled else { return nil }
    return predecessor
  }

  /// Whether what waits and so much more can't fail to be written because the disk is full.
  ///
  /// - Complexity: O(1), and a call of the system now and then.
  mutating func hasReserved(_ byteCount: Int) -> Bool {
    let needed = segmentByteCount + Int64(byteCount)
    if needed <= reservedByteCount { return true }
    guard reservedByteCount >= 0 else { return false }
    let wanted = needed + Self.reservedAtOnce
    reservedByteCount = segment.file.reserve(wanted) ? wanted : -1
    return reservedByteCount > 0
  }

  /// So much is reserved at a time; some of it may be left over when a segment is closed.
  private static var reservedAtOnce: Int64 { 4 << 20 }

  /// A place between two commits that wait; see ``takeBack(to:)``.
  struct Mark {
    fileprivate let byteCount: Int
    fileprivate let position: LogPosition
  }

  /// The place behind the last commit.
  var mark: Mark { Mark(byteCount: buffer.count, position: position) }

  /// Drops the commits that were encoded since `mark` and have not been written.
  mutating func takeBack(to mark: Mark) {
    precondition(frameStart == nil && mark.byteCount <= buffer.count, "they have been written")
    buffer.removeAll(from: mark.byteCount)
    position = mark.position
  }

  /// Begins a commit.
  @inline(__always)
  mutating func beginBatch() {
    precondition(frameStart == nil, "a batch is open already")
    frameStart = buffer.count
    _ = buffer.room(FrameHeader.byteCount)
    buffer.advance(FrameHeader.byteCount)
  }

  /// Adds to the open batch that a key gets a value.
  ///
  /// - Parameters:
  ///   - value: In the form in which the keyspace holds it: an int as 8 bytes, little-endian.
  ///   - version: nil for that of the commit, which is its sequence number.
  ///   - expiry: In milliseconds since 1970; 0 for never.
  @inline(__always)
  mutating func put(
    _ key: UnsafeRawBufferPointer, type: ValueType, _ value: UnsafeRawBufferPointer,
    version: UInt64? = nil, expiry: Int64 = 0
  ) {
    assert(frameStart != nil && (type != .int || value.count == 8))
    let room = buffer.room(ChangeCoding.headByteLimit &+ key.count &+ value.count)
    let count = ChangeCoding.writePut(
      type: type, keyByteCount: key.count, valueByteCount: value.count, version: version,
      expiry: expiry, to: room)
    RawBytes.copy(key, to: room + count)
    RawBytes.copy(value, to: room + (count &+ key.count))
    buffer.advance(count &+ key.count &+ value.count)
  }

  /// Adds to the open batch that a key is gone.
  mutating func remove(_ key: UnsafeRawBufferPointer) {
    let room = buffer.room(ChangeCoding.headByteLimit &+ key.count)
    let count = ChangeCoding.write(.remove, keyByteCount: key.count, to: room)
    RawBytes.copy(key, to: room + count)
    buffer.advance(count &+ key.count)
  }

  /// Adds to the open batch that all keys are gone.
  mutating func clear() {
    buffer.advance(
      ChangeCoding.write(.clear, keyByteCount: 0, to: buffer.room(ChangeCoding.headByteLimit)))
  }

  /// Ends the batch.
  ///
  /// - Returns: Its sequence number, one above that of the batch before.
  @discardableResult
  @inline(__always)
  mutating func endBatch() -> UInt64 {
    finishFrame(.batch)
    let lsn = position.nextLSN
    position.nextLSN = lsn &+ 1
    return lsn
  }

  @inline(__always)
  private mutating func finishFrame(_ kind: FrameHeader.Kind) {
    guard let start = frameStart else { preconditionFailure("no batch is open") }
    frameStart = nil
    let payloadByteCount = buffer.count &- start &- FrameHeader.byteCount
    let frame = buffer.pointer(at: start)
    let payload = UnsafeRawBufferPointer(
      start: frame + FrameHeader.byteCount, count: payloadByteCount)
    let header = FrameHeader(
      kind: kind, payloadByteCount: Int64(payloadByteCount), lsn: position.nextLSN,
      syncedLSN: segment.progress.recentSyncedLSN, previousChecksum: position.previousChecksum,
      payloadChecksum: CRC32C.checksum(payload, seed: segment.salt))
    position.previousChecksum = header.write(to: frame, salt: segment.salt)
  }
}

extension LogWriter {
  /// Hands all batches since the last call to the operating system, in one call of it.
  ///
  /// - Parameter keepsIfFull: Whether the batches stay where they are if the disk is full and the
  ///   file is as it was before: for those that can't be taken back any more.
  /// - Throws: ``LogWriteError``. All of these batches are gone then, and their sequence numbers will
  ///   be given again. If it `isUndone`, the file is as it was before and `write()` may be tried
  ///   with new ones, unless the segment has a `failure`; else nothing can be written any more.
  mutating func write(keepsIfFull: Bool = false) throws(LogWriteError) {
    try write(isClosing: false, keepsIfFull: keepsIfFull)
  }

  private mutating func write(isClosing: Bool, keepsIfFull: Bool = false) throws(LogWriteError) {
    precondition(frameStart == nil, "a batch is open")
    precondition(canWrite, "the segment before has not been synced")
    predecessor = nil
    guard buffer.count > 0 else { return }
    if let failure = segment.failure {
      discard()
      throw LogWriteError(error: failure, isUndone: true)
    }
    do throws(DiskError) {
      try segment.checkPlace(byteCount: written.byteCount)
    } catch {
      discard()
      segment.fail(error)
      throw LogWriteError(error: error, isUndone: true)
    }
    do throws(DiskError) {
      try segment.file.write(buffer.bytes, at: written.byteCount)
    } catch {
      let failure = undone(error)
      if !(keepsIfFull && failure.isUndone && error.isFull) { discard() }
      throw failure
    }
    written = (position, written.byteCount + Int64(buffer.count))
    buffer.removeAll()
    segment.noteWritten(position.lastLSN, isClosed: isClosing)
  }

  /// Drops all batches that have not been written.
  mutating func discard() {
    frameStart = nil
    buffer.removeAll()
    position = written.position
  }

  /// Cuts the file back to the last frame of the last good write.
  ///
  /// The cut is synced: else a power failure could bring back a commit whose command has failed.
  private mutating func undone(_ error: DiskError) -> LogWriteError {
    do throws(DiskError) {
      // Cutting gives back what was reserved.
      reservedByteCount = 0
      if try segment.file.status().byteCount > written.byteCount {
        try segment.file.truncate(to: written.byteCount)
        try segment.sync()
      }
      return LogWriteError(error: error, isUndone: true)
    } catch {
      segment.fail(error)
      return LogWriteError(error: error, isUndone: false)
    }
  }

  /// Writes all that is waiting and the closing frame, behind which nothing can be written.
  /// `segment.sync()` has to follow.
  ///
  /// - Throws: ``LogWriteError``, as `write()`; all that is waiting is gone then.
  mutating func close() throws(LogWriteError) {
    beginBatch()
    finishFrame(.end)
    try write(isClosing: true)
    // What was reserved and not needed is given back; it is no harm if that fails.
    if reservedByteCount > 0 { try? segment.file.truncate(to: written.byteCount) }
    reservedByteCount = 0
  }

  /// Closes the segment and goes on in an empty one.
  ///
  /// The old one has to be synced before anything is written to the new one: batches may be encoded
  /// meanwhile, and `canWrite` says when. So a crash leaves unfinished frames in one file only.
  ///
  /// - Parameter next: The segment made for it with this one's salt as `previousSalt`.
  /// - Returns: The old segment, for its last `sync()`.
  /// - Throws: ``LogWriteError``; the old segment is still in use then, and all that was waiting is
  ///   gone.
  mutating func rotate(to next: LogSegment) throws(LogWriteError) -> LogSegment {
    precondition(next.number == segment.number + 1, "segments have consecutive numbers")
    try close()
    let old = segment
    predecessor = old
    segment = next
    position.segment = next.number
    written = (position, Int64(SegmentHeader.byteCount))
    return old
  }
}

/// A write to the log that failed.
struct LogWriteError: Error, Equatable {
  /// Why.
  var error: DiskError
  /// Whether nothing of it is in the file. If not, its outcome is unknown until the log is read
  /// again.
  var isUndone: Bool

  /// The error as a user sees it.
  var qrrotError: QrrotError {
    isUndone
      ? error.qrrotError
      : QrrotError(
        .unknownOutcome,
        "\(error.message); whether this was written shows when the database is opened again")
  }
}
