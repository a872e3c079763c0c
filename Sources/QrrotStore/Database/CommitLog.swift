internal import QrrotCore

/// Where the engine writes its commits before it applies them. All of it is guarded by the engine's
/// lock, but for what `LogSegment` and `LogProgress` share by themselves.
final class CommitLog {
  private var writer: LogWriter
  /// Why nothing can be written any more; nil as long as it can.
  private(set) var failure: QrrotError?
  /// The bytes of older segments that no snapshot has made needless yet, and how many there are.
  private(set) var older: (byteCount: Int64, count: Int)
  private let firstLSN: UInt64
  /// Whether commits wait in the buffer for `writeRest()`, so that one call of the system writes many.
  var gathers = false
  /// Whether the disk would not take what waits when it was last tried.
  private var isStuck = false

  init(_ writer: consuming LogWriter, older: (byteCount: Int64, count: Int)) {
    firstLSN = writer.lastLSN
    self.writer = writer
    self.older = older
  }

  /// Whether nothing has been written since it was opened and its segment is as new.
  var isUntouched: Bool {
    writer.lastLSN == firstLSN && writer.segmentByteCount == Int64(SegmentHeader.byteCount)
  }

  /// Notes that a snapshot has made the older segments needless.
  func forgetOlder() { older = (0, 0) }

  /// Whether a snapshot is worth its while: the log has outgrown the data, or is in many pieces.
  func isCompactionDue(dataByteCount: Int) -> Bool {
    failure == nil
      && (byteCount > max(Self.compactionByteCount, Int64(dataByteCount)) || isInManyPieces)
  }

  /// Whether there are so many segments that they are to be replaced by a snapshot before the database
  /// is closed: each opening may leave one, however short its time.
  var isInManyPieces: Bool { older.count > Self.olderCountLimit }

  /// Whether the segment is as new, so that a snapshot can stand in front of it as it is.
  var isAtStartOfSegment: Bool {
    failure == nil && writer.canWrite && position.segment > 1
      && writer.segmentByteCount == Int64(SegmentHeader.byteCount)
  }

  /// - Throws: `read-only` if nothing can be written any more.
  func requireSound() throws(QrrotError) {
    if let failure { throw Self.readOnly(failure) }
  }

  /// From how many bytes on a log is worth a snapshot, however little data there is.
  private static let compactionByteCount: Int64 = 16 << 20
  private static let olderCountLimit = 64

  /// The commit that comes next.
  var nextLSN: UInt64 { writer.lastLSN &+ 1 }
  var segment: LogSegment { writer.segment }
  /// The segment to be synced next: while the one before has not been, nothing is written to the new.
  var segmentToSync: LogSegment { writer.unsettledSegment ?? writer.segment }
  var unsettledSegment: LogSegment? { writer.unsettledSegment }
  var position: LogPosition { writer.position }
  var hasUnwritten: Bool { writer.bufferedByteCount > 0 }
  /// The bytes of the log behind the last snapshot.
  var byteCount: Int64 { older.byteCount + writer.segmentByteCount }

  /// Writes one commit; the operating system has it when this returns, unless the segment before is
  /// still being synced: then it waits in the buffer, and `writeRest()` has to follow before it may
  /// be acknowledged.
  ///
  /// - Throws: `io` if it is certain that nothing was written; `unknown-outcome` if it is not, and
  ///   `read-only` from then on.
  func append(_ body: (inout LogWriter) -> Void) throws(QrrotError) {
    if let failure { throw Self.readOnly(failure) }
    if gathers, !isStuck, try gather(body) { return }
    // What waits has been applied and must not go down with this one.
    try writeFirst()
    writer.beginBatch()
    body(&writer)
    writer.endBatch()
    if writer.canWrite { try write() }
  }

  /// Leaves one commit in the buffer, if the disk has promised room for all that waits.
  ///
  /// - Returns: false if it has not; nothing has been done then.
  private func gather(_ body: (inout LogWriter) -> Void) throws(QrrotError) -> Bool {
    if writer.bufferedByteCount >= Self.gatheredByteCount, writer.canWrite { try writeFirst() }
    guard writer.hasReserved(Self.gatheredByteCount) else { return false }
    let mark = writer.mark
    writer.beginBatch()
    body(&writer)
    writer.endBatch()
    // How large it is, is known behind it.
    guard writer.hasReserved(0) else {
      writer.takeBack(to: mark)
      return false
    }
    return true
  }

  /// How many bytes wait before they are written even without a call of `writeRest()`.
  private static let gatheredByteCount = 256 << 10

  /// Writes what waits in the buffer, if it may be written now.
  ///
  /// - Throws: `unknown-outcome`: what is in the buffer has been applied and is not in the log. On a
  ///   full disk it stays in the buffer and is written when there is room; else it is lost.
  func writeRest() throws(QrrotError) {
    guard hasUnwritten else { return }
    if let failure { throw Self.unwritten(failure.message) }
    guard writer.canWrite else { return }
    do throws(LogWriteError) {
      try writer.write(keepsIfFull: true)
      isStuck = false
    } catch {
      isStuck = true
      let failure = Self.unwritten(error.error.message)
      // On a full disk the buffer is as it was; what can't be in the file is no failure of the log.
      if !hasUnwritten || segment.failure != nil { fail(failure) }
      throw failure
    }
  }

  /// The same before something new is written.
  ///
  /// - Throws: `io`, `read-only`; what was to be written has to fail.
  func writeFirst() throws(QrrotError) {
    do throws(QrrotError) {
      try writeRest()
    } catch {
      if let failure { throw Self.readOnly(failure) }
      throw QrrotError(.io, error.message)
    }
  }

  private static func unwritten(_ cause: String) -> QrrotError {
    QrrotError(
      .unknownOutcome,
      "\(cause); the last commands are in memory and not in the log, and are gone if the database is opened again before they can be written"
    )
  }

  private func write() throws(QrrotError) {
    do throws(LogWriteError) {
      try writer.write()
    } catch {
      // A log that has lost its name, or could not be cut back, takes nothing more.
      if !error.isUndone || segment.failure != nil { fail(error.error.qrrotError) }
      throw error.qrrotError
    }
  }

  /// Goes on in another segment.
  ///
  /// - Returns: the old one, which has to be synced before anything is written to the new one.
  func rotate(to next: LogSegment) throws(QrrotError) -> LogSegment {
    if let failure { throw Self.readOnly(failure) }
    try writeFirst()
    let byteCount = writer.segmentByteCount
    do throws(LogWriteError) {
      let old = try writer.rotate(to: next)
      older.byteCount += byteCount
      older.count += 1
      return old
    } catch {
      if !error.isUndone || segment.failure != nil { fail(error.error.qrrotError) }
      throw error.qrrotError
    }
  }

  /// Goes on with another writer, behind a snapshot that has made all older segments needless.
  func restart(with writer: consuming LogWriter) {
    self.writer = writer
    older = (0, 0)
  }

  /// Writes what waits and the closing frame; `segment.sync()` has to follow. Nothing can be written
  /// any more, even if it fails.
  ///
  /// - Throws: `unknown-outcome` if what was waiting could not be written. Without a closing frame
  ///   the log is whole all the same.
  func close() throws(QrrotError) {
    guard failure == nil else { return }
    defer { fail(QrrotError(.io, "the database has been closed")) }
    try writeRest()
    guard writer.canWrite else { return }
    do throws(LogWriteError) {
      try writer.close()
    } catch {
      // A full disk has no room for the frame: there is nothing that could be lost by that.
      if !error.isUndone { throw error.qrrotError }
    }
  }

  /// Nothing is written any more, for this reason.
  func fail(_ error: QrrotError) {
    if failure == nil { failure = error }
  }

  private static func readOnly(_ failure: QrrotError) -> QrrotError {
    QrrotError(
      .readOnly,
      "nothing can be written since an earlier failure (\(failure.message)); leave and open the database again"
    )
  }
}
