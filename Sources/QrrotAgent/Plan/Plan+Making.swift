public import QrrotCore

extension Plan {
  /// The difference between what `session` has staged in its transaction and the database.
  ///
  /// Keys that are staged just as they are in the database, expiry included, are not in it. The states
  /// before are those of the versions that the transaction has seen, so the plan describes what a
  /// commit does, or that commit is a `conflict` too.
  ///
  /// - Parameter session: with an open transaction, which is left as it is.
  /// - Returns: the plan; an empty one if nothing would change.
  /// - Throws: `conflict` if something that the transaction has read or written has been changed, or
  ///   has expired, since; it names the key. `budget` if the states before take more than
  ///   ``beforeByteLimit``. `refused` without a transaction, and what the engine throws.
  /// - Complexity: O(bytes of the keys that are written, before and after), and a look at each key that
  ///   was read.
  public static func make(
    of session: inout Session, on engine: any Engine
  ) async throws(QrrotError) -> Plan {
    guard session.transaction != nil else {
      throw QrrotError(.refused, "there is nothing to plan: no transaction is open")
    }
    // Looks at the database without what is staged, and notes the versions that it sees.
    var probe = session
    probe.transaction = Transaction()
    probe.undo = UndoLog()
    var changes: [Change] = []
    var beforeByteCount = 0
    for key in session.transaction?.writtenKeys ?? [] {
      try session.interrupt.check()
      let before = try await engine.record(of: key, in: &probe)
      try requireSameVersion(key, session, probe)
      let after = try await engine.record(of: key, in: &session)
      guard before != after else { continue }
      beforeByteCount += before?.value.storedByteCount ?? 0
      guard beforeByteCount <= beforeByteLimit else { throw tooMuchIsReplaced }
      changes.append(Change(key: key, before: before, after: after))
    }
    try await requireUnchangedReads(of: session, probe, on: engine)
    changes.sort { $0.key.lexicographicallyPrecedes($1.key) }
    return Plan(changes: changes)
  }

  /// The most bytes of values before the request that a plan holds (256 MiB).
  public static let beforeByteLimit = 256 << 20

  /// Checks what was read and not written. A commit does that again; but nobody is asked about a plan
  /// that can't be applied any more.
  private static func requireUnchangedReads(
    of session: Session, _ probe: Session, on engine: any Engine
  ) async throws(QrrotError) {
    guard let transaction = session.transaction else { return }
    var probe = probe
    var reply = Reply()
    var keys: [[UInt8]] = []
    for (key, entry) in transaction.entries where entry.staged == nil {
      if entry.seenVersion == Transaction.Entry.seenInTwoStates { throw changed(key) }
      keys.append(key)
    }
    var start = 0
    while start < keys.count {
      try session.interrupt.check()
      let part = keys[start..<min(keys.count, start + probedKeyCount)]
      start = part.endIndex
      // The cheapest of all reads: no value is copied.
      var command = Command(.exists)
      for key in part { command.append(.key, key) }
      try await engine.execute(command, in: &probe, into: &reply)
      for key in part { try requireSameVersion(key, session, probe) }
    }
    guard let version = transaction.seenKeyspaceVersion else { return }
    try await engine.execute(Command(.size), in: &probe, into: &reply)
    guard probe.transaction?.seenKeyspaceVersion == version,
      probe.transaction?.seenExpirationCount == transaction.seenExpirationCount
    else {
      throw QrrotError(
        .conflict,
        "somebody else has written, or a key has expired, since all keys were read; nothing was applied: run it again"
      )
    }
  }

  private static func requireSameVersion(
    _ key: [UInt8], _ session: Session, _ probe: Session
  ) throws(QrrotError) {
    let seen = session.transaction?.entries[key]?.seenVersion
    let now = probe.transaction?.entries[key]?.seenVersion
    guard let seen, seen == now, seen != Transaction.Entry.seenInTwoStates else {
      throw changed(key)
    }
  }

  private static func changed(_ key: [UInt8]) -> QrrotError {
    QrrotError(
      .conflict,
      "\(QrrotError.excerpt(key)) was changed by somebody else, or has expired, since it was read; nothing was applied: run it again"
    )
  }

  private static var tooMuchIsReplaced: QrrotError {
    QrrotError(
      .budget,
      "this replaces or removes more than \(ByteSize.text(beforeByteLimit)), which is too much to be shown; change fewer keys at a time, or give the command yourself"
    )
  }

  private static let probedKeyCount = 256
}
