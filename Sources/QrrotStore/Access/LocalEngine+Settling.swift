public import QrrotCore

/// Durability for those who may not wait: a server's event loop sends a reply once it is settled, and
/// leaves the waiting to another thread.
extension LocalEngine {
  /// The number of the last commit: what a reply of this moment can speak of at most.
  public var lastCommit: UInt64 { reading { state in state.version } }

  /// The bytes that the data takes in memory.
  public var allocatedByteCount: Int { reading { state in state.keyspace.allocatedByteCount } }

  /// Whether replies may be shown that speak of commits up to this one. It does not wait.
  public func isSettled(_ commit: UInt64) -> Bool {
    guard let durability else { return true }
    switch durability.policy {
    case .always: return durability.progress.syncedLSN >= commit
    case .second, .never:
      return durability.progress.writtenLSN >= commit && !durability.isSlow
    }
  }

  /// From now on commits wait in memory for ``writeWaiting()`` or ``settle(_:)``, so that one call of the
  /// system writes many of them. Nothing may be acknowledged before; ``isSettled(_:)`` says so.
  ///
  /// It has an effect where the disk promises room beforehand: a full disk is refused as it is without this.
  public func gatherCommits() {
    guard let durability else { return }
    locked { _ in durability.log.gathers = true }
  }

  /// Whether the system has commits up to this one, so that they survive the end of this process.
  public func isWritten(_ commit: UInt64) -> Bool {
    durability.map { $0.progress.writtenLSN >= commit } ?? true
  }

  /// Writes the commits that wait. It does not wait for the disk.
  ///
  /// - Throws: `unknown-outcome`: what waited is in memory and may not be in the log.
  public func writeWaiting() throws(QrrotError) {
    guard let durability else { return }
    try locked { _ throws(QrrotError) in try durability.log.writeRest() }
  }

  /// Whether an acknowledgement waits for a sync.
  public var syncsBeforeReplies: Bool { durability?.policy == .always }

  /// Waits until ``isSettled(_:)``, syncing what has to be synced.
  ///
  /// - Throws: `unknown-outcome` as ``settle(_:)``.
  public func settle(_ commit: UInt64) throws(QrrotError) {
    var session = Session()
    session.seenLSN = commit
    try settle(&session)
  }

  /// Whether there is anything to settle: with a database on disk that is written to.
  public var needsSettling: Bool { durability != nil || postponement != nil }
}
