internal import QrrotCore

/// One function a command. Each reads what it needs, decides whether it can be done, and only then
/// writes: a command that throws has changed nothing.
extension EngineState {
  /// Runs a command that only reads, against the table or the session's overlay.
  func read(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    switch command.name {
    case .get where command.hasPath: try getPart(command, in: &session, into: &reply)
    case .get: get(command, in: &session, into: &reply)
    case .exists: exists(command, in: &session, into: &reply)
    case .type: type(command, in: &session, into: &reply)
    case .all: try all(command, in: &session, into: &reply)
    case .keys: try keys(command, in: &session, into: &reply)
    case .size: size(in: &session, into: &reply)
    case .info: info(in: &session, into: &reply)
    case .ttl: ttl(command, in: &session, into: &reply)
    default: throw Self.notOfTheEngine(command)
    }
  }

  /// Runs a command that writes, against the table or the session's overlay; `commit` and `undo` have
  /// functions of their own.
  mutating func write(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    switch command.name {
    case .put where command.hasPath: try putPart(command, in: &session, into: &reply)
    case .del where command.hasPath: try delPart(command, in: &session, into: &reply)
    case .incr where command.hasPath:
      try addToPart(command, isNegative: false, in: &session, into: &reply)
    case .decr where command.hasPath:
      try addToPart(command, isNegative: true, in: &session, into: &reply)
    case .put: try put(command, in: &session, into: &reply)
    case .del: try del(command, in: &session, into: &reply)
    case .incr: try add(command, isNegative: false, in: &session, into: &reply)
    case .decr: try add(command, isNegative: true, in: &session, into: &reply)
    case .clear: try clear(in: &session, into: &reply)
    case .expire, .expireat: try expire(command, in: &session, into: &reply)
    case .persist: try persist(command, in: &session, into: &reply)
    default: throw Self.notOfTheEngine(command)
    }
  }

  private mutating func put(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let value = command.arguments[1]
    guard case .value(let type) = value.kind else { throw Self.malformed(command) }
    try command.bytes.withRawBytes { bytes throws(QrrotError) in
      let key = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[0].range])
      if type == .int {
        try withUnsafeBytes(of: value.integer.littleEndian) { integer throws(QrrotError) in
          try write(key, .int, integer, in: &session)
        }
      } else {
        let content = UnsafeRawBufferPointer(rebasing: bytes[value.range])
        try write(key, type, content, in: &session)
      }
    }
    reply.reset(.ok)
  }

  private func get(_ command: Command, in session: inout Session, into reply: inout Reply) {
    command.withKey(0) { key in
      withValue(of: key, in: &session) { value in
        guard let value else { return reply.reset(.none) }
        reply.reset(.single)
        reply.append(value)
      }
    }
  }

  private mutating func del(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let count = try command.bytes.withRawBytes { bytes throws(QrrotError) in
      let keys = command.arguments.map { UnsafeRawBufferPointer(rebasing: bytes[$0.range]) }
      return try remove(keys, in: &session)
    }
    reply.set(integer: Int64(count))
  }

  private func exists(_ command: Command, in session: inout Session, into reply: inout Reply) {
    var count: Int64 = 0
    for index in command.arguments.indices {
      if command.withKey(index, { contains($0, in: &session) }) { count += 1 }
    }
    reply.set(integer: count)
  }

  private func type(_ command: Command, in session: inout Session, into reply: inout Reply) {
    let type = command.withKey(0) { key in withValue(of: key, in: &session) { $0?.type } }
    if let type { reply.set(word: type.name) } else { reply.reset(.none) }
  }

  /// `incr` and `decr`.
  private mutating func add(
    _ command: Command, isNegative: Bool, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let by = command.arguments.count > 1 ? command.arguments[1].integer : 1
    let sum = try command.withKey(0) { key throws(QrrotError) in
      let before = try withValue(of: key, in: &session) { value throws(QrrotError) in
        guard let value else { return Int64(0) }
        guard value.type == .int else {
          throw QrrotError(
            .type,
            "\(QrrotError.excerpt(key)) holds \(value.type.name); \(command.name.text) needs int")
        }
        return value.integer
      }
      let (sum, overflow) =
        isNegative
        ? before.subtractingReportingOverflow(by) : before.addingReportingOverflow(by)
      guard !overflow else {
        throw QrrotError(
          .range,
          "\(QrrotError.excerpt(key)) is \(before); \(command.name.text) by \(by) leaves the 64 bits of an int, so it stays"
        )
      }
      try withUnsafeBytes(of: sum.littleEndian) { bytes throws(QrrotError) in
        try write(key, .int, bytes, expiry: .keep, in: &session)
      }
      return sum
    }
    reply.set(integer: sum)
  }

  private func all(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    reply.reset(.rows, columns: Self.rowColumns)
    try scan(Self.pattern(of: command), in: &session) { key, value in
      reply.append(.key, key)
      reply.append(word: value.type.name)
      reply.append(value)
    }
  }

  private func keys(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    reply.reset(.keys, columns: ["key"])
    try scan(Self.pattern(of: command), in: &session) { key, _ in reply.append(.key, key) }
  }

  private func size(in session: inout Session, into reply: inout Reply) {
    sawKeyspace(in: &session)
    reply.set(integer: Int64(visibleCount(in: &session)))
  }

  func sawKeyspace(in session: inout Session) {
    guard session.transaction != nil else { return }
    let expirationCount = expirationCount(at: dueMoment(in: &session))
    session.transaction?.sawKeyspace(version: version, expirationCount: expirationCount)
  }

  /// How many keys the session sees.
  func visibleCount(in session: inout Session) -> Int {
    let moment = dueMoment(in: &session)
    let count = count(at: moment)
    guard let transaction = session.transaction else { return count }
    let now = self.moment(in: &session)
    return transaction.writtenKeys.reduce(count) { count, key in
      let wasThere = key.withRawBytes { holds($0, at: moment) }
      let isThere = transaction.staged(key, at: now) != .removed
      return count + (isThere ? 1 : 0) - (wasThere ? 1 : 0)
    }
  }

  /// How many of the keys that the session sees expire some time.
  private func expiringCount(in session: inout Session) -> Int {
    let moment = moment(in: &session)
    let count = keyspace.expiringCount - keyspace.dueCount(at: moment)
    guard let transaction = session.transaction else { return count }
    return transaction.writtenKeys.reduce(count) { count, key in
      let was = key.withRawBytes { find($0, at: moment)?.expiry ?? 0 }
      guard case .value(_, let expiry) = transaction.staged(key, at: moment) else {
        return count - (was != 0 ? 1 : 0)
      }
      return count + (expiry != 0 ? 1 : 0) - (was != 0 ? 1 : 0)
    }
  }

  private func info(in session: inout Session, into reply: inout Reply) {
    let place = place
    reply.reset(.rows, columns: ["property", "value"])
    func row(_ name: String, _ value: String) {
      reply.append(word: name)
      reply.append(word: value)
    }
    func row(_ name: String, _ value: Int) {
      reply.append(word: name)
      reply.append(integer: Int64(value))
    }
    row("folder", place.folder)
    row("keys", visibleCount(in: &session))
    row("expiring", expiringCount(in: &session))
    row("bytes", keyspace.dataByteCount)
    row("memory", keyspace.allocatedByteCount)
    row("max-memory", memoryLimit)
    row("log-size", Int(clamping: log?.byteCount ?? 0))
    row("sync-policy", place.policy)
    row("last-snapshot", place.snapshot)
    row("version", Version.current)
  }

  private mutating func clear(
    in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    sawKeyspace(in: &session)
    let moment = dueMoment(in: &session)
    let count = visibleCount(in: &session)
    if session.transaction != nil {
      try stageClear(in: &session)
    } else {
      let plain = UndoLog.imageByteCount(keyByteCount: 0, valueByteCount: 0)
      let expiring = UndoLog.imageByteCount(keyByteCount: 0, valueByteCount: 0, hasExpiry: true)
      let needed = plain * keyspace.count + (expiring - plain) * keyspace.expiringCount
      if count > 0 {
        try beginWrite(imageByteCount: needed + keyspace.dataByteCount, in: &session) { $0.clear() }
        removeAll(at: moment, undo: &session.undo)
        session.undo.end()
      }
    }
    reply.set(integer: Int64(count))
  }

  /// Stages the removal of every key that the session sees. No value is copied.
  ///
  /// - Throws: `budget` before more keys are copied than may be staged, `interrupted`; nothing is
  ///   staged then.
  private func stageClear(in session: inout Session) throws(QrrotError) {
    let moment = moment(in: &session)
    guard let transaction = session.transaction else { return }
    var keys: [[UInt8]] = []
    var needed = transaction.stagedMemory
    var countdown = 4_096
    try forEachRecord(at: moment) { record throws(QrrotError) in
      countdown -= 1
      if countdown == 0 {
        countdown = 4_096
        try session.interrupt.check()
      }
      let key = Array(record.key)
      guard transaction.staged(key) == nil else { return }
      needed += Transaction.bookkeepingByteCount + key.count
      try session.requireStagingRoom(needed)
      keys.append(key)
    }
    // What the transaction has added itself.
    for key in transaction.writtenKeys where transaction.staged(key, at: moment) != .removed {
      keys.append(key)
    }
    for key in keys {
      let seen = key.withRawBytes { version(of: $0, at: moment) }
      session.transaction?.stage(.removed, at: key, version: seen)
    }
  }

  static var rowColumns: [String] { ["key", "type", "value"] }

  private static func pattern(of command: Command) throws(QrrotError) -> Glob? {
    command.arguments.isEmpty ? nil : try Glob(command.content(0))
  }

  private static func notOfTheEngine(_ command: Command) -> QrrotError {
    QrrotError(.refused, "\(command.name.text) is not a command of the engine")
  }

  static func malformed(_ command: Command) -> QrrotError {
    QrrotError(.arity, "usage: \(command.name.spec.usage)")
  }
}

extension Command {
  /// Hands the bytes of argument `index` to `body`; they are good for the time of the call.
  func withKey<R, E: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try bytes.withRawBytes { bytes throws(E) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[arguments[index].range]))
    }
  }
}

extension Reply {
  /// Adds a value as the table holds it.
  mutating func append(_ value: StoredValue) {
    if value.type == .int {
      append(integer: value.integer, as: .value(.int))
    } else {
      append(.value(value.type), value.bytes)
    }
  }
}
