public import QrrotCore
internal import QrrotStore

/// Records that are read in byte order of their keys. Redis has no moment that can be kept: keys are those that
/// there were at the beginning, what they hold is read when it is their turn.
final class RedisRecordReading: RecordReading {
  private let engine: RedisEngine
  private let keys: [[UInt8]]
  private let interrupt: Interrupt
  private(set) var doneCount = 0
  private var pieceCount = 100

  init(_ engine: RedisEngine, _ keys: [[UInt8]], _ interrupt: Interrupt) {
    self.engine = engine
    self.keys = keys
    self.interrupt = interrupt
  }

  var count: Int { keys.count }

  func next(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) -> Bool {
    try interrupt.check()
    guard doneCount < keys.count else { return false }
    let piece = Array(keys[doneCount..<min(keys.count, doneCount + pieceCount)])
    let records = try engine.fetch(piece, interrupt: interrupt)
    var byteCount = 0
    for (key, record) in zip(piece, records) {
      guard let value = record.value else { continue }
      byteCount += value.storedByteCount
      try key.withUnsafeBufferPointer { key throws(QrrotError) in
        try value.withStoredBytes { type, bytes throws(QrrotError) in
          try body(
            RecordView(
              key: UnsafeRawBufferPointer(key), type: type, value: bytes, expiry: record.expiry))
        }
      }
    }
    doneCount += piece.count
    let wanted = Self.pieceByteCount / max(1, byteCount / piece.count)
    pieceCount = min(max(wanted, 10), min(2 * pieceCount, Self.pieceCountMax))
    return true
  }

  private static let pieceByteCount = 4 << 20
  private static let pieceCountMax = 5_000
}

/// Records that are gathered here and written when they are applied.
///
/// On one server they are one commit, all or none. A cluster takes each by itself, once none of the keys was found
/// that must not be there; an error says how many have been written.
final class RedisBulkWrite: BulkWrite {
  private let engine: RedisEngine
  private var waiting: WaitingRecords

  init(_ engine: RedisEngine, _ policy: ConflictPolicy) {
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
    try engine.settleAhead(&session)
    var counts = BulkCounts()
    guard engine.nodes.facts.isCluster else {
      let images = try write(waiting.elements, slot: nil, session, &counts)
      engine.remember(images, in: &session)
      return counts
    }
    var left = waiting.elements
    if engine.nodes.facts.hasDeadlines {
      left = try engine.putEach(waiting.elements, waiting.policy, session.interrupt, &counts)
    }
    var slots: [Int32: [(key: [UInt8], record: StoredRecord)]] = [:]
    for each in left { slots[RedisNodes.slot(of: each.key), default: []].append(each) }
    for (slot, part) in slots.sorted(by: { $0.key < $1.key }) {
      do throws(QrrotError) {
        _ = try write(part, slot: slot, session, &counts)
      } catch {
        let done = counts.insertedCount + counts.replacedCount
        guard done > 0 else { throw error }
        throw QrrotError(
          error.code,
          "\(error.message); \(done) other keys have been written already")
      }
    }
    // What is not one commit can't be taken back as one, nor what came before it.
    if session.keepsUndo, counts.insertedCount + counts.replacedCount > 0 {
      session.undo.begin(byteCount: .max)
    }
    return counts
  }

  private func write(
    _ part: [(key: [UInt8], record: StoredRecord)], slot: Int32?, _ session: Session,
    _ counts: inout BulkCounts
  ) throws(QrrotError) -> [RedisImage] {
    guard !part.isEmpty else { return [] }
    let keys = part.map(\.key)
    var now = BulkCounts()
    let images = try engine.nodes.converse(slot: slot, interrupt: session.interrupt) {
      conversation throws(RedisDetour) in
      try RedisCommit(engine, conversation, for: session).run(watching: keys) {
        found throws(QrrotError) in
        now = BulkCounts()
        var changes: [RedisChange] = []
        for (each, before) in zip(part, found) {
          guard let change = try change(each, before, &now) else { continue }
          changes.append(change)
        }
        return changes
      }
    }
    counts.insertedCount += now.insertedCount
    counts.replacedCount += now.replacedCount
    counts.skippedCount += now.skippedCount
    return images
  }

  private func change(
    _ each: (key: [UInt8], record: StoredRecord), _ before: RedisRecord, _ counts: inout BulkCounts
  ) throws(QrrotError) -> RedisChange? {
    if before.kind != .absent {
      switch waiting.policy {
      case .error:
        throw each.key.withUnsafeBytes { .keyIsThere($0) }
      case .skip:
        counts.skippedCount += 1
        return nil
      case .replace: counts.replacedCount += 1
      }
    } else {
      counts.insertedCount += 1
    }
    if before.value == each.record.value, before.expiry == each.record.expiry { return nil }
    if before.kind.isView, before.value != each.record.value {
      // Replaced as a whole, whatever it was.
      return RedisChange(
        key: each.key, before: before,
        write: .whole(
          each.record.value, expiry: each.record.expiry, asModule: engine.nodes.facts.hasJSON))
    }
    return try engine.change(
      each.key, before, .value(each.record.value, expiry: each.record.expiry))
  }
}

extension RedisEngine {
  /// Begins to gather records; see ``Engine/beginBulkWrite(onConflict:in:)``.
  public func beginBulkWrite(
    onConflict policy: ConflictPolicy, in session: inout Session
  ) async throws(QrrotError) -> any BulkWrite {
    try session.requireBulkWrite(isReadOnly: isReadOnly)
    return RedisBulkWrite(self, policy)
  }

  /// Begins to read records in byte order of their keys; see ``Engine/beginReading(matching:in:)``. The keys stand
  /// in this process's memory meanwhile.
  public func beginReading(
    matching pattern: [UInt8]?, in session: inout Session
  ) async throws(QrrotError) -> any RecordReading {
    try settleAhead(&session)
    let glob = try pattern.map { pattern throws(QrrotError) in try Glob(pattern) }
    let keys = try allKeys(matching: glob, session.interrupt)
    return RedisRecordReading(
      self, keys.sorted { $0.lexicographicallyPrecedes($1) }, session.interrupt)
  }
}
