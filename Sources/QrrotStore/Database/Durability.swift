public import QrrotCore
internal import Synchronization

/// What makes an engine's commits durable: its folder, its log, when that is synced, and the threads
/// that do it in the background.
final class Durability: Sendable {
  let folder: DatabaseFolder
  let policy: SyncPolicy
  /// Whether threads sync and compact when it is time.
  let worksInBackground: Bool
  let progress: LogProgress
  /// The log that `EngineState` has too, for code that needs no more of the state.
  // Only code that holds the engine's lock touches what is in it, so it may be shared.
  nonisolated(unsafe) let log: CommitLog
  /// What the threads in the background and those that wait for them share.
  let background = Guarded(Background())
  /// When the sync that is running began, in milliseconds of a monotonic clock; 0 for none.
  let syncStart = Atomic<Int>(0)

  struct Background {
    /// Whether the database is being closed.
    var isEnding = false
    /// Whether somebody compacts now.
    var isCompacting = false
    /// The threads that work for it.
    var threads: [BackgroundThread] = []
  }

  init(folder: DatabaseFolder, _ options: LocalEngine.OpenOptions, log: CommitLog) {
    self.folder = folder
    policy = options.policy
    worksInBackground = options.worksInBackground
    self.log = log
    progress = log.segment.progress
  }
}

extension LocalEngine {
  /// Waits until everything that the session's replies so far speak of is as durable as the sync
  /// policy wants: no reply may be shown before.
  ///
  /// Under `always` that is a sync of the log, shared by all commands since the last one and by all
  /// threads that wait; else nothing but, rarely, the end of a compaction's first step.
  ///
  /// - Throws: `unknown-outcome` if the log could not be synced: what was not durable yet may or may
  ///   not be there when the database is opened again, and writes are `read-only` from now on. Each
  ///   session is told so once; what it reads later is what is in memory.
  public func settle(_ session: inout Session) throws(QrrotError) {
    guard let durability, session.seenLSN > session.settledLSN else { return }
    let lsn = session.seenLSN
    // Also after a failure: it is told once, and reads of what is in memory go on.
    defer { session.settledLSN = lsn }
    while durability.progress.writtenLSN < lsn { try writeRest(durability) }
    switch durability.policy {
    case .always:
      while durability.progress.syncedLSN < lsn { try sync(durability, upTo: lsn) }
    case .second:
      waitForSlowSync(durability)
    case .never: break
    }
  }

  /// Syncs what has been written, at least up to this commit.
  func sync(_ durability: Durability, upTo lsn: UInt64 = .max) throws(QrrotError) {
    let segment = locked { _ in durability.log.segmentToSync }
    try sync(segment, durability, upTo: lsn)
  }

  func sync(
    _ segment: LogSegment, _ durability: Durability, upTo lsn: UInt64 = .max
  ) throws(QrrotError) {
    durability.syncStart.store(Self.milliseconds, ordering: .relaxed)
    defer { durability.syncStart.store(0, ordering: .relaxed) }
    do throws(DiskError) {
      try segment.sync(upTo: lsn)
    } catch {
      let failure = QrrotError(
        .unknownOutcome,
        "\(error.message); what was written since the last sync may be lost, open the database again to see"
      )
      locked { _ in durability.log.fail(failure) }
      throw failure
    }
  }

  /// Writes what waited for the segment before to be synced.
  private func writeRest(_ durability: Durability) throws(QrrotError) {
    // Whoever rotates the log syncs the old segment too: who comes second waits for the first.
    let old = locked { _ in durability.log.unsettledSegment }
    if let old { try sync(old, durability) }
    try locked { _ throws(QrrotError) in try durability.log.writeRest() }
  }

  /// Under `second`: writers must not run ahead of a disk that takes seconds for a sync.
  private func waitForSlowSync(_ durability: Durability) {
    while durability.isSlow {
      durability.background.wait(milliseconds: 10) { _ in durability.isSlow ? nil : () }
    }
  }

  fileprivate static var milliseconds: Int {
    let time = ContinuousClock.now - clockStart
    return Int(time / .milliseconds(1)) + 1
  }

  private static let clockStart = ContinuousClock.now
}

extension Durability {
  /// Whether a sync in the background takes so long that writers have to wait for it.
  var isSlow: Bool {
    let start = syncStart.load(ordering: .relaxed)
    return policy == .second && start != 0 && LocalEngine.milliseconds - start > 2_000
  }
}
