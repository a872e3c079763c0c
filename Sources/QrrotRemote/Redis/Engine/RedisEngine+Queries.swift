internal import QrrotCore
internal import QrrotStore

/// Commands that look at all keys.
extension RedisEngine {
  /// `find` and the aggregates: every key passes by, and what the reply needs is kept.
  func query(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    var query = try StreamedQuery(
      command, interrupt: session.interrupt, memoryLimit: Self.resultByteLimit)
    let isInTransaction = session.transaction != nil
    let keyspace = isInTransaction ? try keyspaceVersion(session.interrupt) : 0
    var reader = RedisText()
    let staged = session.transaction
    var scan = RedisScan(
      self, query.pattern, wantsValues: query.readsValues, wantsDeadlines: isInTransaction,
      session.interrupt)
    scan.onProgress = session.onProgress
    let readsValues = query.readsValues
    try scan.forEach { item throws(QrrotError) in
      if isInTransaction, staged?.staged(item.key) != nil { return }
      guard readsValues else {
        return try Self.take(item.key, .string, nil, version: nil, &query)
      }
      let version = isInTransaction ? item.version : nil
      if let record = item.record, let value = record.value {
        return try value.withStoredBytes { type, bytes throws(QrrotError) in
          try Self.take(item.key, type, bytes, version: version, &query)
        }
      }
      try item.reply?.withContent { text throws(QrrotError) in
        try reader.with(text) { type, bytes throws(QrrotError) in
          try Self.take(item.key, type, bytes, version: version, &query)
        }
      }
    }
    let pattern = query.pattern
    try forEachStaged(staged, matching: pattern) { key, value throws(QrrotError) in
      try value.withStoredBytes { type, bytes throws(QrrotError) in
        try Self.take(key, type, bytes, version: nil, &query)
      }
    }
    try query.finish(in: &session, keyspaceVersion: keyspace, into: &reply)
  }

  /// What a result may take in this process.
  static let resultByteLimit = 1 << 30

  private static func take(
    _ key: [UInt8], _ type: ValueType, _ value: UnsafeRawBufferPointer?, version: UInt64?,
    _ query: inout StreamedQuery
  ) throws(QrrotError) {
    let value = value ?? UnsafeRawBufferPointer(start: nil, count: 0)
    try key.withUnsafeBufferPointer { key throws(QrrotError) in
      try query.take(
        key: UnsafeRawBufferPointer(key), type: type, value: value, version: version)
    }
  }

  /// Hands what a transaction has given a value to `body`.
  func forEachStaged(
    _ transaction: Transaction?, matching pattern: Glob?,
    _ body: ([UInt8], Value) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    guard let transaction else { return }
    let moment = clock.milliseconds()
    for key in transaction.writtenKeys {
      guard case .value(let value, let expiry)? = transaction.staged(key),
        expiry == 0 || expiry > moment
      else { continue }
      let matches = try key.withUnsafeBufferPointer { bytes throws(QrrotError) in
        try pattern?.matches(UnsafeRawBufferPointer(bytes)) ?? true
      }
      if matches { try body(key, value) }
    }
  }

  /// A row of `all`.
  private struct Row {
    var key: [UInt8]
    var typeName: String
    var value: Value?
    var version: UInt64?
  }

  /// `all` and `keys`, in byte order.
  func list(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let pattern = command.arguments.isEmpty ? nil : try Glob(command.content(0))
    let wantsValues = command.name == .all
    let isInTransaction = session.transaction != nil
    let keyspace = isInTransaction ? try keyspaceVersion(session.interrupt) : 0
    let staged = session.transaction
    var rows: [Row] = []
    var byteCount = 0
    func add(_ row: Row) throws(QrrotError) {
      byteCount += row.key.count + (row.value?.storedByteCount ?? 0) + 96
      guard byteCount <= Self.resultByteLimit else { throw Self.tooLarge(command) }
      rows.append(row)
    }
    var scan = RedisScan(
      self, pattern, wantsValues: wantsValues || isInTransaction, wantsDeadlines: isInTransaction,
      session.interrupt)
    scan.onProgress = session.onProgress
    try scan.forEach { item throws(QrrotError) in
      if isInTransaction, staged?.staged(item.key) != nil { return }
      let record = wantsValues ? item.wholeRecord : nil
      let typeName = record.map(\.languageTypeName) ?? ""
      try add(
        Row(
          key: item.key, typeName: typeName, value: record?.value,
          version: isInTransaction ? item.version : nil))
    }
    try forEachStaged(staged, matching: pattern) { key, value throws(QrrotError) in
      let shown = wantsValues ? value : nil
      try add(Row(key: key, typeName: value.type.name, value: shown, version: nil))
    }
    rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    if rows.count > Limits.transactionScanCount {
      session.transaction?.sawKeyspace(version: keyspace)
    } else {
      for row in rows {
        if let version = row.version { session.transaction?.sawKey(row.key, version: version) }
      }
    }
    wantsValues
      ? reply.reset(.rows, columns: ["key", "type", "value"])
      : reply.reset(.keys, columns: ["key"])
    for row in rows {
      reply.append(.key, row.key)
      guard let value = row.value else { continue }
      reply.append(word: row.typeName)
      reply.append(value)
    }
  }

  private static func tooLarge(_ command: Command) -> QrrotError {
    QrrotError(
      .tooLarge,
      "the reply to \(command.name.text) takes more than \(ByteSize.text(resultByteLimit)); narrow it with a pattern, or use export"
    )
  }

  /// `size`: what the servers count.
  func size(in session: inout Session, into reply: inout Reply) throws(QrrotError) {
    if session.transaction != nil {
      session.transaction?.sawKeyspace(version: try keyspaceVersion(session.interrupt))
    }
    var count = try keyCount(session.interrupt)
    let written = session.transaction?.writtenKeys ?? []
    let moment = clock.milliseconds()
    for (key, record) in zip(written, try fetch(written, interrupt: session.interrupt)) {
      guard let staged = session.transaction?.staged(key) else { continue }
      if record.kind != .absent { count -= 1 }
      if Self.record(staged, over: record, at: moment).kind != .absent { count += 1 }
    }
    reply.set(integer: Int64(count))
  }

  /// How many keys all servers say that they have: those that have expired and were not taken away yet too.
  func keyCount(_ interrupt: Interrupt) throws(QrrotError) -> Int {
    var batch = RedisBatch()
    batch.append("DBSIZE", isRead: true)
    var count = 0
    for node in try nodes.primaries(interrupt: interrupt) {
      let reply = try nodes.run(batch, on: node, interrupt: interrupt)[0]
      if let error = reply.error { throw RedisError.sentence(error, name: name) }
      count += Int(clamping: reply.integer ?? 0)
    }
    return count
  }

  /// Changes with every write anywhere: made of what the servers count. Two that are equal in this process mean
  /// that nothing was written in between.
  ///
  /// What was sent to replicas is no part of it: there are pings among that.
  func keyspaceVersion(_ interrupt: Interrupt) throws(QrrotError) -> UInt64 {
    let wanted: Set<String> = [
      "run_id", "rdb_changes_since_last_save", "rdb_last_save_time", "expired_keys", "evicted_keys",
    ]
    var hasher = Hasher()
    for node in try nodes.primaries(interrupt: interrupt) {
      for (name, value) in try facts(of: node, interrupt) where wanted.contains(name) {
        hasher.combine(name)
        hasher.combine(value)
      }
    }
    return UInt64(bitPattern: Int64(hasher.finalize())) >> 1
  }

  /// What INFO says of a node, in its order.
  func facts(
    of node: RedisNodeName, _ interrupt: Interrupt
  ) throws(QrrotError) -> [(name: String, value: String)] {
    var batch = RedisBatch()
    batch.append([Array("INFO".utf8)], key: nil, isRead: true)
    let reply = try nodes.run(batch, on: node, interrupt: interrupt)[0]
    if let error = reply.error { throw RedisError.sentence(error, name: name) }
    return reply.text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      return (String(parts[0]), String(parts[1]))
    }
  }
}

extension RedisScanned {
  /// All that it holds.
  var wholeRecord: RedisRecord? {
    if let record { return record }
    return reply?.withContent { .string($0, expiry: expiry) }
  }

  /// Its version; nil where it is not known.
  var version: UInt64? { wholeRecord?.version }
}

extension RedisRecord {
  /// What `type` says.
  var languageTypeName: String { kind.isView ? typeName : value?.type.name ?? "nil" }
}
