internal import QrrotCore

/// A value where it stands, in the table or in an overlay; good until the next write.
struct StoredValue {
  let type: ValueType
  let bytes: UnsafeRawBufferPointer

  /// The int that an int value is.
  var integer: Int64 { bytes.storedInteger }
}

/// How commands read and write: straight on the table, or on the session's transaction.
extension EngineState {
  /// Hands the value of `key`, or nil, to `body`.
  func withValue<R, E: Error>(
    of key: UnsafeRawBufferPointer, in session: inout Session,
    _ body: (StoredValue?) throws(E) -> R
  ) throws(E) -> R {
    if session.transaction != nil {
      let keyBytes = Array(key)
      let moment = moment(in: &session)
      switch Self.staged(keyBytes, in: session, at: moment) {
      case .removed: return try body(nil)
      case .value(let value, _):
        return try value.withStoredBytes { type, bytes throws(E) in
          try body(StoredValue(type: type, bytes: bytes))
        }
      case nil:
        session.transaction?.sawKey(keyBytes, version: version(of: key, at: moment))
      }
    }
    guard let record = find(key, hash: keyspace.hash(key), in: &session) else {
      return try body(nil)
    }
    return try body(StoredValue(type: record.type, bytes: record.value))
  }

  /// Whether `key` has a value.
  func contains(_ key: UnsafeRawBufferPointer, in session: inout Session) -> Bool {
    withValue(of: key, in: &session) { $0 != nil }
  }

  /// Gives one key a value, as a write of its own outside a transaction; `change` says what becomes of
  /// its expiry.
  ///
  /// `value` may lie in the table: it is read before anything there is changed.
  mutating func write(
    _ key: UnsafeRawBufferPointer, _ type: ValueType, _ value: UnsafeRawBufferPointer,
    expiry change: ExpiryChange = .end, in session: inout Session
  ) throws(QrrotError) {
    if session.transaction != nil { return try stage(key, type, value, change, in: &session) }
    let hash = keyspace.hash(key)
    let record = findToWrite(key, hash: hash, in: &session)
    let expiry: Int64
    switch change {
    case .end: expiry = 0
    case .keep: expiry = record?.expiry ?? 0
    case .at(let time): expiry = time
    }
    let stored = StoredValue(type: type, bytes: value)
    if !session.touchesSame, let record, Self.isSame(record, stored, expiry: expiry) { return }
    try requireMemory(forKey: key.count, value: value.count, expiry: expiry, over: record)
    try beginWrite(
      imageByteCount: Self.imageByteCount(key, over: record), in: &session
    ) { $0.put(key, type: type, value, expiry: expiry) }
    store(
      key, hash: hash, over: record, stored, expiry: expiry, version: nextVersion,
      touches: session.touchesSame, undo: &session.undo)
    session.undo.end()
  }

  /// The same inside a transaction.
  private func stage(
    _ key: UnsafeRawBufferPointer, _ type: ValueType, _ value: UnsafeRawBufferPointer,
    _ change: ExpiryChange, in session: inout Session
  ) throws(QrrotError) {
    try session.requireStagingRoom(for: Array(key), valueByteCount: value.count)
    let others = session.transaction?.stagedByteCount ?? 0
    try requireMemory(others + key.count + value.count)
    let expiry: Int64
    switch change {
    case .end: expiry = 0
    case .keep: expiry = self.expiry(of: key, in: &session) ?? 0
    case .at(let time): expiry = time
    }
    guard let staged = Value(storedType: type, bytes: value) else { return }
    let seen = version(of: key, at: dueMoment(in: &session))
    session.transaction?.stage(.value(staged, expiry: expiry), at: Array(key), version: seen)
  }

  /// Checks that all of `keys` may be removed in the session's transaction: some would be half a
  /// command.
  private func requireStagingRoom(
    toRemove keys: [UnsafeRawBufferPointer], in session: inout Session
  ) throws(QrrotError) {
    guard session.stagedByteLimit != .max, let transaction = session.transaction else { return }
    var needed = transaction.stagedMemory
    for key in keys where transaction.staged(Array(key)) == nil {
      needed += Transaction.bookkeepingByteCount + key.count
    }
    try session.requireStagingRoom(needed)
  }

  /// Removes keys, as one write outside a transaction.
  ///
  /// - Returns: how many were there; one named twice counts once.
  mutating func remove(
    _ keys: [UnsafeRawBufferPointer], in session: inout Session
  ) throws(QrrotError) -> Int {
    let moment = dueMoment(in: &session)
    if session.transaction != nil {
      var count = 0
      try requireStagingRoom(toRemove: keys, in: &session)
      for key in keys where contains(key, in: &session) {
        session.transaction?.stage(
          .removed, at: Array(key), version: version(of: key, at: moment))
        count += 1
      }
      return count
    }
    var needed = keys.reduce(0) { $0 + imageByteCount(of: $1, at: moment) }
    if needed > Limits.undoByteCount {
      // A key named twice is remembered once; where it does not matter, that is not worth a set.
      needed = Set(keys.map(Array.init)).reduce(0) { sum, key in
        sum + key.withRawBytes { imageByteCount(of: $0, at: moment) }
      }
    }
    guard keys.contains(where: { holds($0, at: moment) }) else { return 0 }
    let present = log == nil ? [] : keys.filter { holds($0, at: moment) }
    try beginWrite(imageByteCount: needed, in: &session) { log in
      for key in present { log.remove(key) }
    }
    var count = 0
    for key in keys where remove(key, at: moment, undo: &session.undo) { count += 1 }
    session.undo.end()
    return count
  }
}
