public import QrrotCore
internal import QrrotWire

/// Records that are gathered here and go to the server when they are applied: there they become one commit,
/// all of them or none.
///
/// What comes twice is known at once; that a key is there already only when they are applied.
final class RemoteBulkWrite: BulkWrite {
  private let engine: RemoteEngine
  private var waiting: WaitingRecords
  /// The server's bulk write, filled, where it could not be applied because of `undo`.
  private var filled: RemotePlace?

  init(_ engine: RemoteEngine, _ policy: ConflictPolicy) {
    self.engine = engine
    waiting = WaitingRecords(policy)
  }

  var count: Int { waiting.count }

  func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome { try waiting.add(record) }

  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    waiting.setExpiry(expiry, of: key)
  }

  func remove(_ key: UnsafeRawBufferPointer) -> Bool { waiting.remove(key) }

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
      .beginBulk(waiting.policy), .repeatable, in: &session)
    guard case .bulk(let number) = content else { throw RemoteEngine.unreadable }
    let place = connection.place(number)
    let records = waiting.elements
    var start = 0
    while start < records.count {
      try session.interrupt.check()
      var end = start
      var byteCount = 0
      while end < records.count, byteCount < Self.partByteCount {
        byteCount += records[end].key.count + records[end].record.value.storedByteCount + 16
        end += 1
      }
      let part = records[start..<end].map { CallRecord(key: $0.key, record: $0.record) }
      _ = try engine.call(
        .addToBulk(number, part),
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
    try session.requireBulkWrite(isReadOnly: isReadOnly)
    return RemoteBulkWrite(self, policy)
  }
}
