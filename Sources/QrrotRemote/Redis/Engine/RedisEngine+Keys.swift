internal import QrrotCore
internal import QrrotStore

/// Commands that name their keys.
extension RedisEngine {
  /// The keys of a command, each once.
  static func keys(of command: Command) -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    return command.arguments.indices.compactMap { index in
      guard command.arguments[index].kind == .key else { return nil }
      let key = command.content(index)
      return seen.insert(key).inserted ? key : nil
    }
  }

  /// Runs a command over what its keys hold.
  ///
  /// - Returns: what it has made of them, for those that it has written.
  /// - Throws: what the embedded engine throws; `type` for a change of what the language only shows.
  func evaluate(
    _ command: Command, over records: [(key: [UInt8], record: RedisRecord)], _ interrupt: Interrupt,
    into reply: inout Reply
  ) throws(QrrotError) -> [(index: Int, staged: Transaction.Staged)] {
    var transaction = Transaction()
    for (key, record) in records {
      guard let value = record.value else { continue }
      transaction.stage(.value(value, expiry: record.expiry), at: key, version: 0)
    }
    // From here on it notes what is written, also if that leaves it as it was.
    transaction.keepJournal()
    var session = Session(interrupt: interrupt)
    session.transaction = transaction
    do throws(QrrotError) {
      try evaluator.execute(command, in: &session, into: &reply)
    } catch {
      throw Self.named(error, command, records)
    }
    let written = Set(
      (session.transaction?.takeJournal() ?? []).lazy.filter(\.isWritten).map(\.key))
    var changes: [(Int, Transaction.Staged)] = []
    for (index, (key, record)) in records.enumerated() {
      guard written.contains(key), let after = session.transaction?.staged(key) else { continue }
      try Self.requireWritable(record, key, command, after)
      changes.append((index, after))
    }
    if command.name == .type, let record = records.first?.record, record.kind.isView {
      reply.set(word: record.typeName)
    }
    return changes
  }

  /// An error of the type of a view is about what Redis keeps there.
  private static func named(
    _ error: QrrotError, _ command: Command, _ records: [(key: [UInt8], record: RedisRecord)]
  ) -> QrrotError {
    guard error.code == .type, let (key, record) = records.first, record.kind.isView else {
      return error
    }
    return QrrotError(
      .type,
      "\(QrrotError.excerpt(key)) holds a \(record.typeName) of Redis; \(command.name.text) needs another type"
    )
  }

  private static func requireWritable(
    _ record: RedisRecord, _ key: [UInt8], _ command: Command, _ after: Transaction.Staged
  ) throws(QrrotError) {
    guard record.kind.isView, case .value(let value, _) = after, value != record.value else {
      return
    }
    let hasPath = command.arguments.contains { $0.kind == .path }
    if record.kind == .hash, hasPath, case .json(let text) = value,
      text.first == UInt8(ascii: "{")
    {
      return
    }
    let advice =
      record.kind == .hash
      ? "set its fields with put KEY $.field VALUE, or del it first"
      : "it can be looked at here; del removes it"
    throw QrrotError(
      .type, "\(QrrotError.excerpt(key)) holds a \(record.typeName) of Redis; \(advice)")
  }

  // MARK: - Outside a transaction

  /// Runs a command that reads.
  func read(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let keys = Self.keys(of: command)
    if command.name == .exists { return try exists(command, session.interrupt, into: &reply) }
    if command.name == .get, command.arguments.count == 1,
      try get(keys[0], session.interrupt, into: &reply)
    {
      return
    }
    let records = try fetch(keys, interrupt: session.interrupt)
    _ = try evaluate(
      command, over: Array(zip(keys, records)), session.interrupt, into: &reply)
  }

  /// Gets a text: one request.
  ///
  /// - Returns: false if it is none.
  private func get(
    _ key: [UInt8], _ interrupt: Interrupt, into reply: inout Reply
  ) throws(QrrotError) -> Bool {
    var batch = RedisBatch()
    batch.append("GET", key, isRead: true)
    let answer = try nodes.run(batch, interrupt: interrupt)[0]
    if let error = answer.error {
      guard error.hasPrefix("WRONGTYPE") else { throw RedisError.sentence(error, name: name) }
      return false
    }
    if answer.isNull {
      reply.reset(.none)
      return true
    }
    reply.reset(.single)
    answer.withContent { text in
      var reader = RedisText()
      reader.with(text) { type, bytes in
        if type == .int {
          reply.append(integer: bytes.storedInteger, as: .value(.int))
        } else {
          reply.append(.value(type), bytes)
        }
      }
    }
    return true
  }

  /// Counts the keys that are there, each as often as it is named.
  private func exists(
    _ command: Command, _ interrupt: Interrupt, into reply: inout Reply
  ) throws(QrrotError) {
    var batch = RedisBatch()
    for index in command.arguments.indices {
      batch.append("EXISTS", command.content(index), isRead: true)
    }
    var count: Int64 = 0
    for answer in try nodes.run(batch, interrupt: interrupt) {
      if let error = answer.error { throw RedisError.sentence(error, name: name) }
      count += answer.integer ?? 0
    }
    reply.set(integer: count)
  }

  /// Runs a command that writes, as one commit.
  func write(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let keys = Self.keys(of: command)
    let slot = try commonSlot(of: keys)
    let images = try nodes.converse(slot: slot, interrupt: session.interrupt) {
      conversation throws(RedisDetour) in
      try RedisCommit(self, conversation, for: session).run(watching: keys) {
        records throws(QrrotError) in
        let changes = try evaluate(
          command, over: Array(zip(keys, records)), session.interrupt, into: &reply)
        var writes: [RedisChange] = []
        for change in changes {
          let write = try self.change(keys[change.index], records[change.index], change.staged)
          if let write { writes.append(write) }
        }
        return writes
      }
    }
    remember(images, in: &session)
  }

  /// What it takes to make of a key what the language has made of it; nil where nothing changes.
  func change(
    _ key: [UInt8], _ before: RedisRecord, _ staged: Transaction.Staged
  ) throws(QrrotError) -> RedisChange? {
    try RedisWrite(staged, over: before, modules: nodes.facts.hasJSON).map {
      RedisChange(key: key, before: before, write: $0)
    }
  }

  // MARK: - Inside one

  /// Runs a command over the session's transaction.
  func executeStaged(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let keys = Self.keys(of: command)
    let fetched = try fetch(keys, interrupt: session.interrupt)
    let moment = clock.milliseconds()
    var seen: [(key: [UInt8], record: RedisRecord)] = []
    for (key, record) in zip(keys, fetched) {
      guard let staged = session.transaction?.staged(key) else {
        seen.append((key, record))
        continue
      }
      seen.append((key, Self.record(staged, over: record, at: moment)))
    }
    // A command that fails has read its keys all the same.
    for (key, record) in zip(keys, fetched) where session.transaction?.staged(key) == nil {
      deadlines.note(record)
      session.transaction?.sawKey(key, version: record.version)
    }
    let changes = try evaluate(command, over: seen, session.interrupt, into: &reply)
    if !changes.isEmpty {
      let written = session.transaction?.writtenKeys ?? []
      _ = try commonSlot(of: written + changes.map { keys[$0.index] })
    }
    for change in changes {
      var byteCount = 0
      if case .value(let value, _) = change.staged { byteCount = value.storedByteCount }
      try session.requireStagingRoom(for: keys[change.index], valueByteCount: byteCount)
    }
    for change in changes {
      session.transaction?.stage(
        change.staged, at: keys[change.index], version: fetched[change.index].version)
    }
  }

  /// A key as the transaction that has staged it sees it.
  static func record(
    _ staged: Transaction.Staged, over record: RedisRecord, at moment: Int64
  ) -> RedisRecord {
    guard case .value(let value, let expiry) = staged, expiry == 0 || expiry > moment else {
      return .absent
    }
    var staged = RedisRecord.absent
    // What is still the view of a hash stays one: its fields can be set.
    let isView = record.kind.isView && record.value?.type == value.type
    staged.kind = isView ? record.kind : .string
    staged.typeName = isView ? record.typeName : "string"
    staged.value = value
    staged.expiry = expiry
    return staged
  }

  /// The slot that all keys have; nil where there are no slots.
  ///
  /// - Throws: `refused`, naming two keys, where a cluster keeps them in different ones.
  func commonSlot(of keys: [[UInt8]]) throws(QrrotError) -> Int32? {
    guard nodes.facts.isCluster, let first = keys.first else { return nil }
    let slot = RedisNodes.slot(of: first)
    if let other = keys.first(where: { RedisNodes.slot(of: $0) != slot }) {
      throw QrrotError(
        .refused,
        "\(QrrotError.excerpt(first)) and \(QrrotError.excerpt(other)) are in different slots of the cluster, so they can't be written together; keys with the same {tag} in them, as in {user:1}:name, share a slot"
      )
    }
    return slot
  }
}
