internal import QrrotCore
internal import QrrotStore
internal import Synchronization

/// When what was written here expires, by version: undo has to know whether a key that is absent has expired,
/// which is nobody's change. What is not known any more counts as removed by somebody.
final class RedisDeadlines: Sendable {
  private let times = Mutex<[UInt64: Int64]>([:])

  func note(_ record: RedisRecord) {
    guard record.expiry != 0 else { return }
    times.withLock { times in
      if times.count >= Self.limit { times.removeAll() }
      times[record.version] = record.expiry
    }
  }

  /// Whether a record of this version has expired by `moment`.
  func hasExpired(_ version: UInt64, at moment: Int64) -> Bool {
    times.withLock { times in times[version].map { $0 <= moment } ?? false }
  }

  /// Far more than the writes that a session can undo.
  private static let limit = 100_000
}

/// Taking writes back.
extension RedisEngine {
  /// Notes in the session what a commit has changed, for undo.
  func remember(_ images: [RedisImage], in session: inout Session) {
    let changed = images.filter { $0.before.version != $0.after.version }
    guard session.keepsUndo, !changed.isEmpty else { return }
    session.undo.begin(byteCount: changed.reduce(0) { $0 + $1.byteCount })
    for image in changed {
      deadlines.note(image.after)
      image.key.withUnsafeBytes { key in
        let before = image.dump.map { Value.string($0) } ?? image.before.value
        guard let before else {
          return session.undo.record(
            key: key, type: nil, value: UnsafeRawBufferPointer(start: nil, count: 0),
            versionBefore: 0, versionAfter: image.after.version)
        }
        before.withStoredBytes { type, bytes in
          session.undo.record(
            key: key, type: type, value: bytes, expiry: image.before.expiry,
            versionBefore: image.before.version, versionAfter: image.after.version)
        }
      }
    }
    session.undo.end()
  }

  /// Takes back the session's last `count` writes, all or none of them.
  ///
  /// - Throws: `refused` if there are fewer, or if a cluster keeps their keys in different slots; `conflict`
  ///   naming a key that somebody has changed since.
  func undo(
    _ count: Int, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    guard count <= session.undo.count else { throw .nothingToUndo(count, session.undo) }
    var chains: [[UInt8]: [UndoLog.Image]] = [:]
    for age in 0..<count {
      for image in session.undo.images(age: age) { chains[image.key, default: []].append(image) }
    }
    let keys = chains.keys.sorted { $0.lexicographicallyPrecedes($1) }
    let slot: Int32?
    do throws(QrrotError) { slot = try commonSlot(of: keys) } catch {
      throw QrrotError(error.code, "\(error.message); undo takes back the last one alone")
    }
    _ = try nodes.converse(slot: slot, interrupt: session.interrupt) {
      conversation throws(RedisDetour) in
      var quiet = Session(interrupt: session.interrupt)
      quiet.keepsUndo = false
      return try RedisCommit(self, conversation, for: quiet).run(watching: keys) {
        records throws(QrrotError) in
        try restoring(keys, records, chains)
      }
    }
    session.undo.removeNewest(count)
    try showRestored(keys, session.interrupt, into: &reply)
  }

  private func restoring(
    _ keys: [[UInt8]], _ records: [RedisRecord], _ chains: [[UInt8]: [UndoLog.Image]]
  ) throws(QrrotError) -> [RedisChange] {
    let moment = clock.milliseconds()
    var changes: [RedisChange] = []
    for (key, record) in zip(keys, records) {
      guard let chain = chains[key], let oldest = chain.last else { continue }
      var now = record.version
      for image in chain {
        let hasExpired = now == 0 && deadlines.hasExpired(image.versionAfter, at: moment)
        guard now == image.versionAfter || hasExpired else { throw .hasChangedSinceWrite(key) }
        now = image.versionBefore
      }
      if let change = restoration(of: oldest, over: record, at: moment) { changes.append(change) }
    }
    return changes
  }

  /// What brings back what a key held; nil if it holds it.
  private func restoration(
    of image: UndoLog.Image, over record: RedisRecord, at moment: Int64
  ) -> RedisChange? {
    let hasExpired = image.expiry != 0 && image.expiry <= moment
    guard let before = image.before, !hasExpired else {
      guard record.kind != .absent else { return nil }
      return RedisChange(key: image.key, before: record, write: .removal)
    }
    guard record.version != image.versionBefore else { return nil }
    let kind = RedisRecord.kind(ofVersion: image.versionBefore)
    if kind.isView, case .string(let payload) = before {
      return RedisChange(
        key: image.key, before: record,
        write: .restored(payload, expiry: image.expiry, kind: kind))
    }
    return RedisChange(
      key: image.key, before: record,
      write: .whole(before, expiry: image.expiry, asModule: kind == .json))
  }

  /// A row for each key, with what it holds now.
  private func showRestored(
    _ keys: [[UInt8]], _ interrupt: Interrupt, into reply: inout Reply
  ) throws(QrrotError) {
    reply.reset(.rows, columns: ["key", "type", "value"])
    for (key, record) in zip(keys, try fetch(keys, interrupt: interrupt)) {
      reply.append(.key, key)
      if let value = record.value {
        reply.append(word: record.kind.isView ? record.typeName : value.type.name)
        reply.append(value)
      } else {
        reply.append(word: "nil")
        reply.appendAbsent()
      }
    }
  }
}
