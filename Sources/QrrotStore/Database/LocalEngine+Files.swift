public import QrrotCore

/// `save` and `load`.
extension LocalEngine {
  /// Writes a snapshot now and drops the log before it; see ``Engine/save(in:progress:)``.
  public func save(
    in session: inout Session, progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    if session.isReadOnly || isReadOnly { throw Self.readOnlyError("save") }
    try save(progress: progress)
  }

  /// Writes a snapshot to a file; see ``Engine/save(to:replacing:progress:)``.
  public func save(
    to path: [UInt8], replacing: Bool,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Int {
    try save(to: DiskPath(path), on: POSIXDisk(), replacing: replacing, progress: progress)
  }

  /// The same on any disk.
  package func save(
    to path: DiskPath, on disk: any Disk, replacing: Bool,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> Int {
    let place = try FilePlace(path, on: disk)
    try place.refuseDatabaseFolder()
    if try place.existing() != nil, !replacing {
      throw QrrotError(.refused, "\(path) is there already", detail: .fileExists)
    }
    let view = beginView()
    defer { endView(view) }
    // A log of its own would begin behind it; nobody reads one.
    let position = LogPosition(segment: 1, nextLSN: view.version + 1, previousChecksum: 0)
    return try writeSnapshot(
      of: view, in: place.folder, as: place.name, at: position, under: Self.temporaryName(),
      progress)
  }

  /// A name that nobody has and that says what it is, if a crash leaves it behind.
  private static func temporaryName() -> String {
    ".qrrot-save-" + String(UInt64.random(in: 0 ... .max), radix: 16)
  }

  /// Replaces all data by that of a file; see ``Engine/load(from:replacing:in:progress:)``.
  public func load(
    from path: [UInt8], replacing: Bool, in session: inout Session,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Int {
    try load(
      from: DiskPath(path), on: POSIXDisk(), replacing: replacing, in: &session, progress: progress)
  }

  /// The same on any disk.
  package func load(
    from path: DiskPath, on disk: any Disk, replacing: Bool, in session: inout Session,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> Int {
    if session.isReadOnly || isReadOnly { throw Self.readOnlyError("load") }
    guard session.transaction == nil else {
      throw QrrotError(
        .refused, "load works outside a transaction; commit or rollback ends this one")
    }
    var reader = try Self.openSnapshot(path, on: disk)
    let (version, count) = reading { state in
      (state.version, state.count(at: state.clock.milliseconds()))
    }
    if count > 0, !replacing {
      let newCount = Int(clamping: reader.footer.recordCount)
      throw QrrotError(
        .refused, "load would replace \(count) keys",
        detail: .replacesData(keyCount: count, newKeyCount: newCount))
    }
    let table = LoadedTable(for: self, version: version + 1)
    try table.read(&reader, path, progress)
    let loadedCount = table.state.keyspace.count
    if let durability {
      try install(table, durability)
    } else if folder != nil {
      throw QrrotError(.readOnly, "the database can only be read; open it again to load into it")
    } else {
      try locked { state throws(QrrotError) in
        try Self.requireSame(state.version, version)
        state.replaceAll(with: table.state.keyspace)
      }
    }
    startSweepingIfNeeded()
    session.undo = UndoLog()
    session.seenLSN = version + 1
    return loadedCount
  }

  private static func openSnapshot(
    _ path: DiskPath, on disk: any Disk
  ) throws(QrrotError) -> SnapshotReader {
    let place = try FilePlace(path, on: disk)
    guard try place.existing() != nil else {
      throw QrrotError(.io, "can't open \(path): there is no such file")
    }
    do throws(StorageError) {
      let file = try StorageError.reading { () throws(DiskError) in
        try place.folder.open(place.name, .read)
      }
      return try SnapshotReader(file, path: path.description)
    } catch {
      throw loadError(error)
    }
  }

  /// Errors of a file that is no part of a database: `check` has nothing to say about it.
  fileprivate static func loadError(_ error: StorageError) -> QrrotError {
    guard case .refused(let refusal) = error else { return error.qrrotError }
    if case .newer = refusal.reason { return error.qrrotError }
    if refusal.reason == .foreign {
      return QrrotError(
        .refused, "\(refusal.file) is not a file that save has written; source runs a command file")
    }
    return QrrotError(
      .corrupt,
      "\(refusal.file), offset \(refusal.offset): \(refusal.cause); nothing was loaded, take another copy"
    )
  }

  private static func requireSame(_ version: UInt64, _ expected: UInt64) throws(QrrotError) {
    guard version == expected else {
      throw QrrotError(
        .conflict, "somebody wrote while the file was being read; nothing was loaded, repeat it")
    }
  }

  private static func readOnlyError(_ word: String) -> QrrotError {
    QrrotError(.readOnly, "\(word) writes, and this session is read-only (--read-only)")
  }
}

/// A table that is filled from a file, beside the one in use.
private final class LoadedTable {
  var state: EngineState
  let version: UInt64
  private let memory: (taken: Int, limit: Int)

  /// An empty one that can be exchanged with the engine's.
  ///
  /// Both are there at the same time, so the memory limit holds for the two together.
  init(for engine: LocalEngine, version: UInt64) {
    self.version = version
    memory = engine.reading { state in (state.keyspace.allocatedByteCount, state.memoryLimit) }
    state = EngineState(
      memoryLimit: max(0, memory.limit - memory.taken), keyspace: Keyspace(like: engine.reader),
      clock: engine.reading { state in state.clock })
  }

  func read(
    _ reader: inout SnapshotReader, _ path: DiskPath,
    _ progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    do throws(StorageError) {
      do throws(QrrotError) {
        // What the footer says is no reason yet to ask for more memory than there is.
        let count = Int(clamping: reader.footer.recordCount)
        try state.requireMemory(state.keyspace.reservedByteCount(count))
        state.keyspace.reserve(count)
      } catch {
        throw .stopped(error)
      }
      try reader.read(
        progress: { done, total throws(QrrotError) in
          try progress(Int(clamping: done), Int(clamping: total))
        },
        apply: { change throws(QrrotError) in
          var change = change
          // To this database all of it is new, whatever it was where it was saved.
          change.version = version
          try state.recover(change)
        })
      guard state.recoveredCount == reader.footer.recordCount else {
        throw .refused(
          FileRefusal(file: path.description, offset: reader.byteCount, reason: .content))
      }
    } catch {
      if case .stopped(let stop) = error, stop.code == .tooLarge { throw tooLarge(path) }
      throw LocalEngine.loadError(error)
    }
  }

  private func tooLarge(_ path: DiskPath) -> QrrotError {
    QrrotError(
      .tooLarge,
      "\(path) needs more memory than there is beside the data: \(ByteSize.text(memory.taken)) of \(ByteSize.text(memory.limit)) are taken (--max-memory); raise the limit, or load it where less is taken"
    )
  }
}

/// Loading into a database on disk.
extension LocalEngine {
  /// Makes a loaded table the database's: it becomes its snapshot, behind which a new log begins.
  ///
  /// The one step that counts is that the snapshot gets its name. Before it everything is as it was,
  /// whatever happens; after it the log before is needed no more.
  private func install(_ table: LoadedTable, _ durability: Durability) throws(QrrotError) {
    beginCompaction(durability)
    defer { endCompaction(durability) }
    let (current, failure) = locked { _ in (durability.log.segment, durability.log.failure) }
    if let failure {
      throw QrrotError(
        .readOnly, "nothing can be written since an earlier failure (\(failure.message))")
    }
    let folder = durability.folder.folder
    let next = try makeSegment(after: current, durability)
    let position = LogPosition(
      segment: next.number, nextLSN: table.version + 1, previousChecksum: 0)
    let name = StoreFileName.snapshot(next.number)
    // A name that is removed as a left-over if a crash leaves it.
    let readyName = StoreFileName.temporary(name + ".load")
    do throws(QrrotError) {
      try table.write(to: folder, as: readyName, at: position)
      try locked { state throws(QrrotError) in
        try Self.requireSame(state.version + 1, table.version)
        try Self.giveName(name, to: readyName, in: folder, durability)
        durability.log.restart(with: LogWriter(next, at: position))
        durability.progress.noteWritten(table.version)
        durability.progress.noteSynced(table.version)
        state.replaceAll(with: table.state.keyspace)
        state.place.noteSnapshot(upTo: table.version)
      }
    } catch {
      guard error.code != .unknownOutcome else { throw error }
      try? folder.remove(readyName)
      try? folder.remove(StoreFileName.log(next.number))
      throw error
    }
    durability.folder.removeLeftovers(before: position, snapshot: position.segment)
  }

  private static func giveName(
    _ name: String, to readyName: String, in folder: any DiskFolder, _ durability: Durability
  ) throws(QrrotError) {
    do throws(DiskError) { try folder.rename(readyName, to: name) } catch { throw error.qrrotError }
    do throws(DiskError) {
      try folder.sync()
    } catch {
      let failure = QrrotError(
        .unknownOutcome,
        "\(error.message); whether the file was loaded shows when the database is opened again")
      durability.log.fail(failure)
      throw failure
    }
  }
}

extension LoadedTable {
  /// Writes the table to a snapshot, whole and synced when this returns.
  fileprivate func write(
    to folder: any DiskFolder, as name: String, at position: LogPosition
  ) throws(QrrotError) {
    do throws(StorageError) {
      try state.keyspace.writeSnapshot(to: folder, as: name, at: position)
    } catch {
      throw error.qrrotError
    }
  }
}

extension Keyspace {
  /// Writes all records to a snapshot, whole and synced when this returns. Nobody else may use the
  /// table meanwhile.
  ///
  /// - Throws: ``StorageError``, `stopped` with what `progress` throws; no file is left then.
  func writeSnapshot(
    to folder: any DiskFolder, as name: String, at position: LogPosition,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(StorageError) {
    let temporaryName = StoreFileName.temporary(name)
    var writer: SnapshotWriter
    do throws(DiskError) {
      if try folder.contains(temporaryName) { try folder.remove(temporaryName) }
      writer = try SnapshotWriter.create(in: folder, temporaryName: temporaryName)
    } catch {
      throw .disk(error)
    }
    var done = 0
    try forEach { record throws(StorageError) in
      do throws(DiskError) {
        try writer.add(
          record.key, type: record.type, record.value, version: record.version,
          expiry: record.expiry)
      } catch {
        throw .disk(error)
      }
      done += 1
      if done & 0xfff == 0 {
        do throws(QrrotError) { try progress(done, count) } catch { throw .stopped(error) }
      }
    }
    _ = try writer.finish(as: name, position: position)
  }
}
