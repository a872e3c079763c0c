internal import QrrotCore
internal import QrrotWire

/// Sends requests to where they belong: over a pool, or within a conversation.
typealias RedisSender = (RedisBatch) throws(RedisDetour) -> [RedisReply]

/// Reads whole keys, many in one go.
struct RedisFetch {
  let facts: RedisFacts
  /// Sends requests.
  let send: RedisSender
  /// The name of the servers, for errors.
  let name: String

  /// What keys hold, in their order.
  ///
  /// Texts take one way there and back, what Redis keeps in other forms two more.
  ///
  /// - Parameter watches: whether the keys, which have one slot, are watched from before they are read.
  /// - Throws: what the servers refuse.
  func records(
    of keys: [[UInt8]], watches: Bool = false
  ) throws(RedisDetour) -> [RedisRecord] {
    guard !keys.isEmpty else { return [] }
    var batch = RedisBatch()
    if watches { batch.append([Array("WATCH".utf8)] + keys, key: 1, isRead: true) }
    for key in keys {
      batch.append("GET", key, isRead: true)
      appendDeadline(of: key, to: &batch)
    }
    var replies = try send(batch)[...]
    if watches, let error = replies.removeFirst().error { throw .failure(refusal(error)) }
    let first = replies.startIndex
    var records: [RedisRecord] = []
    records.reserveCapacity(keys.count)
    var others: [Int] = []
    for index in keys.indices {
      let (text, deadline) = (replies[first + 2 * index], replies[first + 2 * index + 1])
      if let error = text.error {
        guard error.hasPrefix("WRONGTYPE") else { throw .failure(refusal(error)) }
        others.append(index)
      }
      records.append(record(text, expiry: try expiry(deadline)))
    }
    try readOthers(others, keys, &records)
    return records
  }

  private func record(_ text: RedisReply, expiry: Int64) -> RedisRecord {
    if text.error != nil {
      var record = RedisRecord.absent
      record.expiry = expiry
      return record
    }
    guard !text.isNull else { return .absent }
    return text.withContent { .string($0, expiry: expiry) }
  }

  /// Reads what is no text.
  private func readOthers(
    _ indexes: [Int], _ keys: [[UInt8]], _ records: inout [RedisRecord]
  ) throws(RedisDetour) {
    guard !indexes.isEmpty else { return }
    var batch = RedisBatch()
    for index in indexes { batch.append("TYPE", keys[index], isRead: true) }
    let names = try send(batch).map { reply throws(RedisDetour) in
      if let error = reply.error { throw .failure(refusal(error)) }
      return reply.text
    }
    var contents = RedisBatch()
    var asked: [(index: Int, kind: RedisRecord.Kind, typeName: String)] = []
    for (index, typeName) in zip(indexes, names) {
      let kind = RedisRecord.Kind(typeName: typeName)
      let expiry = records[index].expiry
      if let words = RedisView.reading(kind, keys[index]) {
        contents.append(words, key: 1, isRead: true)
        asked.append((index, kind, typeName))
      } else if kind == .other {
        records[index] = Self.view(kind, typeName, Array("null".utf8), expiry: expiry)
      }
    }
    guard !asked.isEmpty else { return }
    for (each, reply) in zip(asked, try send(contents)) {
      records[each.index] = try record(
        each.kind, each.typeName, reply, expiry: records[each.index].expiry)
    }
  }

  /// What a key of this kind holds, from the answer to ``RedisView/reading(_:_:)``.
  ///
  /// - Throws: what the servers refuse. A key that has become another kind meanwhile counts as absent.
  func record(
    _ kind: RedisRecord.Kind, _ typeName: String, _ reply: RedisReply, expiry: Int64
  ) throws(RedisDetour) -> RedisRecord {
    if let error = reply.error {
      if error.hasPrefix("WRONGTYPE") { return .absent }
      throw .failure(refusal(error))
    }
    if reply.isNull || (reply.kind != .bulk && reply.kind != .verbatim && reply.count == 0) {
      return .absent
    }
    switch kind {
    case .string: return reply.withContent { .string($0, expiry: expiry) }
    case .json:
      var compact: [UInt8] = []
      let text = reply.content
      do throws(JSONSyntaxError) {
        try JSONText.appendCompact(text.span, to: &compact)
      } catch {
        throw .failure(
          QrrotError(.network, "\(name) has answered with JSON that is none, for a JSON value"))
      }
      return Self.view(kind, typeName, compact, expiry: expiry)
    default: return Self.view(kind, typeName, RedisView(kind, reply).text, expiry: expiry)
    }
  }

  private static func view(
    _ kind: RedisRecord.Kind, _ typeName: String, _ text: [UInt8], expiry: Int64
  ) -> RedisRecord {
    RedisRecord(
      kind: kind, typeName: typeName, value: .json(text), expiry: expiry,
      contentHash: text.withUnsafeBytes { RedisRecord.contentHash(kind, $0) })
  }

  // MARK: - Deadlines

  /// Asks when a key expires.
  func appendDeadline(of key: [UInt8], to batch: inout RedisBatch) {
    if facts.hasDeadlines {
      batch.append("PEXPIRETIME", key, isRead: true)
    } else {
      batch.append("PTTL", key, isRead: true)
    }
  }

  /// What was answered to that: milliseconds since 1970, 0 for never and for an absent key.
  func expiry(_ reply: RedisReply) throws(RedisDetour) -> Int64 {
    if let error = reply.error { throw .failure(refusal(error)) }
    guard let number = reply.integer, number >= 0 else { return 0 }
    if facts.hasDeadlines { return number }
    // A server of before 7.0 tells only how long it is until then. To the second, so that a key which nobody
    // has touched looks the same a moment later.
    let time = ServerClock(offset: facts.clockOffset).milliseconds() + number
    return (time + 500) / 1_000 * 1_000
  }

  /// The error for what a server has refused.
  func refusal(_ text: String) -> QrrotError { RedisError.sentence(text, name: name) }
}
