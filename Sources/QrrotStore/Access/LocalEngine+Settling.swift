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
