internal import QrrotCore

/// Walking over keys in byte order.
extension EngineState {
  /// Hands every key that `pattern` matches (all without one) to `body`, in byte order of keys, with
  /// its value.
  ///
  /// Inside a transaction the staged writes are seen, and the keys count as read: each by itself, or
  /// the whole keyspace past ``Limits/transactionScanCount`` of them.
  ///
  /// - Throws: `interrupted`, `budget`.
  /// - Complexity: O(keys), and O(m log m) for m matches.
  func scan(
    _ pattern: Glob?, in session: inout Session,
    _ body: (UnsafeRawBufferPointer, StoredValue) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    if session.transaction != nil {
      try scanOverlay(pattern, in: &session, body)
      return
    }
    let moment = dueMoment(in: &session)
    for match in try sortedMatches(pattern, at: moment, session.interrupt) {
      try body(match.record.key, StoredValue(type: match.record.type, bytes: match.record.value))
    }
  }

  private struct Match {
    /// The key's first bytes: most comparisons end here without touching the record.
    let prefix: UInt64
    let record: Record
  }

  private func sortedMatches(
    _ pattern: Glob?, at moment: Int64, _ interrupt: Interrupt
  ) throws(QrrotError) -> [Match] {
    var matches: [Match] = []
    if let pattern, pattern.isLiteral {
      pattern.literalPrefix.withRawBytes { key in
        if let record = find(key, at: moment) {
          matches.append(Match(prefix: 0, record: record))
        }
      }
      return matches
    }
    var countdown = Self.interruptInterval
    try forEachRecord(at: moment) { record throws(QrrotError) in
      countdown -= 1
      if countdown == 0 {
        countdown = Self.interruptInterval
        try interrupt.check()
      }
      if let pattern, try !pattern.matches(record.key) { return }
      matches.append(Match(prefix: sortPrefix(record.key), record: record))
    }
    try sort(&matches, interrupt)
    return matches
  }

  private func sort(_ matches: inout [Match], _ interrupt: Interrupt) throws(QrrotError) {
    var countdown = Self.interruptInterval
    do {
      try matches.sort { a, b in
        countdown -= 1
        if countdown == 0 {
          countdown = Self.interruptInterval
          try interrupt.check()
        }
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        return compareBytes(a.record.key, b.record.key) < 0
      }
    } catch let error as QrrotError {
      throw error
    } catch {
      // The comparison above throws nothing else.
      throw QrrotError(.interrupted, "stopped")
    }
  }

  private func scanOverlay(
    _ pattern: Glob?, in session: inout Session,
    _ body: (UnsafeRawBufferPointer, StoredValue) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    let moment = moment(in: &session)
    guard let transaction = session.transaction else { return }
    // What the transaction has staged itself has no version: it was not read from the table.
    var rows: [(key: [UInt8], value: Value, version: UInt64?)] = []
    for match in try sortedMatches(pattern, at: moment, session.interrupt) {
      let key = Array(match.record.key)
      guard transaction.staged(key) == nil,
        let value = Value(storedType: match.record.type, bytes: match.record.value)
      else { continue }
      rows.append((key, value, match.record.version))
    }
    for key in transaction.writtenKeys {
      guard case .value(let value, _) = transaction.staged(key, at: moment) else { continue }
      if let pattern,
        try !key.withRawBytes({ bytes throws(QrrotError) in try pattern.matches(bytes) })
      {
        continue
      }
      rows.append((key, value, nil))
    }
    rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    if rows.count > Limits.transactionScanCount {
      session.transaction?.sawKeyspace(
        version: version, expirationCount: expirationCount(at: moment))
    } else {
      for row in rows {
        if let version = row.version { session.transaction?.sawKey(row.key, version: version) }
      }
    }
    for row in rows {
      try row.key.withRawBytes { key throws(QrrotError) in
        try row.value.withStoredBytes { type, bytes throws(QrrotError) in
          try body(key, StoredValue(type: type, bytes: bytes))
        }
      }
    }
  }

  private static var interruptInterval: Int { 4_096 }
}
