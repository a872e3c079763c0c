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
  /// The last commit written to this file.
  private let written: Atomic<UInt64>
  /// Whether the closing frame has been written.
  private let isClosed = Atomic<Bool>(false)
  /// Whether all of it is durable, for good.
  private let isSettledFlag = Atomic<Bool>(false)
  private let hasFailed = Atomic<Bool>(false)
  private let state = Mutex(State())

  private struct State {
    var failure: DiskError?
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
    written = Atomic(progress.writtenLSN)
  }

  /// Makes an empty segment, durably: file and name are synced before this returns.
  ///
  /// It takes some milliseconds and needs no lock; a `LogWriter` takes the segment over later.
  ///
  /// - Parameters:
  ///   - previous: The segment that it follows, nil for the first of all.
  ///   - salt: The seed of its checksums, not 0; another one for every file.
  ///   - replacesUnused: Whether there is one of that number that was never written to. Its header
  ///     is written over: at no time is there no file, and at any time it is an unused one.
  /// - Throws: ``DiskError``; a new file is removed again if that is possible. `EEXIST` if there is a
  ///   file of that name, `ENOENT` if it has to be there and is not.
  static func create(
    in folder: any DiskFolder, number: UInt64, previousSalt: UInt32, progress: LogProgress,
    salt: UInt32 = UInt32.random(in: 1 ... .max), replacesUnused: Bool = false
  ) throws(DiskError) -> LogSegment {
    precondition(salt != 0, "a salt of 0 means that there is no segment")
    let name = StoreFileName.log(number)
    let file = try folder.open(name, replacesUnused ? .readWrite : .create)
    do throws(DiskError) {
      var bytes = OutputBuffer(capacity: SegmentHeader.byteCount)
      let header = SegmentHeader(number: number, salt: salt, previousSalt: previousSalt)
      header.write(to: bytes.room(SegmentHeader.byteCount))
      bytes.advance(SegmentHeader.byteCount)
      try file.write(bytes.bytes, at: 0)
      try file.sync()
      try folder.sync()
      return try LogSegment(
        number: number, salt: salt, file: file, in: folder, progress: progress)
    } catch {
      // An empty segment left behind does no harm; the first error is the one to tell.
      if !replacesUnused { try? folder.remove(name) }
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
    hasFailed.load(ordering: .acquiring) ? state.withLock { $0.failure } : nil
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
  /// - Returns: The last commit that is durable now.
  /// - Throws: ``DiskError``: the outcome of all commits behind `progress.syncedLSN` is unknown.
  @discardableResult
  func sync() throws(DiskError) -> UInt64 {
    try state.withLock { state throws(DiskError) in
      if let failure = state.failure { throw failure }
      let target = written.load(ordering: .acquiring)
      let isClosed = isClosed.load(ordering: .acquiring)
      do throws(DiskError) {
        try file.sync()
      } catch {
        state.failure = error
        hasFailed.store(true, ordering: .releasing)
        throw error
      }
      progress.noteSynced(target)
      if isClosed { isSettledFlag.store(true, ordering: .releasing) }
      return target
    }
  }

  /// Notes that frames up to `lsn` are in the file.
  func noteWritten(_ lsn: UInt64, isClosed: Bool) {
    written.store(lsn, ordering: .releasing)
    progress.noteWritten(lsn)
    if isClosed { self.isClosed.store(true, ordering: .releasing) }
  }

  /// Nothing more is written to this file, and nothing synced.
  func fail(_ error: DiskError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
    hasFailed.store(true, ordering: .releasing)
  }

  /// Throws if the file's name leads elsewhere now, or nowhere: what is written then would be lost.
  func checkName() throws(DiskError) {
    let status: FileStatus
    do throws(DiskError) {
      status = try folder.status(of: name)
    } catch {
      throw DiskError(.write, path, code: error.code)
    }
    guard status.isSameFile(as: identity) else { throw .nameLost(path) }
  }
}
