internal import Synchronization

/// One file of a log while it is written: what the syncing thread and the writer share.
///
/// The writer, behind the engine's lock, writes at its end (`LogWriter`); any other thread may call
/// `sync()` meanwhile.
final class LogSegment: Sendable {
  let number: UInt64
  let salt: UInt32
  /// The path, for messages.
  let path: String
  let file: any DiskFile
  let progress: LogProgress
  private let folder: any DiskFolder
  private let name: String
  private let identity: FileStatus
  /// The last commit written to this file, 0 before the first: syncing it says nothing about those
  /// in other files.
  private let written = Atomic<UInt64>(0)
  /// Whether the closing frame has been written.
  private let isClosed = Atomic<Bool>(false)
  /// Whether all of it is durable, for good.
  private let isSettledFlag = Atomic<Bool>(false)
  private let hasFailed = Atomic<Bool>(false)
  private let syncing = Guarded(Syncing())

  private struct Syncing {
    /// Why nothing can be written or synced any more.
    var failure: DiskError?
    /// Whether a thread syncs now.
    var isRunning = false
  }

  private init(
    number: UInt64, salt: UInt32, file: any DiskFile, in folder: any DiskFolder,
    progress: LogProgress
  ) throws(DiskError) {
    self.number = number
    self.salt = salt
    self.file = file
    self.folder = folder
    self.progress = progress
    name = StoreFileName.log(number)
    path = folder.path.appending(name).description
    identity = try file.status()
  }

  /// Makes an empty segment, durably: file and name are synced before this returns.
  ///
  /// It gets its name only when its header is on the disk for good, so under that name there is never
  /// a part of one. This takes some milliseconds and needs no lock; a `LogWriter` takes the segment
  /// over later.
  ///
  /// - Parameters:
  ///   - previousSalt: That of the segment that it follows, 0 for the first of all.
  ///   - salt: The seed of its checksums, not 0; another one for every file.
  /// - Throws: ``DiskError``; a new file is removed again if that is possible. `EEXIST` if there is a
  ///   segment of that number.
  static func create(
    in folder: any DiskFolder, number: UInt64, previousSalt: UInt32, progress: LogProgress,
    salt: UInt32 = UInt32.random(in: 1 ... .max)
  ) throws(DiskError) -> LogSegment {
    precondition(salt != 0, "a salt of 0 means that there is no segment")
    let name = StoreFileName.log(number)
    if try folder.contains(name) {
      throw .nameTaken(folder.path.appending(name).description)
    }
    let temporaryName = StoreFileName.temporary(name)
    // One that a crash has left.
    if try folder.contains(temporaryName) { try folder.remove(temporaryName) }
    let file = try folder.open(temporaryName, .create)
    do throws(DiskError) {
      var bytes = OutputBuffer(capacity: SegmentHeader.byteCount)
      let header = SegmentHeader(number: number, salt: salt, previousSalt: previousSalt)
      header.write(to: bytes.room(SegmentHeader.byteCount))
      bytes.advance(SegmentHeader.byteCount)
      try file.write(bytes.bytes, at: 0)
      try file.sync()
      try folder.rename(temporaryName, to: name)
    } catch {
      // A left-over does no harm; the first error is the one to tell.
      try? folder.remove(temporaryName)
      throw error
    }
    do throws(DiskError) {
      try folder.sync()
      // Opened by its name, which is what errors call it.
      return try LogSegment(
        number: number, salt: salt, file: try folder.open(name, .readWrite), in: folder,
        progress: progress)
    } catch {
      // An empty segment left behind does no harm either.
      try? folder.remove(name)
      throw error
    }
  }

  /// Opens a segment that a recovery has found to be whole and not closed, to go on in it.
  static func reopen(
    _ end: LogOpenEnd, in folder: any DiskFolder, progress: LogProgress
  ) throws(DiskError) -> LogSegment {
    let file = try folder.open(StoreFileName.log(end.position.segment), .readWrite)
    return try LogSegment(
      number: end.position.segment, salt: end.salt, file: file, in: folder, progress: progress)
  }

  /// Why nothing can be written to this file any more, nil as long as it can.
  var failure: DiskError? {
    hasFailed.load(ordering: .acquiring) ? syncing.value.failure : nil
  }

  /// Whether the closing frame and all before it are durable: only then may the next segment be
  /// written to, or a power failure could keep the newer commits and lose older ones.
  var isSettled: Bool { isSettledFlag.load(ordering: .acquiring) }

  /// Makes all that has been written to this file durable.
  ///
  /// What was written while this ran may be or may not be; `progress.syncedLSN` counts what was
  /// written before. Calls wait for one another. A failure is final: later calls throw the same
  /// error without trying again, because the system may answer a second try with success although
  /// the data is lost.
  ///
  /// - Parameter lsn: The commit that it is about. If another thread has made that one durable while
  ///   this one waited there is nothing to do: so many threads share one sync.
  /// - Returns: The last commit that is durable now.
  /// - Throws: ``DiskError``: the outcome of all commits behind `progress.syncedLSN` is unknown.
  @discardableResult
  func sync(upTo lsn: UInt64 = .max) throws(DiskError) -> UInt64 {
    guard try beginSync(upTo: lsn) else { return progress.syncedLSN }
    defer { syncing.change { $0.isRunning = false } }
    let target = written.load(ordering: .acquiring)
    let isClosed = isClosed.load(ordering: .acquiring)
    do throws(DiskError) {
      try file.sync()
    } catch {
      progress.noteSync(hasFailed: true)
      fail(error)
      throw failure ?? error
    }
    progress.noteSync(hasFailed: false)
    progress.noteFound(target)
    progress.noteSynced(target)
    if isClosed { isSettledFlag.store(true, ordering: .releasing) }
    return progress.syncedLSN
  }

  /// Waits until no other thread syncs; all that wait go on at once when it is done.
  ///
  /// - Returns: whether there is anything left to sync.
  private func beginSync(upTo lsn: UInt64) throws(DiskError) -> Bool {
    let isNeeded = try syncing.wait { syncing throws(DiskError) -> Bool? in
      if progress.syncedLSN >= lsn { return false }
      if let failure = syncing.failure { throw failure }
      if syncing.isRunning { return nil }
      syncing.isRunning = true
      return true
    }
    return isNeeded ?? false
  }

  /// Notes that frames up to `lsn` are in the file.
  func noteWritten(_ lsn: UInt64, isClosed: Bool) {
    written.store(lsn, ordering: .releasing)
    progress.noteWritten(lsn)
    if isClosed { self.isClosed.store(true, ordering: .releasing) }
  }

  /// Nothing more is written to this file, and nothing synced.
  func fail(_ error: DiskError) {
    syncing.withLock { syncing in
      // The first failure is the one to tell, by the file's present name.
      if syncing.failure == nil {
        syncing.failure = DiskError(error.operation, path, code: error.code)
      }
    }
    hasFailed.store(true, ordering: .releasing)
  }

  /// Throws if the file's path leads elsewhere now, or nowhere, or if the file is not as long as it was
  /// left: what is written then would be lost, or has been written over what another process wrote,
  /// which can only be if somebody has taken the lock file away.
  func checkPlace(byteCount: Int64) throws(DiskError) {
    let status: FileStatus
    do throws(DiskError) {
      status = try folder.statusByPath(of: name)
    } catch {
      throw DiskError(.write, path, code: error.code)
    }
    guard status.isSameFile(as: identity) else { throw .nameLost(path) }
    guard status.byteCount == byteCount else { throw .writtenByOthers(path) }
  }
}
