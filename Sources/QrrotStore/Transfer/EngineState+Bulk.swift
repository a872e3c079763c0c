internal import QrrotCore

/// Many records as one commit.
extension EngineState {
  /// Makes the records of another table part of this one, all or none, without copying them. The other
  /// one is empty afterwards; after an error it holds what it held, but for what there is no need to
  /// write.
  ///
  /// - Parameters:
  ///   - version: what the records of the other table carry.
  ///   - counts: what became of records that have been dropped from the other table; becomes that of
  ///     all of them.
  /// - Throws: see ``BulkWrite/apply(in:)``.
  /// - Complexity: O(records of the other table), with the lock held.
  mutating func apply(
    _ other: inout StagedRecords, version: UInt64, _ policy: ConflictPolicy,
    counts: inout BulkCounts, in session: inout Session
  ) throws(QrrotError) {
    // What has expired is absent, and so in nobody's way.
    _ = dropDue(limit: .max)
    let plan = try plan(other, policy, session.interrupt)
    for (key, hash) in plan.needlessKeys {
      key.withRawBytes { key in
        if let record = other.find(key, hash: hash) { other.remove(record, hash: hash) }
      }
    }
    counts.skippedCount += plan.skippedCount
    counts.replacedCount += plan.sameCount
    guard other.count > 0 else { return }
    try requireMemory(for: other, plan)
    try write(other, plan, in: &session)
    take(&other, plan, version: version, undo: &session.undo)
    session.undo.end()
    counts.replacedCount += plan.replacedCount
    counts.insertedCount += plan.insertedCount
  }

  /// What applying a table will do.
  private struct Plan {
    var insertedCount = 0
    var replacedCount = 0
    /// Keys that hold just what would be written.
    var sameCount = 0
    /// Keys that stay as they are.
    var skippedCount = 0
    /// What undo has to remember.
    var imageByteCount = 0
    /// What is not to be written: it is there already, or what is there stays.
    var needlessKeys: [(key: [UInt8], hash: UInt64)] = []
  }

  private func plan(
    _ other: borrowing StagedRecords, _ policy: ConflictPolicy, _ interrupt: Interrupt
  ) throws(QrrotError) -> Plan {
    var plan = Plan()
    let header = UndoLog.imageByteCount(keyByteCount: 0, valueByteCount: 0)
    plan.imageByteCount = header * other.count + other.keyByteCount
    guard keyspace.count > 0 else {
      plan.insertedCount = other.count
      return plan
    }
    var countdown = Self.interruptInterval
    try other.forEach { record throws(QrrotError) in
      countdown -= 1
      if countdown == 0 {
        countdown = Self.interruptInterval
        try interrupt.check()
      }
      let key = record.key
      let hash = keyspace.hash(key)
      guard let old = keyspace.find(key, hash: hash) else { return }
      if policy == .error { throw .keyIsThere(key) }
      if policy == .replace, !Self.isSame(old, record) {
        plan.replacedCount += 1
        plan.imageByteCount += Self.imageByteCount(key, over: old) - header - key.count
        return
      }
      if policy == .skip { plan.skippedCount += 1 } else { plan.sameCount += 1 }
      plan.needlessKeys.append((Array(key), hash))
      plan.imageByteCount -= header + key.count
    }
    plan.insertedCount =
      other.count - plan.replacedCount - plan.sameCount - plan.skippedCount
    return plan
  }

  private static func isSame(_ old: Record, _ new: Record) -> Bool {
    isSame(old, StoredValue(type: new.type, bytes: new.value), expiry: new.expiry)
  }

  /// The records' own memory is there already; what is needed beside it is the log's buffer and, in a
  /// table that is not empty, room to refer to them.
  private func requireMemory(for other: borrowing StagedRecords, _ plan: Plan) throws(QrrotError) {
    var byteCount = other.state.keyspace.allocatedByteCount
    if keyspace.count > 0 {
      byteCount += keyspace.reservedByteCount(keyspace.count + plan.insertedCount)
    }
    if log != nil {
      byteCount +=
        other.state.keyspace.dataByteCount + other.count * ChangeCoding.headByteLimit
    }
    try requireMemory(byteCount)
  }

  private mutating func write(
    _ other: borrowing StagedRecords, _ plan: Plan, in session: inout Session
  ) throws(QrrotError) {
    try beginWrite(imageByteCount: plan.imageByteCount, in: &session) { log in
      // Two closures can't both have it; a copy of the writer is none.
      withUnsafeMutablePointer(to: &log) { log in
        other.forEach { record in
          log.pointee.put(
            record.key, type: record.type, record.value, expiry: record.expiry)
        }
      }
    }
  }

  /// Takes the records over; nothing can go wrong any more.
  private mutating func take(
    _ other: inout StagedRecords, _ plan: Plan, version: UInt64, undo: inout UndoLog
  ) {
    let isEmpty = keyspace.count == 0
    if !isEmpty {
      keyspace.reserve(furtherRecordCount: plan.insertedCount)
      keyspace.absorbMemory(of: other.state.keyspace)
    }
    let nextVersion = nextVersion
    other.forEach { record in
      if version != nextVersion { record.writeVersion(nextVersion) }
      let key = record.key
      let hash = keyspace.hash(key)
      let old = isEmpty ? nil : keyspace.find(key, hash: hash)
      noteBefore(key, hash: hash, old, undo: &undo)
      if !isEmpty { keyspace.adopt(record, hash: hash, over: old) }
    }
    if isEmpty { keyspace.exchange(with: other.state.keyspace) }
    markChanged()
  }

  /// Leaves behind what a key held before the running commit, for undo and for open views.
  private func noteBefore(
    _ key: UnsafeRawBufferPointer, hash: UInt64, _ old: Record?, undo: inout UndoLog
  ) {
    guard let old else {
      undo.record(
        key: key, type: nil, value: UnsafeRawBufferPointer(start: nil, count: 0),
        versionBefore: absenceVersion(of: key, hash: hash), versionAfter: nextVersion)
      return
    }
    if hasViews { preserve(key, hash: hash, old) }
    undo.record(
      key: key, type: old.type, value: old.value, expiry: old.expiry,
      versionBefore: old.version, versionAfter: nextVersion)
  }

  private static var interruptInterval: Int { 4_096 }
}
