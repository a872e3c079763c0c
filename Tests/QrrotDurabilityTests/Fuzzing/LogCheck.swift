import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// Reads a log and compares what came out with the bytes, without regard to how they came about.
///
/// - Reading twice gives the same.
/// - A log that is not read is refused: memory does not end and no other error comes.
/// - The changes are those of frames that stand one behind the other from the start on, each with
///   the next sequence number, and that are written just so when they are written again.
/// - A torn tail reaches to the end of the file, and no whole frame that comes after the torn one is in it.
/// - Settled, the log is written to and read again: the same changes, and the new ones.
struct LogCheck {
  private let disk: TestDisk
  private let start: LogPosition
  private let syncedLSN: UInt64

  /// What reading came to.
  struct Found {
    var outcome: LogFuzzing.Outcome
    var result: Result<Recovered, StorageError>
  }

  init(_ disk: TestDisk, from start: LogPosition = .start, syncedLSN: UInt64 = 0) {
    self.disk = disk
    self.start = start
    self.syncedLSN = syncedLSN
  }

  func run() throws -> Found {
    let (changes, result) = read()
    let (changesAgain, resultAgain) = read()
    try FuzzFailure.unless(changes == changesAgain, "the second reading gave other changes")
    switch (result, resultAgain) {
    case (.success(let outcome), .success(let again)):
      try FuzzFailure.unless(outcome == again, "the second reading ended otherwise")
      try checkFrames(outcome, changes)
      try checkEnding(outcome)
      try goOn(outcome, changes)
      return Found(
        outcome: kind(outcome.ending),
        result: .success(Recovered(changes: changes, outcome: outcome)))
    case (.failure(let error), .failure(let again)):
      try FuzzFailure.unless(error == again, "the second reading ended otherwise")
      try checkRefusal(error, changes)
      return Found(outcome: .refused, result: .failure(error))
    default: throw FuzzFailure("read in one of two readings")
    }
  }

  /// Reads the log; the changes are there although an error came.
  private func read() -> (changes: [StoredChange], Result<LogOutcome, StorageError>) {
    var changes: [StoredChange] = []
    do throws(StorageError) {
      let folder = try StorageError.reading { () throws(DiskError) in try disk.folder }
      let outcome = try LogChain(folder, from: start, syncedLSN: syncedLSN).replay { change in
        changes.append(StoredChange(change))
      }
      return (changes, .success(outcome))
    } catch {
      return (changes, .failure(error))
    }
  }

  private func kind(_ ending: LogOutcome.Ending) -> LogFuzzing.Outcome {
    switch ending {
    case .empty: .empty
    case .closed: .closed
    case .open: .open
    case .torn: .torn
    }
  }

  private func bytes(_ segment: UInt64) -> [UInt8] {
    disk.bytes(StoreFileName.log(segment), in: testFolder) ?? []
  }

  // MARK: - What was handed over

  private func checkFrames(_ outcome: LogOutcome, _ changes: [StoredChange]) throws {
    var walk = FrameWalk(start)
    for segment in outcome.segments { try walk.take(bytes(segment)) }
    try FuzzFailure.unless(
      walk.changes == changes, "\(changes.count) changes of \(walk.changes.count)")
    try FuzzFailure.unless(walk.batchCount == outcome.batchCount, "batches were miscounted")
    try FuzzFailure.unless(
      walk.nextLSN == outcome.position.nextLSN
        && walk.previousChecksum == outcome.position.previousChecksum,
      "the log ends at \(outcome.position) and not at \(walk.nextLSN)")
    try FuzzFailure.unless(
      outcome.position.lastLSN >= syncedLSN, "commits that were synced are missing")
  }

  private func checkRefusal(_ error: StorageError, _ changes: [StoredChange]) throws {
    guard case .refused(let refusal) = error else { throw FuzzFailure("\(error)") }
    let name = DiskPath(refusal.file).name
    let size = Int64(disk.bytes(name, in: testFolder)?.count ?? 0)
    try FuzzFailure.unless(
      StoreFileName.logNumber(name) != nil && (0...size).contains(refusal.offset),
      "refused at \(refusal.offset) of \(refusal.file), which has \(size) bytes")
    try FuzzFailure.unless(!refusal.message.isEmpty, "no message")
    var walk = FrameWalk(start)
    var segment = start.segment
    while walk.isWhole, !bytes(segment).isEmpty {
      try walk.take(bytes(segment))
      segment += 1
    }
    try FuzzFailure.unless(
      walk.changes.starts(with: changes), "the changes in front of the error are no prefix")
  }

  private func checkEnding(_ outcome: LogOutcome) throws {
    let bytes = bytes(outcome.position.segment)
    switch outcome.ending {
    case .empty:
      try FuzzFailure.unless(outcome.batchCount == 0 && outcome.segments.isEmpty, "not empty")
    case .closed: break
    case .open(let end):
      try FuzzFailure.unless(
        end.byteCount == Int64(bytes.count) && end.position == outcome.position,
        "an open end at \(end) of \(bytes.count) bytes")
    case .torn(let tail):
      try FuzzFailure.unless(
        tail.droppedByteCount > 0 && tail.offset + tail.droppedByteCount == Int64(bytes.count)
          && tail.end.position == outcome.position,
        "a torn tail \(tail) of \(bytes.count) bytes")
      try FuzzFailure.unless(
        !FrameWalk.hasWholeFrame(
          in: bytes, behind: Int(tail.offset), above: outcome.position.nextLSN, salt: tail.end.salt
        ), "a whole frame stands in a torn tail")
    }
  }

  // MARK: - What can be done with it

  private func goOn(_ outcome: LogOutcome, _ changes: [StoredChange]) throws {
    let tail = bytes(outcome.position.segment)
    let folder = try disk.folder
    let (settled, tailName) = try LogChain(folder, from: start, syncedLSN: syncedLSN)
      .settle(outcome)
    if case .torn(let torn) = outcome.ending {
      let kept = tailName.flatMap { disk.bytes($0, in: testFolder) }
      try FuzzFailure.unless(
        kept == Array(tail[Int(torn.offset)...]), "what was cut off is not what was kept")
    }
    let (changesNow, resultNow) = read()
    try FuzzFailure.unless(
      changesNow == changes && isSame(resultNow, settled),
      "settled, it is \(resultNow) and not \(settled)")
    let commit = [StoredChange(put: "new", [1, 2, 3]), StoredChange(remove: "key1")]
    var writer = try LogWriter.resume(settled, in: folder)
    let lsn = writer.append(commit)
    try writer.close()
    try writer.segment.sync()
    let (changesThen, resultThen) = read()
    guard case .success(let then) = resultThen, case .closed = then.ending else {
      throw FuzzFailure("written to, it is \(resultThen)")
    }
    try FuzzFailure.unless(
      lsn == outcome.position.nextLSN && changesThen == changes + [commit].read(from: lsn),
      "what was written after a recovery is not read")
  }

  /// Whether a log is as it was said to be when it was settled. A segment that was cut back to its
  /// header is an open end there and an unused segment when it is read.
  private func isSame(_ found: Result<LogOutcome, StorageError>, _ settled: LogOutcome) -> Bool {
    guard case .success(let found) = found else { return false }
    if found == settled { return true }
    guard case .open(let end) = settled.ending else { return false }
    return end.byteCount == Int64(SegmentHeader.byteCount)
      && found.unusedSegments == [end.position.segment] && found.batchCount == settled.batchCount
      && found.position.nextLSN == settled.position.nextLSN
      && found.position.previousChecksum == settled.position.previousChecksum
  }
}
