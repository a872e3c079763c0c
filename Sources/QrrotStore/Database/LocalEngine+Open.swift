public import QrrotCore

extension LocalEngine {
  /// How a database is opened.
  public struct OpenOptions: Sendable {
    /// When what was written is made durable.
    public var policy = SyncPolicy.always
    /// Whether nothing is written, not even to the lock file.
    public var isReadOnly = false
    /// The bytes that the data may take in memory.
    public var memoryLimit = Int.max
    /// The time that decides what has expired.
    package var clock = WallClock.system
    /// Whether a thread takes out what has expired.
    package var sweeps = true
    /// Whether threads sync and compact when it is time; without them that is done by hand.
    package var worksInBackground = true

    /// The defaults.
    public init() {}
  }

  /// Opens the database in a folder, making both if they are absent, and reads all of it.
  ///
  /// The folder is held until ``close()``, which every opened engine needs.
  ///
  /// - Parameters:
  ///   - path: the folder's path, in bytes as the operating system takes it.
  ///   - progress: called from time to time with bytes read and bytes in all; throws to end it.
  /// - Throws: `busy`, `corrupt`, `refused`, `io`, `too-large`, and what `progress` throws; the files
  ///   are as they were.
  /// - Complexity: O(bytes of the last snapshot and of the log behind it).
  public static func open(
    _ path: [UInt8], _ options: OpenOptions = OpenOptions(),
    progress: (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> (engine: LocalEngine, report: RecoveryReport) {
    try open(DiskPath(path), on: POSIXDisk(), options, progress: progress)
  }

  /// The same on any disk.
  package static func open(
    _ path: DiskPath, on disk: any Disk, _ options: OpenOptions = OpenOptions(),
    progress: (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> (engine: LocalEngine, report: RecoveryReport) {
    let folder = try DatabaseFolder.open(path, on: disk, isReadOnly: options.isReadOnly)
    var report = RecoveryReport()
    report.isNew = folder.isNew
    if let warning = folder.warning { report.notes.append(warning) }
    var state = EngineState(
      memoryLimit: options.memoryLimit, keyspace: Keyspace(), clock: options.clock,
      sweeps: options.sweeps)
    let finding = try withoutActuallyEscaping(progress) { progress throws(QrrotError) in
      try Recovery(folder: folder.folder, progress: progress).load(into: &state)
    }
    report.keyCount = state.keyspace.count
    report.commitCount = finding.outcome.batchCount
    if !folder.isNew, finding.hasNothing {
      report.notes.append(
        "\(path) holds no log and no snapshot: it was never written to, or they have been taken away; it is opened as an empty database"
      )
    }
    if case .torn(let tail) = finding.outcome.ending {
      report.notes.append(Self.text(of: tail, isReadOnly: options.isReadOnly))
    }
    let durability =
      options.isReadOnly
      ? nil : try makeDurability(folder, finding, options, notes: &report.notes)
    state.log = durability?.log
    if options.isReadOnly {
      state.refusal = QrrotError(.readOnly, "the database is open to read only")
    }
    var postponement: Postponement?
    if !options.isReadOnly, durability == nil {
      state.refusal = QrrotError(.io, Self.fullText)
      report.notes.append(Self.fullText)
      postponement = Postponement(folder: folder, finding: finding, options: options)
    }
    state.place = DataPlace(
      folder: path.description, policy: options.isReadOnly ? "none" : options.policy.rawValue)
    if finding.snapshot != nil { state.place.noteSnapshot(upTo: finding.start.lastLSN) }
    let engine = LocalEngine(
      state: state, durability: durability, folder: folder, isReadOnly: options.isReadOnly,
      postponement: postponement)
    engine.startBackgroundThreads()
    engine.startSweepingIfNeeded()
    return (engine, report)
  }

  private static let fullText =
    "the disk is too full to write to the database, so it can be read only; writing goes on when there is room"

  /// Puts the log in order and begins to write.
  ///
  /// - Returns: nil if the disk is too full for it: then nothing has been changed that matters.
  static func makeDurability(
    _ folder: DatabaseFolder, _ finding: Recovery.Finding, _ options: OpenOptions,
    notes: inout [String]
  ) throws(QrrotError) -> Durability? {
    do {
      let start = LogChain(folder.folder, from: finding.start)
      let (outcome, tailName) = try start.settle(finding.outcome)
      if let tailName {
        notes.append("what was cut off is kept in \(folder.folder.path.appending(tailName))")
      }
      folder.removeLeftovers(before: finding.start, snapshot: finding.snapshot)
      let writer = try LogWriter.resume(outcome, in: folder.folder)
      let older = outcome.segments.filter { $0 != writer.segment.number }
      var olderByteCount: Int64 = 0
      for number in older {
        olderByteCount += try folder.folder.status(of: StoreFileName.log(number)).byteCount
      }
      let log = CommitLog(writer, older: (olderByteCount, older.count))
      return Durability(folder: folder, options, log: log)
    } catch StorageError.disk(let error) where error.isFull {
      return nil
    } catch let error as DiskError where error.isFull {
      return nil
    } catch let error as StorageError {
      throw error.qrrotError
    } catch let error as DiskError {
      throw error.qrrotError
    } catch {
      throw QrrotError(.io, "can't open \(folder.folder.path): \(error)")
    }
  }

  private static func text(of tail: LogTornTail, isReadOnly: Bool) -> String {
    let action =
      tail.droppedByteCount == 1
      ? isReadOnly ? "is passed over" : "was cut off"
      : isReadOnly ? "are passed over" : "were cut off"
    return
      "\(tail.file) ends in a write that was never finished: \(tail.droppedByteCount) byte\(tail.droppedByteCount == 1 ? "" : "s") from offset \(tail.offset) on \(action). That is what a process leaves that was ended while it wrote, and then nothing acknowledged is missing"
  }

  /// Makes everything durable, closes the log and gives the folder free.
  ///
  /// Commands after this find no log: writes are `read-only`. Closing twice does nothing.
  ///
  /// - Throws: `io`, `unknown-outcome`; the folder is given free all the same.
  public func close() throws(QrrotError) {
    guard let durability else {
      folder?.release()
      return
    }
    guard stopBackgroundThreads(durability) else { return }
    // Whoever compacts now finishes first.
    beginCompaction(durability)
    defer {
      endCompaction(durability)
      durability.folder.release()
    }
    let (isSound, isInManyPieces) = locked { _ in
      (durability.log.failure == nil, durability.log.isInManyPieces)
    }
    // A log that could not be synced once must not be synced again: that may falsely succeed.
    guard isSound else { return }
    // If it fails, all of the log is still there.
    if isInManyPieces { try? compactAlone(durability) }
    try closeLog(durability)
  }

  private func closeLog(_ durability: Durability) throws(QrrotError) {
    var failure: QrrotError?
    let (segment, isUntouched) = locked { _ in
      let isUntouched = durability.log.isUntouched
      do throws(QrrotError) { try durability.log.close() } catch { failure = error }
      return (durability.log.segment, isUntouched)
    }
    // Also without a closing frame: what has been written is to last.
    try sync(segment, durability)
    if let failure { throw failure }
    if isUntouched { removeUntouched(segment, durability) }
  }

  /// Opening and closing without a write should not leave a file each time. The segment before is
  /// closed, so this one is needed for nothing; if it stays, that does no harm.
  private func removeUntouched(_ segment: LogSegment, _ durability: Durability) {
    // Behind a snapshot the one segment has to be there: it says that none is missing.
    guard locked({ _ in durability.log.older.count }) > 0 else { return }
    try? durability.folder.folder.remove(StoreFileName.log(segment.number))
    try? durability.folder.folder.sync()
  }

  /// Writes a snapshot now and drops the log before it; what `save` does.
  ///
  /// - Throws: `refused` in memory; see `compact`.
  public func save(
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) {
    if let postponement {
      beginWriting(postponement)
      if durability == nil { throw QrrotError(.io, Self.fullText) }
    }
    guard let durability else {
      throw QrrotError(
        .refused,
        folder != nil
          ? "the database is open to read only"
          : "the data is in memory only; save FILE writes it to a file")
    }
    try compact(durability, progress: progress)
  }
}

/// The threads in the background: one that syncs under the policy `second`, one that compacts when it
/// is due. Two, so that no sync has to wait for a snapshot.
extension LocalEngine {
  func startBackgroundThreads() {
    guard let durability, durability.worksInBackground else { return }
    // They keep the engine alive until close().
    var threads = [BackgroundThread { self.compactWhenDue(durability) }]
    if durability.policy == .second {
      threads.append(BackgroundThread { self.syncAlways(durability) })
    }
    durability.background.withLock { $0.threads = threads.compactMap(\.self) }
  }

  /// - Returns: whether this is the first call.
  private func stopBackgroundThreads(_ durability: Durability) -> Bool {
    let threads: [BackgroundThread]? = durability.background.change { background in
      if background.isEnding { return nil }
      background.isEnding = true
      return background.threads
    }
    for thread in threads ?? [] { thread.join() }
    return threads != nil
  }

  private func syncAlways(_ durability: Durability) {
    // With the time that a sync takes, this keeps what is not synced yet below a second old.
    while wait(milliseconds: 500, durability) {
      guard durability.progress.syncedLSN < durability.progress.writtenLSN else { continue }
      // A failure is noted as the log's, and the next command tells it.
      try? sync(durability)
    }
  }

  private func compactWhenDue(_ durability: Durability) {
    var nextTry = ContinuousClock.now
    while wait(milliseconds: 1_000, durability) {
      let isDue = reading { state in state.isCompactionDue }
      guard isDue, ContinuousClock.now >= nextTry else { continue }
      do throws(QrrotError) {
        try compact(durability) { _, _ throws(QrrotError) in
          guard !durability.background.value.isEnding else {
            throw QrrotError(.interrupted, "the database is being closed")
          }
        }
      } catch {
        // All of the log is still there. A full disk is not asked again at once.
        nextTry = ContinuousClock.now + .seconds(60)
      }
    }
  }

  /// - Returns: false once the database is being closed.
  private func wait(milliseconds: Int, _ durability: Durability) -> Bool {
    durability.background.wait(milliseconds: milliseconds) { $0.isEnding ? () : nil } == nil
  }
}
