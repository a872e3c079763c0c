/// A bulk write over an engine that has commands alone: the records wait in memory and are applied in
/// one transaction.
///
/// It needs the memory for all of them twice, and conflicts with keys that are there come up only when
/// it is applied.
public final class CommandBulkWrite: BulkWrite {
  private struct Waiting {
    var key: [UInt8]
    var value: Value
    var expiry: Int64
  }

  private let engine: any Engine
  private let policy: ConflictPolicy
  private var records: [Waiting] = []
  private var indexes: [[UInt8]: Int] = [:]

  /// Gathers records for `engine`.
  public init(_ engine: any Engine, onConflict policy: ConflictPolicy) {
    self.engine = engine
    self.policy = policy
  }

  /// How many records wait.
  public var count: Int { records.count }

  /// Adds a record; a key that the engine has comes up only in ``apply(in:)``.
  public func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    try QrrotError.requireLimits(of: record)
    guard let value = Value(storedType: record.type, bytes: record.value) else { return .skipped }
    let waiting = Waiting(key: Array(record.key), value: value, expiry: record.expiry)
    if let index = indexes[waiting.key] {
      switch policy {
      case .error: throw .keyCameBefore(record.key)
      case .skip: return .skipped
      case .replace:
        records[index] = waiting
        return .replaced
      }
    }
    indexes[waiting.key] = records.count
    records.append(waiting)
    return .added
  }

  /// Gives a record that waits another deadline; see ``BulkWrite/setExpiry(_:of:)``.
  public func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes[Array(key)] else { return false }
    records[index].expiry = expiry
    return true
  }

  /// Takes a record out again; see ``BulkWrite/remove(_:)``.
  public func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes.removeValue(forKey: Array(key)) else { return false }
    // The last one takes the place of the one that goes.
    let last = records.removeLast()
    if index < records.count {
      records[index] = last
      indexes[last.key] = index
    }
    return true
  }

  /// Puts all records in one transaction; see ``BulkWrite/apply(in:)``.
  public func apply(in session: inout Session) async throws(QrrotError) -> BulkCounts {
    var reply = Reply()
    try await engine.execute(Command(.begin), in: &session, into: &reply)
    do throws(QrrotError) {
      let counts = try await put(in: &session)
      try await engine.execute(Command(.commit), in: &session, into: &reply)
      return counts
    } catch {
      // A conflict has ended it already.
      try? await engine.execute(Command(.rollback), in: &session, into: &reply)
      throw error
    }
  }

  private func put(in session: inout Session) async throws(QrrotError) -> BulkCounts {
    var counts = BulkCounts()
    var reply = Reply()
    for record in records {
      try session.interrupt.check()
      var command = Command(.exists)
      command.append(.key, record.key)
      try await engine.execute(command, in: &session, into: &reply)
      let isThere = reply.cells.first?.integer == 1
      if isThere {
        switch policy {
        case .error: throw record.key.withUnsafeBytes { .keyIsThere($0) }
        case .skip:
          counts.skippedCount += 1
          continue
        case .replace: counts.replacedCount += 1
        }
      } else {
        counts.insertedCount += 1
      }
      command.reset(to: .put)
      command.append(.key, record.key)
      command.append(record.value)
      try await engine.execute(command, in: &session, into: &reply)
      guard record.expiry != 0 else { continue }
      command.reset(to: .expireat)
      command.append(.key, record.key)
      command.append(.number, record.expiry)
      try await engine.execute(command, in: &session, into: &reply)
    }
    return counts
  }
}
