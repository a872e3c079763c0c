/// A bulk write over an engine that has commands alone: the records wait in memory and are applied in
/// one transaction.
///
/// It needs the memory for all of them twice, and conflicts with keys that are there come up only when
/// it is applied.
public final class CommandBulkWrite: BulkWrite {
  private let engine: any Engine
  private var waiting: WaitingRecords

  /// Gathers records for `engine`.
  public init(_ engine: any Engine, onConflict policy: ConflictPolicy) {
    self.engine = engine
    waiting = WaitingRecords(policy)
  }

  /// How many records wait.
  public var count: Int { waiting.count }

  /// Adds a record; a key that the engine has comes up only in ``apply(in:)``.
  public func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    try waiting.add(record)
  }

  /// Gives a record that waits another deadline; see ``BulkWrite/setExpiry(_:of:)``.
  public func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    waiting.setExpiry(expiry, of: key)
  }

  /// Takes a record out again; see ``BulkWrite/remove(_:)``.
  public func remove(_ key: UnsafeRawBufferPointer) -> Bool { waiting.remove(key) }

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
    for (key, record) in waiting.elements {
      try session.interrupt.check()
      var command = Command(.exists)
      command.append(.key, key)
      try await engine.execute(command, in: &session, into: &reply)
      let isThere = reply.cells.first?.integer == 1
      if isThere {
        switch waiting.policy {
        case .error: throw key.withUnsafeBytes { .keyIsThere($0) }
        case .skip:
          counts.skippedCount += 1
          continue
        case .replace: counts.replacedCount += 1
        }
      } else {
        counts.insertedCount += 1
      }
      command.reset(to: .put)
      command.append(.key, key)
      command.append(record.value)
      try await engine.execute(command, in: &session, into: &reply)
      guard record.expiry != 0 else { continue }
      command.reset(to: .expireat)
      command.append(.key, key)
      command.append(.number, record.expiry)
      try await engine.execute(command, in: &session, into: &reply)
    }
    return counts
  }
}
