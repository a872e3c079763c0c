internal import Synchronization

/// How far a log has been written and synced. Any thread may ask; both numbers only grow.
final class LogProgress: Sendable {
  private let written: Atomic<UInt64>
  private let synced: Atomic<UInt64>
  private let syncs = Atomic<Int>(0)
  private let failedSyncs = Atomic<Int>(0)

  /// Begins behind a commit that is on the disk already.
  init(lastLSN: UInt64) {
    written = Atomic(lastLSN)
    synced = Atomic(lastLSN)
  }

  /// The last commit that the operating system has: it survives a crash of this process.
  var writtenLSN: UInt64 { written.load(ordering: .acquiring) }

  /// The last commit that is known to survive a power failure.
  var syncedLSN: UInt64 { synced.load(ordering: .acquiring) }

  /// The same for one that is only noted down: it may be a little older.
  @inline(__always)
  var recentSyncedLSN: UInt64 { synced.load(ordering: .relaxed) }

  /// How often the disk was asked to make the log durable, and how often it could not.
  var syncCounts: (all: Int, failed: Int) {
    (syncs.load(ordering: .relaxed), failedSyncs.load(ordering: .relaxed))
  }

  func noteSync(hasFailed: Bool) {
    syncs.add(1, ordering: .relaxed)
    if hasFailed { failedSyncs.add(1, ordering: .relaxed) }
  }

  func noteWritten(_ lsn: UInt64) { written.store(lsn, ordering: .releasing) }

  /// The same by a thread that syncs what it has found in the file, while the writer may not have come to
  /// say so yet: whoever compares both numbers must not find more synced than written.
  func noteFound(_ lsn: UInt64) {
    _ = written.max(lsn, ordering: .acquiringAndReleasing)
  }

  func noteSynced(_ lsn: UInt64) {
    _ = synced.max(lsn, ordering: .acquiringAndReleasing)
  }
}
