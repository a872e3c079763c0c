public import QrrotCore
internal import QrrotStore

/// A database in Redis or Valkey: one server, the primary of a Sentinel group, or a cluster.
///
/// What a command means is decided by the embedded engine's own code: the keys that it names are fetched, it runs
/// over them here, and what it has made of them is written back under WATCH, MULTI and EXEC, again if somebody
/// else was quicker. Queries read all keys, piece by piece. docs/remote.md says what differs from a database of
/// one's own.
///
/// Calls wait on the thread that makes them. Any number of threads may call; each command has a connection of
/// its own while it needs one.
public final class RedisEngine: Engine {
  let nodes: RedisNodes
  /// Carries out commands on what was fetched for them: an empty table, under transactions that hold that.
  let evaluator: LocalEngine
  /// When what was written here expires, by version: so that undo tells expiry from a change.
  let deadlines = RedisDeadlines()
  /// Puts that are on their way.
  let ahead = RedisAhead()

  /// Connects and logs in.
  ///
  /// - Parameter interrupt: ends the attempt.
  /// - Throws: `network`, `auth`, `refused`; each says what to do. `interrupted`.
  public init(_ options: RedisOptions, interrupt: Interrupt? = nil) throws(QrrotError) {
    let nodes = try RedisNodes.connect(options, interrupt: interrupt)
    self.nodes = nodes
    let clock = ServerClock(offset: nodes.facts.clockOffset)
    evaluator = LocalEngine(clock: WallClock { clock.milliseconds() }, sweeps: false)
  }

  deinit { nodes.close() }

  /// Ends the connections.
  ///
  /// - Throws: `unknown-outcome` if puts were on their way, and it is not known what became of them.
  public func close() throws(QrrotError) {
    defer { nodes.close() }
    var session = Session()
    session.keepsUndo = false
    try settleAhead(&session)
  }

  /// Where it is, as the prompt says it.
  public var name: String { nodes.options.address.name }

  /// What runs there, and its version, such as `redis 7.0.15`.
  public var serverVersion: String { "\(nodes.facts.product) \(nodes.facts.version)" }

  /// Whether every write is refused here.
  public var isReadOnly: Bool { nodes.options.isReadOnly }

  /// Now, by the servers' clock.
  var clock: ServerClock { ServerClock(offset: nodes.facts.clockOffset) }

  /// Runs one command; see ``Engine/execute(_:in:into:)``.
  ///
  /// - Throws: what the embedded engine throws; `network` if the servers can't be reached, `unknown-outcome` if
  ///   they were lost before they said what became of a write, `refused` and others for what they refuse.
  public func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) async throws(QrrotError) {
    guard command.name.access != .shell else {
      throw QrrotError(.refused, "\(command.name.text) is not a command of the engine")
    }
    if session.isReadOnly || isReadOnly, command.name.access == .write {
      throw .isReadOnly(command.name)
    }
    if command.name == .put, try putAhead(command, in: &session) { return reply.reset(.ok) }
    try settleAhead(&session)
    try run(command, in: &session, into: &reply)
    if let note = nodes.takeNote() { reply.append(note: note) }
  }

  private func run(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    switch command.name {
    case .begin:
      guard session.transaction == nil else { throw .transactionIsOpen }
      session.transaction = Transaction()
      reply.reset(.ok)
    case .rollback:
      guard session.transaction != nil else { throw .noTransactionIsOpen }
      session.transaction = nil
      reply.reset(.ok)
    case .commit:
      try commit(&session)
      reply.reset(.ok)
    case .undo:
      guard session.transaction == nil else { throw .undoInsideTransaction }
      try undo(Int(command.arguments.first?.integer ?? 1), in: &session, into: &reply)
    case .all, .keys: try list(command, in: &session, into: &reply)
    case .size: try size(in: &session, into: &reply)
    case .info: try info(in: &session, into: &reply)
    case .clear: try clear(in: &session, into: &reply)
    case .find, .count, .sum, .avg, .min, .max: try query(command, in: &session, into: &reply)
    default:
      if session.transaction != nil {
        try executeStaged(command, in: &session, into: &reply)
      } else if command.name.access == .write {
        try write(command, in: &session, into: &reply)
      } else {
        try read(command, in: &session, into: &reply)
      }
    }
  }

  /// Waits for the puts that are on their way; see ``Engine/settle(_:)``.
  public func settle(_ session: inout Session) throws(QrrotError) {
    try settleAhead(&session)
  }

  /// The record of a key; see ``Engine/record(of:in:)``.
  public func record(
    of key: [UInt8], in session: inout Session
  ) async throws(QrrotError) -> StoredRecord? {
    try recordsNow(of: [key], in: &session)[0]
  }

  /// The records of many keys, in their order; nil for a key that is absent. They are asked for in one go.
  public func records(
    of keys: [[UInt8]], in session: inout Session
  ) async throws(QrrotError) -> [StoredRecord?] {
    try recordsNow(of: keys, in: &session)
  }

  private func recordsNow(
    of keys: [[UInt8]], in session: inout Session
  ) throws(QrrotError) -> [StoredRecord?] {
    guard keys.allSatisfy({ $0.count <= Limits.keyByteCount }) else {
      throw QrrotError(.tooLarge, "a key may be \(Limits.keyByteCount) bytes long")
    }
    try settleAhead(&session)
    let records = try fetch(keys, interrupt: session.interrupt)
    let moment = clock.milliseconds()
    return zip(keys, records).map { key, record in
      if let staged = session.transaction?.staged(key) {
        guard case .value(let value, let expiry) = staged, expiry == 0 || expiry > moment
        else { return nil }
        return StoredRecord(value: value, expiry: expiry)
      }
      session.transaction?.sawKey(key, version: record.version)
      return record.value.map { StoredRecord(value: $0, expiry: record.expiry) }
    }
  }

  /// What keys hold, outside of any transaction.
  func fetch(_ keys: [[UInt8]], interrupt: Interrupt) throws(QrrotError) -> [RedisRecord] {
    let fetch = reading(interrupt)
    return try Self.plain { () throws(RedisDetour) in try fetch.records(of: keys) }
  }

  /// Reads over the pool.
  func reading(_ interrupt: Interrupt) -> RedisFetch {
    RedisFetch(
      facts: nodes.facts,
      send: { [nodes] batch throws(RedisDetour) in
        do throws(QrrotError) {
          return try nodes.run(batch, interrupt: interrupt)
        } catch {
          throw .failure(error)
        }
      }, name: name)
  }

  /// Runs what can't be led elsewhere.
  static func plain<R>(_ body: () throws(RedisDetour) -> R) throws(QrrotError) -> R {
    do throws(RedisDetour) {
      return try body()
    } catch {
      switch error {
      case .failure(let error): throw error
      case .again(let reason): throw QrrotError(.network, reason)
      }
    }
  }
}
