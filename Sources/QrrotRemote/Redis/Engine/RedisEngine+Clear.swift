internal import QrrotCore

/// Removing all keys, and what the servers say of themselves.
extension RedisEngine {
  /// Removes all keys of the database.
  ///
  /// Keys that share a slot, as all do outside a cluster, go as one commit that undo takes back, as long as it
  /// keeps that much; what others add meanwhile stays. Of others each primary is emptied by itself, and nothing is
  /// kept for undo.
  ///
  /// - Throws: `refused` with detail `exceedsUndo` where it can't be taken back and the session wants to know that
  ///   beforehand.
  func clear(in session: inout Session, into reply: inout Reply) throws(QrrotError) {
    if session.transaction != nil { return try stageClear(in: &session, into: &reply) }
    let count = try keyCount(session.interrupt)
    guard count > 0 else { return reply.set(integer: 0) }
    let keys = count > Self.undoneCountMax ? nil : try allKeys(session.interrupt)
    guard session.keepsUndo, let keys, let slot = oneSlot(of: keys) else {
      if session.keepsUndo, !session.allowsWritesBeyondUndo {
        throw QrrotError(
          .refused, "this removes \(count) keys, which undo could not bring back",
          detail: .exceedsUndo(byteCount: Limits.undoByteCount + 1))
      }
      return try flush(count, in: &session, into: &reply)
    }
    let images = try nodes.converse(slot: slot, interrupt: session.interrupt) {
      conversation throws(RedisDetour) in
      try RedisCommit(self, conversation, for: session).run(watching: keys) { records in
        zip(keys, records).compactMap { key, record in
          guard record.kind != .absent else { return nil }
          return RedisChange(key: key, before: record, write: .removal)
        }
      }
    }
    remember(images, in: &session)
    reply.set(integer: Int64(images.count))
  }

  /// More keys than that are not fetched to be kept.
  private static let undoneCountMax = 200_000

  /// The slot that all keys have, nil inside where there are no slots; nil if they have several.
  private func oneSlot(of keys: [[UInt8]]) -> Int32?? {
    do throws(QrrotError) { return .some(try commonSlot(of: keys)) } catch { return nil }
  }

  private func flush(
    _ count: Int, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    var batch = RedisBatch()
    batch.append("FLUSHDB", isRead: false)
    for node in try nodes.primaries(interrupt: session.interrupt) {
      let answer = try nodes.run(batch, on: node, interrupt: session.interrupt)[0]
      if let error = answer.error { throw RedisError.sentence(error, name: name) }
    }
    // Nothing before it can be undone either.
    if session.keepsUndo { session.undo.begin(byteCount: .max) }
    reply.set(integer: Int64(count))
  }

  /// All keys that there are.
  func allKeys(
    matching pattern: Glob? = nil, _ interrupt: Interrupt
  ) throws(QrrotError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var scan = RedisScan(self, pattern, wantsValues: false, wantsDeadlines: false, interrupt)
    try scan.forEach { item in keys.append(item.key) }
    return keys
  }

  private func stageClear(
    in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let keyspace = try keyspaceVersion(session.interrupt)
    let keys = try allKeys(session.interrupt)
    let written = session.transaction?.writtenKeys ?? []
    _ = try commonSlot(of: written + keys)
    let moment = clock.milliseconds()
    var removed: [(key: [UInt8], version: UInt64)] = []
    for (key, record) in zip(keys, try fetch(keys, interrupt: session.interrupt))
    where record.kind != .absent && session.transaction?.staged(key) == nil {
      removed.append((key, record.version))
    }
    var needed = session.transaction?.stagedMemory ?? 0
    for each in removed { needed += Transaction.bookkeepingByteCount + each.key.count }
    try session.requireStagingRoom(needed)
    session.transaction?.sawKeyspace(version: keyspace)
    var count = removed.count
    for each in removed {
      session.transaction?.stage(.removed, at: each.key, version: each.version)
    }
    for key in written {
      guard case .value(_, let expiry)? = session.transaction?.staged(key) else { continue }
      if expiry == 0 || expiry > moment { count += 1 }
      let seen = session.transaction?.entries[key]?.seenVersion ?? 0
      session.transaction?.stage(.removed, at: key, version: seen)
    }
    reply.set(integer: Int64(count))
  }

  /// `info`: what the servers say of themselves, those of a cluster together.
  func info(in session: inout Session, into reply: inout Reply) throws(QrrotError) {
    let primaries = try nodes.primaries(interrupt: session.interrupt)
    var sums: [String: Int] = [:]
    for node in primaries {
      for (name, value) in try facts(of: node, session.interrupt) {
        if let number = Int(value) { sums[name, default: 0] += number }
      }
    }
    let count = try keyCount(session.interrupt)
    reply.reset(.rows, columns: ["property", "value"])
    func row(_ name: String, _ value: String) {
      reply.append(word: name)
      reply.append(word: value)
    }
    func row(_ name: String, _ value: Int) {
      reply.append(word: name)
      reply.append(integer: Int64(value))
    }
    row("server", name)
    row("kind", serverVersion)
    row("primaries", primaries.count)
    row("keys", count)
    row("memory", sums["used_memory"] ?? 0)
    row("max-memory", sums["maxmemory"] ?? 0)
    row("clients", sums["connected_clients"] ?? 0)
    row("version", Version.current)
  }
}
