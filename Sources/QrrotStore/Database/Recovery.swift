internal import QrrotCore

/// What opening a database found, for the person who opened it.
public struct RecoveryReport: Equatable, Sendable {
  /// Whether the database was made just now.
  public var isNew = false
  /// How many keys there are.
  public var keyCount = 0
  /// How many commits were read from the log behind the last snapshot.
  public var commitCount = 0
  /// What a person should know: a tail that was cut off, a folder that others can read.
  public var notes: [String] = []
}

/// Reads a database's files into an empty table.
struct Recovery {
  let folder: any DiskFolder
  /// Called from time to time with bytes read and bytes in all; throws to end it.
  let progress: (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void

  /// What was found, and where writing goes on.
  struct Finding {
    var outcome: LogOutcome
    /// The number of the snapshot that was read; nil if there is none.
    var snapshot: UInt64?
    /// Where the log behind that snapshot begins.
    var start: LogPosition
    /// Whether there is neither a snapshot nor a part of a log.
    var hasNothing: Bool {
      snapshot == nil && outcome.segments.isEmpty && outcome.unusedSegments.isEmpty
    }
  }

  /// Reads the newest snapshot and the log behind it. Nothing is written.
  ///
  /// - Throws: `corrupt` and `refused`, naming file and offset; `too-large` if the data is more than
  ///   the memory limit; `interrupted`; `io`.
  func load(into state: inout EngineState) throws(QrrotError) -> Finding {
    do throws(StorageError) {
      return try loadFiles(into: &state)
    } catch {
      if case .stopped(let stop) = error, stop.code == .tooLarge {
        throw QrrotError(
          .tooLarge,
          "\(folder.path) holds more data than \(ByteSize.text(state.memoryLimit)), which is what may be taken of the memory; raise --max-memory"
        )
      }
      throw error.qrrotError
    }
  }

  private func loadFiles(into state: inout EngineState) throws(StorageError) -> Finding {
    var position = LogPosition.start
    let names = try StorageError.reading { () throws(DiskError) in try folder.names() }
    let number = names.compactMap(StoreFileName.snapshotNumber).max()
    if let number {
      position = try loadSnapshot(number, into: &state)
    } else if let first = names.compactMap(StoreFileName.logNumber).min(), first > 1 {
      // The logs before it were dropped when a snapshot had taken their place.
      let path = folder.path.appending(StoreFileName.snapshot(first)).description
      throw .refused(FileRefusal(file: path, offset: 0, reason: .missing))
    }
    let chain = LogChain(folder, from: position)
    // A closure can't change an inout parameter of what is not copied; a pointer can.
    let outcome = try withUnsafeMutablePointer(to: &state) { state throws(StorageError) in
      try chain.replay(
        apply: { change throws(QrrotError) in try state.pointee.recover(change) },
        progress: progress)
    }
    state.setVersion(outcome.position.lastLSN)
    return Finding(outcome: outcome, snapshot: number, start: position)
  }

  private func loadSnapshot(
    _ number: UInt64, into state: inout EngineState
  ) throws(StorageError) -> LogPosition {
    let name = StoreFileName.snapshot(number)
    let path = folder.path.appending(name).description
    let file = try StorageError.reading { () throws(DiskError) in try folder.open(name, .read) }
    var reader = try SnapshotReader(file, path: path)
    guard reader.footer.position.segment == number else {
      throw .refused(FileRefusal(file: path, offset: reader.byteCount, reason: .misplaced))
    }
    try withUnsafeMutablePointer(to: &state) { state throws(StorageError) in
      try reader.read(
        progress: progress,
        apply: { change throws(QrrotError) in try state.pointee.recover(change) })
    }
    // A key that stands in it twice has been merged into one.
    guard state.recoveredCount == reader.footer.recordCount else {
      throw .refused(FileRefusal(file: path, offset: reader.byteCount, reason: .content))
    }
    return reader.footer.position
  }
}

extension EngineState {
  /// How many keys were in the file: those in the table, and those whose time was up.
  var recoveredCount: UInt64 { UInt64(keyspace.count) &+ droppedCount }

  /// Applies what a file says to the table; nobody can undo it and no log is told.
  ///
  /// What is due at the moment at which the reading began is left out, so it takes no memory.
  mutating func recover(_ change: Change) throws(QrrotError) {
    let hash = keyspace.hash(change.key)
    switch change.kind {
    case .put where isDueInFile(change.expiry):
      droppedCount &+= 1
      if let record = keyspace.find(change.key, hash: hash) { keyspace.remove(record, hash: hash) }
    case .put:
      let record = keyspace.find(change.key, hash: hash)
      try requireMemory(
        forKey: change.key.count, value: change.value.count, expiry: change.expiry, over: record)
      if let record {
        keyspace.update(
          record, hash: hash, type: change.type, value: change.value, version: change.version,
          expiry: change.expiry)
      } else {
        keyspace.insert(
          change.key, hash: hash, type: change.type, value: change.value, version: change.version,
          expiry: change.expiry)
      }
    case .remove:
      if let record = keyspace.find(change.key, hash: hash) { keyspace.remove(record, hash: hash) }
    case .clear: keyspace.removeAll()
    }
  }
  private mutating func isDueInFile(_ expiry: Int64) -> Bool {
    guard expiry != 0 else { return false }
    let moment = recoveryMoment ?? clock.milliseconds()
    recoveryMoment = moment
    return expiry <= moment
  }
}
