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
      && (byteCount > max(Self.compactionByteCount, Int64(dataByteCount))
        || older.count > Self.olderCountLimit)
  }

  /// From how many bytes on a log is worth a snapshot, however little data there is.
  private static let compactionByteCount: Int64 = 16 << 20
  private static let olderCountLimit = 64

  /// The commit that comes next.
  var nextLSN: UInt64 { writer.lastLSN &+ 1 }
  var segment: LogSegment { writer.segment }
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
    writer.beginBatch()
    body(&writer)
    writer.endBatch()
    if writer.canWrite { try write() }
  }

  /// Writes what waits in the buffer, if it may be written now.
  ///
  /// - Throws: `unknown-outcome`: what was in the buffer has been applied and is lost.
  func writeRest() throws(QrrotError) {
    if let failure { throw Self.readOnly(failure) }
    guard hasUnwritten, writer.canWrite else { return }
    do throws(LogWriteError) {
      try writer.write()
    } catch {
      let lost = QrrotError(
        .unknownOutcome,
        "\(error.error.message); the last commands are in memory and not in the log, and will be gone when the database is opened again"
      )
      fail(lost)
      throw lost
    }
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

  /// Writes the closing frame; `segment.sync()` has to follow.
  func close() throws(QrrotError) {
    guard failure == nil else { return }
    do throws(LogWriteError) { try writer.close() } catch { throw error.qrrotError }
    failure = QrrotError(.io, "the database has been closed")
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
