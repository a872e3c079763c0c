public import QrrotCore

/// Records that are gathered in a table of their own, made like the engine's, so that they become
/// part of it without being copied again.
final class LocalBulkWrite: BulkWrite {
  private let engine: LocalEngine
  private let policy: ConflictPolicy
  /// The version that the records carry: that of the commit if nobody writes meanwhile.
  private let version: UInt64
  // Unchecked: one task uses it, and `add` is called a million times a second.
  @exclusivity(unchecked) private var staged: StagedRecords
  /// What became of records that need not wait any more.
  private var counts = BulkCounts()

  init(_ engine: LocalEngine, _ policy: ConflictPolicy) {
    self.engine = engine
    self.policy = policy
    let (taken, limit, version) = engine.reading { state in
      (state.keyspace.allocatedByteCount, state.memoryLimit, state.version)
    }
    self.version = version + 1
    // Both tables are there at the same time, so the memory limit holds for the two together.
    staged = StagedRecords(like: engine.reader, memoryLimit: max(0, limit - taken))
  }

  var count: Int { staged.count }

  func expect(_ key: UnsafeRawBufferPointer) {
    staged.state.keyspace.prefetchHome(of: staged.hash(key))
  }

  func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    try QrrotError.requireLimits(of: record)
    let hash = staged.hash(record.key)
    if policy != .replace, engine.holds(record.key, hash: hash) {
      if policy == .skip { return .skipped }
      throw .keyIsThere(record.key)
    }
    let earlier = staged.find(record.key, hash: hash)
    if let earlier {
      switch policy {
      case .error: throw .keyCameBefore(record.key)
      case .skip: return .skipped
      case .replace:
        try requireMemory(for: record, over: earlier)
        staged.update(earlier, record, hash: hash, version: version)
        return .replaced
      }
    }
    try requireMemory(for: record, over: nil)
    staged.insert(record, hash: hash, version: version)
    return .added
  }

  private func requireMemory(for record: RecordView, over earlier: Record?) throws(QrrotError) {
    do throws(QrrotError) {
      try staged.state.requireMemory(
        forKey: record.key.count, value: record.value.count, expiry: record.expiry, over: earlier)
    } catch {
      throw tooLarge()
    }
  }

  /// - Complexity: O(1), for a loop that comes by for every record.
  private func tooLarge() -> QrrotError {
    let (taken, limit) = engine.reading { state in
      (state.keyspace.allocatedByteCount, state.memoryLimit)
    }
    return QrrotError(
      .tooLarge,
      "the records need more memory than there is: \(ByteSize.text(taken)) of \(ByteSize.text(limit)) are taken by the data (--max-memory), \(ByteSize.text(staged.state.keyspace.allocatedByteCount)) by \(count) records so far; nothing was changed, raise the limit"
    )
  }

  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) throws(QrrotError) -> Bool {
    let hash = staged.hash(key)
    guard let record = staged.find(key, hash: hash) else { return false }
    staged.setExpiry(expiry, of: record, hash: hash)
    return true
  }

  func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    let hash = staged.hash(key)
    guard let record = staged.find(key, hash: hash) else { return false }
    staged.remove(record, hash: hash)
    return true
  }

  func apply(in session: inout Session) throws(QrrotError) -> BulkCounts {
    try engine.apply(&staged, version: version, policy, counts: &counts, in: &session)
    staged.removeAll()
    return counts
  }
}

extension LocalEngine {
  /// Begins to gather records; see ``Engine/beginBulkWrite(onConflict:in:)``.
  public func beginBulkWrite(
    onConflict policy: ConflictPolicy, in session: inout Session
  ) throws(QrrotError) -> any BulkWrite {
    try session.requireBulkWrite(isReadOnly: isReadOnly)
    return LocalBulkWrite(self, policy)
  }

  /// Applies a bulk write of this engine; see ``BulkWrite/apply(in:)``.
  package func apply(
    _ bulk: any BulkWrite, in session: inout Session
  ) throws(QrrotError) -> BulkCounts {
    guard let bulk = bulk as? LocalBulkWrite else {
      preconditionFailure("the bulk write is another engine's")
    }
    return try bulk.apply(in: &session)
  }

  /// Whether there is a key with this hash now.
  fileprivate func holds(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
    reading { state in
      guard let record = state.keyspace.find(key, hash: hash) else { return false }
      return !record.hasRoomForExpiry || !record.isDue(at: state.clock.milliseconds())
    }
  }

  fileprivate func apply(
    _ staged: inout StagedRecords, version: UInt64, _ policy: ConflictPolicy,
    counts: inout BulkCounts, in session: inout Session
  ) throws(QrrotError) {
    try session.requireBulkWrite()
    // Two states can't be inout parameters of a closure; pointers can.
    try withUnsafeMutablePointer(to: &staged) { staged throws(QrrotError) in
      try withUnsafeMutablePointer(to: &counts) { counts throws(QrrotError) in
        try withState(&session) { state, session throws(QrrotError) in
          try state.apply(
            &staged.pointee, version: version, policy, counts: &counts.pointee, in: &session)
        }
      }
    }
  }
}
