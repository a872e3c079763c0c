internal import QrrotCore

extension EngineState {
  /// Applies the session's transaction, all or nothing; either way it is over.
  ///
  /// - Throws: `conflict` if something it relies on has changed; `too-large`, and `refused` with detail
  ///   `exceedsUndo` if the session wants to know that beforehand: then the transaction is still open.
  mutating func commit(_ session: inout Session) throws(QrrotError) {
    let moment = moment(in: &session)
    guard let transaction = session.transaction else {
      throw .noTransactionIsOpen
    }
    if let error = conflict(in: transaction, at: moment) {
      session.transaction = nil
      throw error
    }
    let touches = session.touchesSame
    let changedKeys = transaction.writtenKeys.filter {
      isChange(transaction.staged($0, at: moment), of: $0, at: moment, touches: touches)
    }
    let growth = changedKeys.reduce(0) { sum, key in
      guard case .value(let value, let expiry) = transaction.staged(key, at: moment) else {
        return sum
      }
      return sum + self.growth(of: key, to: value, expiry: expiry)
    }
    if growth > 0 { try requireMemory(growth) }
    let needed = changedKeys.reduce(0) { sum, key in
      sum + key.withRawBytes { imageByteCount(of: $0, at: moment) }
    }
    guard !changedKeys.isEmpty else {
      session.transaction = nil
      return
    }
    try beginWrite(imageByteCount: needed, in: &session) { log in
      for key in changedKeys {
        Self.add(transaction.staged(key, at: moment), at: key, to: &log)
      }
    }
    for key in changedKeys {
      key.withRawBytes { bytes in
        switch transaction.staged(key, at: moment) {
        case .value(let value, let expiry):
          store(
            bytes, value, expiry: expiry, version: nextVersion, at: moment, touches: touches,
            undo: &session.undo)
        case .removed:
          _ = remove(bytes, at: moment, undo: &session.undo)
        case nil: break
        }
      }
    }
    session.undo.end()
    session.transaction = nil
  }

  private static func add(
    _ staged: Transaction.Staged?, at key: [UInt8], to log: inout LogWriter
  ) {
    switch staged {
    case .value(let value, let expiry):
      // Two closures can't both have it; a copy of the writer is none.
      withUnsafeMutablePointer(to: &log) { log in
        key.withRawBytes { key in
          value.withStoredBytes { type, bytes in
            log.pointee.put(key, type: type, bytes, expiry: expiry)
          }
        }
      }
    case .removed:
      withUnsafeMutablePointer(to: &log) { log in key.withRawBytes { log.pointee.remove($0) } }
    case nil: break
    }
  }

  /// Whether applying `staged` would leave `key` other than it is at `moment`.
  private func isChange(
    _ staged: Transaction.Staged?, of key: [UInt8], at moment: Int64, touches: Bool
  ) -> Bool {
    let record = key.withRawBytes { find($0, at: moment) }
    switch staged {
    case nil: return false
    case .removed: return record != nil
    case .value(let value, let expiry):
      guard !touches, let record else { return true }
      return value.withStoredBytes { type, bytes in
        !Self.isSame(record, StoredValue(type: type, bytes: bytes), expiry: expiry)
      }
    }
  }

  private func conflict(in transaction: Transaction, at moment: Int64) -> QrrotError? {
    if let seen = transaction.seenKeyspaceVersion,
      seen != version || transaction.seenExpirationCount != expirationCount(at: moment)
    {
      return .keyspaceHasChanged
    }
    for (key, entry) in transaction.entries {
      let now = key.withRawBytes { version(of: $0, at: moment) }
      guard now != entry.seenVersion else { continue }
      return .hasChanged(key, isExpired: Self.hasExpired(entry.seenVersion, now))
    }
    return nil
  }

  /// Takes back the session's last `count` writes, all or none of them.
  ///
  /// Records get back the versions that they had, so that the write before can be undone next, and
  /// their expiry: one whose time is up meanwhile stays absent. That a key has expired since the
  /// write is nobody's change.
  ///
  /// - Throws: `refused` if there are fewer writes; `conflict` naming a key that another session has
  ///   changed since; `too-large` if there is no memory for what it would bring back.
  mutating func undo(
    _ count: Int, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    guard count <= session.undo.count else { throw .nothingToUndo(count, session.undo) }
    let moment = moment(in: &session)
    var outcome: [[UInt8]: UndoLog.Image] = [:]
    for age in 0..<count {
      for image in session.undo.images(age: age) {
        let now =
          outcome[image.key]?.versionBefore
          ?? image.key.withRawBytes { version(of: $0, at: moment) }
        guard now == image.versionAfter || Self.hasExpired(image.versionAfter, now) else {
          throw .hasChangedSinceWrite(image.key)
        }
        outcome[image.key] = image
      }
    }
    for (key, image) in outcome where image.expiry != 0 && image.expiry <= moment {
      outcome[key] = image.expired
    }
    let growth = outcome.reduce(0) { sum, each in
      sum
        + (each.value.before.map {
          self.growth(of: each.key, to: $0, expiry: each.value.expiry)
        } ?? 0)
    }
    if growth > 0 { try requireMemory(growth) }
    try write { log in
      for (key, image) in outcome { Self.add(image, at: key, to: &log) }
    }
    session.undo.removeNewest(count)
    restore(outcome, at: moment, into: &reply)
  }

  private mutating func restore(
    _ outcome: [[UInt8]: UndoLog.Image], at moment: Int64, into reply: inout Reply
  ) {
    reply.reset(.rows, columns: Self.rowColumns)
    for (key, image) in outcome.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      reply.append(.key, key)
      key.withRawBytes { bytes in
        if let value = image.before {
          restore(
            bytes, value, expiry: image.expiry, version: image.versionBefore, at: moment)
          reply.append(word: value.type.name)
          reply.append(value)
        } else {
          restoreAbsence(bytes, version: image.versionBefore, at: moment)
          reply.append(word: "nil")
          reply.appendAbsent()
        }
      }
    }
  }

  /// Whether the difference between the two is that what had the version `before` has expired.
  private static func hasExpired(_ before: UInt64, _ now: UInt64) -> Bool {
    now == Removals.flag | before
  }

  private static func add(_ image: UndoLog.Image, at key: [UInt8], to log: inout LogWriter) {
    guard let value = image.before else { return add(.removed, at: key, to: &log) }
    withUnsafeMutablePointer(to: &log) { log in
      key.withRawBytes { key in
        value.withStoredBytes { type, bytes in
          log.pointee.put(
            key, type: type, bytes, version: image.versionBefore, expiry: image.expiry)
        }
      }
    }
  }
}

extension UndoLog.Image {
  /// The same key, absent because what it was has expired.
  fileprivate var expired: UndoLog.Image {
    var image = self
    image.before = nil
    image.expiry = 0
    image.versionBefore |= Removals.flag
    return image
  }
}
