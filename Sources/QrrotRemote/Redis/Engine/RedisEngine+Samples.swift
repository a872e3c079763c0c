public import QrrotCore

/// Looks at a few keys or records.
extension RedisEngine {
  /// Some records from all over the database; see ``Engine/sampleRecords(limit:timeLimit:in:)``.
  ///
  /// A database of no more than `limit` keys is looked at whole, of a larger one keys are taken at random.
  public func sampleRecords(
    limit: Int, timeLimit: Duration, in session: Session
  ) async throws(QrrotError) -> RecordSample {
    let count = try keyCount(session.interrupt)
    var keys: Set<[UInt8]> = []
    if count <= limit {
      keys = Set(try allKeys(session.interrupt))
    } else {
      let nodes = try nodes.primaries(interrupt: session.interrupt)
      var batch = RedisBatch()
      for _ in 0..<max(1, 2 * limit / max(1, nodes.count)) {
        batch.append("RANDOMKEY", isRead: true)
      }
      for node in nodes {
        for reply in try self.nodes.run(batch, on: node, interrupt: session.interrupt)
        where keys.count < limit && reply.error == nil && !reply.isNull {
          keys.insert(reply.content)
        }
      }
    }
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    var rest = RecordSample.allByteLimit
    var records: [RecordSample.Record] = []
    let deadline = ContinuousClock.now + timeLimit
    for start in stride(from: 0, to: sorted.count, by: Self.sampledAtOnceCount)
    where records.isEmpty || ContinuousClock.now < deadline {
      let part = Array(sorted[start..<min(start + Self.sampledAtOnceCount, sorted.count)])
      for (key, record) in zip(part, try fetch(part, interrupt: session.interrupt)) {
        guard let value = record.value else { continue }
        let byteCount = value.storedByteCount
        let isShort = byteCount <= min(rest, RecordSample.valueByteLimit)
        if isShort { rest -= byteCount }
        records.append(
          .init(
            key: key, type: value.type, valueByteCount: byteCount, value: isShort ? value : nil))
      }
    }
    return RecordSample(records: records, keyCount: count)
  }

  private static let sampledAtOnceCount = 64

  /// Keys for completion; see ``Engine/sampleKeys(startingWith:in:limit:timeLimit:)``. What does not come within
  /// the time is left out, and so is everything while there is no connection.
  public func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample {
    let end = ContinuousClock.now + timeLimit
    var found: Set<[UInt8]> = []
    for key in session.transaction?.writtenKeys ?? [] where key.starts(with: prefix) {
      if session.transaction?.staged(key) != .removed { found.insert(key) }
    }
    var isPartial = false
    for node in nodes.knownPrimaries {
      var cursor = Array("0".utf8)
      repeat {
        let left = Int((end - ContinuousClock.now) / .milliseconds(1))
        guard found.count < limit, left > 0,
          let (keys, next) = look(from: cursor, prefix, node, milliseconds: left)
        else {
          isPartial = true
          break
        }
        for key in keys where session.transaction?.staged(key) == nil && found.count < limit {
          found.insert(key)
        }
        cursor = next
      } while cursor != Array("0".utf8)
    }
    let keys = found.sorted { $0.lexicographicallyPrecedes($1) }
    return KeySample(keys: keys, isPartial: isPartial || nodes.knownPrimaries.isEmpty)
  }

  private func look(
    from cursor: [UInt8], _ prefix: [UInt8], _ node: RedisNodeName, milliseconds: Int
  ) -> (keys: [[UInt8]], next: [UInt8])? {
    var words = [Array("SCAN".utf8), cursor]
    if !prefix.isEmpty { words += [Array("MATCH".utf8), RedisScan.prefixPattern(prefix)] }
    words += [Array("COUNT".utf8), Array("1000".utf8)]
    var batch = RedisBatch()
    batch.append(words, key: nil, isRead: true)
    guard let reply = nodes.glance(batch, on: node, milliseconds: milliseconds)?.first,
      reply.error == nil, reply.count == 2
    else { return nil }
    var keys: [[UInt8]] = []
    reply[1].forEach { keys.append($0.content) }
    return (keys, reply[0].content)
  }

  /// Names of members for completion: of one document, or of those that the first keys hold.
  public func sampleMembers(
    startingWith prefix: [UInt8], at container: JSONPath, of documents: SampledDocuments,
    in session: Session, limit: Int, timeLimit: Duration
  ) -> MemberSample {
    let end = ContinuousClock.now + timeLimit
    var keys: [[UInt8]]
    switch documents {
    case .key(let key): keys = [key]
    case .matching(let pattern):
      keys =
        sampleKeys(
          startingWith: pattern?.literalPrefix ?? [], in: session, limit: Self.sampledAtOnceCount,
          timeLimit: timeLimit / 2
        ).keys
      keys.removeLast(max(0, keys.count - Self.sampledAtOnceCount))
    }
    var batch = RedisBatch()
    for key in keys { batch.append("GET", key, isRead: true) }
    let left = Int((end - ContinuousClock.now) / .milliseconds(1))
    guard !keys.isEmpty, left > 0,
      let replies = nodes.glance(batch, on: nil, milliseconds: left)
    else { return MemberSample(names: [], isPartial: true) }
    var names: Set<[UInt8]> = []
    var reader = RedisText()
    for reply in replies where reply.error == nil && !reply.isNull {
      reply.withContent { text in
        reader.with(text) { type, document in
          guard type == .json else { return }
          Self.take(prefix, container, document, limit: limit, &names)
        }
      }
    }
    return MemberSample(
      names: names.sorted { $0.lexicographicallyPrecedes($1) }, isPartial: true)
  }

  private static func take(
    _ prefix: [UInt8], _ container: JSONPath, _ document: UnsafeRawBufferPointer, limit: Int,
    _ names: inout Set<[UInt8]>
  ) {
    var scratch = JSONScratch(stepLimit: 100_000)
    // A document that takes too long has no names here.
    try? container.forEach(in: document, scratch: &scratch) { range throws(QrrotError) in
      let object = UnsafeRawBufferPointer(rebasing: document[range])
      try JSONText.forEachMemberName(of: object) { name in
        if name.starts(with: prefix) { names.insert(name) }
        return names.count < limit
      }
      return names.count < limit
    }
  }
}
