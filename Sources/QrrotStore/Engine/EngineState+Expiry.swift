internal import QrrotCore

/// What a write makes of a key's expiry.
enum ExpiryChange {
  /// There is none any more: `put K V`, `put K $ V`.
  case end
  /// It stays as it is: `incr`, and writes inside a json value.
  case keep
  /// The key expires then, in milliseconds since 1970; the time is not past.
  case at(Int64)
}

/// Keys whose time is up are absent to everything, from that millisecond on. The records stay in the
/// table a little longer, until somebody writes to the key or `dropDue` comes to them.
///
/// The absence of an expired key has the version of the value that expired, marked as an absence,
/// whether or not the record is still there: so nobody can tell the one from the other.
extension EngineState {
  /// The moment at which all of the running command happens. The clock is read at the first call.
  func moment(in session: inout Session) -> Int64 {
    if let moment = session.moment { return moment }
    let moment = clock.milliseconds()
    session.moment = moment
    return moment
  }

  /// The same, without a look at the clock where nothing in the table expires: then it is before all
  /// times.
  func dueMoment(in session: inout Session) -> Int64 {
    keyspace.expiringCount == 0 ? .min : moment(in: &session)
  }

  /// The record of a key that has not expired.
  @inline(__always)
  func find(
    _ key: UnsafeRawBufferPointer, hash: UInt64, in session: inout Session
  ) -> Record? {
    guard let record = keyspace.find(key, hash: hash) else { return nil }
    return record.hasRoomForExpiry && isDue(record, in: &session) ? nil : record
  }

  @inline(never)
  private func isDue(_ record: Record, in session: inout Session) -> Bool {
    let expiry = record.expiry
    return expiry != 0 && expiry <= moment(in: &session)
  }

  /// The record of a key that has not expired at `moment`.
  func find(_ key: UnsafeRawBufferPointer, at moment: Int64) -> Record? {
    guard let record = keyspace.find(key, hash: keyspace.hash(key)), !record.isDue(at: moment)
    else { return nil }
    return record
  }

  /// The same for a command that is going to write: one that has expired is dropped.
  @inline(__always)
  mutating func findToWrite(
    _ key: UnsafeRawBufferPointer, hash: UInt64, in session: inout Session
  ) -> Record? {
    guard let record = keyspace.find(key, hash: hash) else { return nil }
    guard record.hasRoomForExpiry, isDue(record, in: &session) else { return record }
    drop(record, hash: hash)
    return nil
  }

  /// The same at a moment that is known.
  mutating func findToWrite(
    _ key: UnsafeRawBufferPointer, hash: UInt64, at moment: Int64
  ) -> Record? {
    guard let record = keyspace.find(key, hash: hash) else { return nil }
    guard record.isDue(at: moment) else { return record }
    drop(record, hash: hash)
    return nil
  }

  /// Whether the table holds `key`, whatever a transaction makes of it.
  func holds(_ key: UnsafeRawBufferPointer, at moment: Int64) -> Bool {
    find(key, at: moment) != nil
  }

  /// How many keys the table holds.
  ///
  /// - Complexity: O(1), and O(1/256) for each that has expired and not been dropped yet.
  func count(at moment: Int64) -> Int { keyspace.count - keyspace.dueCount(at: moment) }

  /// Hands every record that has not expired to `body`, in any order. The table must not be changed
  /// meanwhile.
  ///
  /// - Throws: what `body` throws, which ends it.
  @inline(__always)
  func forEachRecord<E: Error>(
    at moment: Int64, _ body: (Record) throws(E) -> Void
  ) throws(E) {
    if keyspace.expiringCount == 0 { return try keyspace.forEach(body) }
    try keyspace.forEach { record throws(E) in
      if record.hasRoomForExpiry, record.isDue(at: moment) { return }
      try body(record)
    }
  }

  /// When `key` expires, as the session sees it: nil if it is absent, 0 for never.
  func expiry(of key: UnsafeRawBufferPointer, in session: inout Session) -> Int64? {
    if session.transaction != nil {
      let keyBytes = Array(key)
      let moment = moment(in: &session)
      switch Self.staged(keyBytes, in: session, at: moment) {
      case .removed: return nil
      case .value(_, let expiry): return expiry
      case nil: session.transaction?.sawKey(keyBytes, version: version(of: key, at: moment))
      }
    }
    return find(key, hash: keyspace.hash(key), in: &session)?.expiry
  }

  /// What the session's transaction has made of `key`; a value whose time is up counts as removed.
  static func staged(
    _ key: [UInt8], in session: borrowing Session, at moment: Int64
  ) -> Transaction.Staged? {
    session.transaction.flatMap { $0.staged(key, at: moment) }
  }
}

/// Dropping records whose time is up.
extension EngineState {
  /// Takes out a record whose time is up. No log is told: what is in the files expires by itself. Nor is a
  /// view, unless it needs what was not due when it began.
  mutating func drop(_ record: Record, hash: UInt64) {
    if hasViews { preserve(record.key, hash: hash, record, isDue: true) }
    noteRemoval(of: record.key, hash: hash, version: record.version)
    keyspace.remove(record, hash: hash)
    droppedCount += 1
  }

  /// Takes out records whose time is up, at most `limit` of them, the first first.
  ///
  /// - Returns: how long it is until the next is due, in milliseconds; 0 if one is due now, nil if
  ///   there is none.
  mutating func dropDue(limit: Int) -> Int64? {
    guard keyspace.expiringCount > 0 else { return nil }
    let moment = clock.milliseconds()
    for _ in 0..<limit {
      guard let next = keyspace.nextToExpire, next.time <= moment else { break }
      drop(next.record, hash: keyspace.hash(next.record.key))
    }
    guard let next = keyspace.nextToExpire else { return nil }
    let (distance, overflow) = next.time.subtractingReportingOverflow(moment)
    return overflow ? .max : max(0, distance)
  }

  /// How many keys have expired since the engine began, dropped or not. While no commit is made, it
  /// tells whether any has.
  func expirationCount(at moment: Int64) -> UInt64 {
    droppedCount &+ UInt64(keyspace.dueCount(at: moment))
  }
}

extension Transaction {
  /// What the transaction has made of `key`; a value whose time is up counts as removed.
  func staged(_ key: [UInt8], at moment: Int64) -> Staged? {
    guard case .value(_, let expiry) = staged(key), expiry != 0, expiry <= moment else {
      return staged(key)
    }
    return .removed
  }
}
