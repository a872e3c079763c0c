public import QrrotCore
internal import QrrotWire

/// Records that are gathered here and go to the server when they are applied: there they become one commit,
/// all of them or none.
///
/// What comes twice is known at once; that a key is there already only when they are applied.
final class RemoteBulkWrite: BulkWrite {
  private let engine: RemoteEngine
  private let policy: ConflictPolicy
  private var records: [CallRecord] = []
  private var indexes: [[UInt8]: Int] = [:]
  /// The server's bulk write, filled, where it could not be applied because of `undo`.
  private var filled: RemotePlace?

  init(_ engine: RemoteEngine, _ policy: ConflictPolicy) {
    self.engine = engine
    self.policy = policy
  }

  var count: Int { records.count }

  func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    try QrrotError.requireLimits(of: record)
    guard let value = Value(storedType: record.type, bytes: record.value) else { return .skipped }
    let waiting = CallRecord(
      key: Array(record.key), record: StoredRecord(value: value, expiry: record.expiry))
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

  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes[Array(key)] else { return false }
    records[index].record.expiry = expiry
    return true
  }

  func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes.removeValue(forKey: Array(key)) else { return false }
    // The last one takes the place of the one that goes.
    let last = records.removeLast()
    if index < records.count {
      records[index] = last
      indexes[last.key] = index
    }
    return true
  }

  func apply(in session: inout Session) async throws(QrrotError) -> BulkCounts {
    let place: RemotePlace
    if let filled { place = filled } else { place = try fill(in: &session) }
    filled = nil
    do throws(QrrotError) {
      let content = try engine.call(.applyBulk(place.number), .bulk(place), in: &session)
      guard case .counts(let counts) = content else { throw RemoteEngine.unreadable }
      return counts
    } catch {
      if case .exceedsUndo? = error.detail { filled = place }
      throw error
    }
  }

  /// Hands all records to the server, part by part.
  private func fill(in session: inout Session) throws(QrrotError) -> RemotePlace {
    let (content, connection) = try engine.callAndTell(
      .beginBulk(policy), .repeatable, in: &session)
    guard case .bulk(let number) = content else { throw RemoteEngine.unreadable }
    let place = connection.place(number)
    var start = 0
    while start < records.count {
      try session.interrupt.check()
      var end = start
      var byteCount = 0
      while end < records.count, byteCount < Self.partByteCount {
        byteCount += records[end].key.count + records[end].record.value.storedByteCount + 16
        end += 1
      }
      _ = try engine.call(
        .addToBulk(number, Array(records[start..<end])),
        .part("what was sent of the import so far", place), in: &session)
      start = end
    }
    return place
  }

  private static let partByteCount = 1 << 20
}

extension RemoteEngine {
  /// Begins to gather records; see ``Engine/beginBulkWrite(onConflict:in:)``.
  public func beginBulkWrite(
    onConflict policy: ConflictPolicy, in session: inout Session
  ) async throws(QrrotError) -> any BulkWrite {
    if session.isReadOnly || isReadOnly {
      throw QrrotError(
        .readOnly, "import writes, and this session is read-only (--read-only)")
    }
    guard session.transaction == nil else {
      throw QrrotError(
        .refused, "import works outside a transaction; commit or rollback ends this one")
    }
    return RemoteBulkWrite(self, policy)
  }
}
