internal import QrrotCore

/// All segments of a log, read as one.
///
/// This is where it is decided what damage means:
///
/// - All segments but the newest that holds frames must be whole and closed.
/// - In the newest, the first frame that can't be read is an unfinished write if no whole frame
///   follows and nothing says that it had been synced. It is reported as a torn tail then, and
///   refused otherwise.
/// - A missing segment, a missing sequence number, a frame that does not follow the one before, and
///   anything behind a closing frame are refused.
struct LogChain {
  let folder: any DiskFolder
  /// Where to begin; `.start` unless a snapshot holds what was before.
  let start: LogPosition
  /// Something other than the log says that commits up to this one are durable: a log that ends
  /// before it is refused.
  let syncedLSN: UInt64

  init(_ folder: any DiskFolder, from start: LogPosition = .start, syncedLSN: UInt64 = 0) {
    self.folder = folder
    self.start = start
    self.syncedLSN = syncedLSN
  }

  /// Reads the log and hands each change to `apply`, in order of the commits. Nothing is written.
  ///
  /// - Parameters:
  ///   - apply: Throws to end the reading.
  ///   - progress: Called after every batch with bytes read and bytes in all. Throws to end it.
  /// - Throws: ``StorageError``. Changes may have been handed over, and are an exact prefix still.
  func replay(
    apply: (Change) throws(QrrotError) -> Void,
    progress: (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in }
  ) throws(StorageError) -> LogOutcome {
    let entries = try segments()
    let (used, unused) = split(entries)
    let total = used.reduce(0) { $0 + $1.byteCount }
    var outcome = LogOutcome(
      ending: .empty, position: start, batchCount: 0, segments: [],
      unusedSegments: unused.map(\.number))
    for entry in unused { _ = try open(entry) }
    var done: Int64 = 0
    var previousSalt: UInt32 = 0
    for (index, entry) in used.enumerated() {
      outcome.position.segment = entry.number
      outcome.segments.append(entry.number)
      var reader = try open(entry)
      // What the first one follows may be gone: a snapshot holds it.
      if index > 0 || start == .start, reader.previousSalt != previousSalt {
        throw refusal(of: entry.name, .misplaced, at: 28)
      }
      previousSalt = reader.salt
      let read = try reader.read(at: &outcome.position, apply: apply) { offset throws(QrrotError) in
        try progress(done + offset, total)
      }
      done += reader.byteCount
      outcome.batchCount += read.frameCount
      let end = LogOpenEnd(
        position: outcome.position, salt: reader.salt, byteCount: read.byteCount)
      outcome.ending = try judge(
        read.end, of: entry, at: end, batchCount: read.frameCount,
        isNewest: index == used.count - 1)
    }
    guard outcome.position.lastLSN >= syncedLSN else {
      throw refusal(
        of: StoreFileName.log(outcome.position.segment),
        .ended(lastLSN: outcome.position.lastLSN, syncedLSN: syncedLSN),
        at: used.last?.byteCount ?? 0)
    }
    return outcome
  }

  /// What the end of a segment means.
  private func judge(
    _ end: LogReader.End, of entry: Entry, at open: LogOpenEnd, batchCount: Int, isNewest: Bool
  ) throws(StorageError) -> LogOutcome.Ending {
    switch end {
    case .closed: return .closed(salt: open.salt)
    case .open:
      guard isNewest else { throw refusal(of: entry.name, .unfinished, at: open.byteCount) }
      return .open(open)
    case .damaged(let fault, var evidence):
      evidence.hasLaterSegment = !isNewest
      evidence.syncedLSN = max(evidence.syncedLSN, syncedLSN)
      guard evidence.allowsTornTail else {
        throw refusal(of: entry.name, .frame(fault, evidence), at: open.byteCount)
      }
      return .torn(
        LogTornTail(
          file: path(entry.name), keptBatchCount: batchCount,
          droppedByteCount: entry.byteCount - open.byteCount, fault: fault, end: open))
    }
  }

  /// A segment's file.
  private struct Entry {
    var number: UInt64
    var byteCount: Int64
    var name: String { StoreFileName.log(number) }
  }

  /// The segments from the start on, oldest first, none missing.
  private func segments() throws(StorageError) -> [Entry] {
    let entries = try StorageError.reading { () throws(DiskError) in
      var entries: [Entry] = []
      let numbers = try folder.names().compactMap(StoreFileName.logNumber)
      for number in numbers.sorted() where number >= start.segment {
        let status = try folder.status(of: StoreFileName.log(number))
        entries.append(Entry(number: number, byteCount: status.byteCount))
      }
      return entries
    }
    var number = start.segment
    for entry in entries {
      guard entry.number == number else {
        throw refusal(of: StoreFileName.log(number), .missing, at: 0)
      }
      number += 1
    }
    if entries.isEmpty, start != .start {
      throw refusal(of: StoreFileName.log(start.segment), .missing, at: 0)
    }
    return entries
  }

  /// The segments with frames, and newer ones without: made, and never written to.
  ///
  /// The first one behind a snapshot is used in any case. It was durable before the snapshot, and is
  /// never made anew: a crash between its removal and that would leave a snapshot without a log.
  private func split(_ entries: [Entry]) -> (used: [Entry], unused: [Entry]) {
    let isUsed = { (entry: Entry) in entry.byteCount > Int64(SegmentHeader.byteCount) }
    let leastCount = start == .start ? 0 : min(1, entries.count)
    let usedCount = max(leastCount, entries.lastIndex(where: isUsed).map { $0 + 1 } ?? 0)
    return (Array(entries[..<usedCount]), Array(entries[usedCount...]))
  }

  private func open(_ entry: Entry) throws(StorageError) -> LogReader {
    let file = try StorageError.reading { () throws(DiskError) in
      try folder.open(entry.name, .read)
    }
    return try LogReader(file, path: path(entry.name), number: entry.number)
  }

  private func path(_ name: String) -> String { folder.path.appending(name).description }

  private func refusal(
    of name: String, _ reason: FileRefusal.Reason, at offset: Int64
  ) -> StorageError {
    .refused(FileRefusal(file: path(name), offset: offset, reason: reason))
  }
}
