internal import QrrotCore

/// Applying what a transaction has staged.
extension RedisEngine {
  /// Applies the session's transaction, all or nothing; either way it is over.
  ///
  /// Every key that it has read or written is read again and compared with what it was. Those in the slot of what
  /// is written are watched meanwhile, so that the comparison and the writing are one; a cluster can't watch keys
  /// of other slots together with them, so those are compared just before.
  ///
  /// - Throws: `conflict` if something that it relies on has changed; `refused` with detail `exceedsUndo` if the
  ///   session wants to know that beforehand: then the transaction is still open.
  func commit(_ session: inout Session) throws(QrrotError) {
    guard let transaction = session.transaction else { throw .noTransactionIsOpen }
    do throws(QrrotError) {
      let images = try apply(transaction, for: session)
      session.transaction = nil
      remember(images, in: &session)
    } catch {
      // After anything else nothing was applied, and it can be committed later.
      if error.code == .conflict || error.code == .unknownOutcome { session.transaction = nil }
      throw error
    }
  }

  private func apply(
    _ transaction: Transaction, for session: Session
  ) throws(QrrotError) -> [RedisImage] {
    let slot = try commonSlot(of: transaction.writtenKeys)
    var watched = transaction.writtenKeys
    var others: [[UInt8]] = []
    for (key, entry) in transaction.entries where entry.staged == nil {
      if slot == nil || RedisNodes.slot(of: key) == slot {
        watched.append(key)
      } else {
        others.append(key)
      }
    }
    guard !transaction.writtenKeys.isEmpty else {
      try requireUnchanged(watched + others, transaction, session.interrupt)
      return []
    }
    return try nodes.converse(slot: slot, interrupt: session.interrupt) {
      conversation throws(RedisDetour) in
      try RedisCommit(self, conversation, for: session).run(watching: watched) {
        records throws(QrrotError) in
        try requireUnchanged(others, transaction, session.interrupt)
        try require(watched, records, transaction)
        return try changes(transaction, watched, records)
      }
    }
  }

  private func changes(
    _ transaction: Transaction, _ keys: [[UInt8]], _ records: [RedisRecord]
  ) throws(QrrotError) -> [RedisChange] {
    let moment = clock.milliseconds()
    var changes: [RedisChange] = []
    for (key, record) in zip(keys, records) {
      guard var staged = transaction.staged(key) else { continue }
      if case .value(_, let expiry) = staged, expiry != 0, expiry <= moment { staged = .removed }
      if let change = try change(key, record, staged) { changes.append(change) }
    }
    return changes
  }

  /// Compares keys, and all of them if the transaction has read all, with what they were.
  private func requireUnchanged(
    _ keys: [[UInt8]], _ transaction: Transaction, _ interrupt: Interrupt
  ) throws(QrrotError) {
    if let seen = transaction.seenKeyspaceVersion, try keyspaceVersion(interrupt) != seen {
      throw .keyspaceHasChanged
    }
    try require(keys, try fetch(keys, interrupt: interrupt), transaction)
  }

  private func require(
    _ keys: [[UInt8]], _ records: [RedisRecord], _ transaction: Transaction
  ) throws(QrrotError) {
    for (key, record) in zip(keys, records) {
      guard let seen = transaction.entries[key]?.seenVersion, seen != record.version else {
        continue
      }
      let hasExpired =
        record.kind == .absent && deadlines.hasExpired(seen, at: clock.milliseconds())
      throw .hasChanged(key, isExpired: hasExpired)
    }
  }
}
