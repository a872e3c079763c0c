public import QrrotCore

/// The embedded engine: a table in memory behind one lock, with or without a database on disk behind
/// it.
///
/// Every call takes the lock once; none suspends. It may be shared by any number of threads.
public final class LocalEngine: Engine {
  /// Guards all that `state` points to. Behind a pointer for the sweeper, which must not hold the engine.
  // Both are made once and destroyed after the sweeper has ended.
  nonisolated(unsafe) let lock: UnsafeMutablePointer<TableLock>
  // A pointer, so that no access to the table is subject to a dynamic exclusivity check. Only code
  // that holds the lock follows it, so it may be shared between threads.
  nonisolated(unsafe) let state: UnsafeMutablePointer<EngineState>
  // The same table for look-ups, without the way through `state`. Shared as that is.
  nonisolated(unsafe) let reader: Keyspace.Reader
  /// What makes commits durable since the database was opened; see `durability`.
  private let durabilityAtOpening: Durability?
  /// The beginning of writing that a full disk has put off; nil otherwise.
  let postponement: Guarded<Postponement>?
  /// The database's folder; nil in memory.
  let folder: DatabaseFolder?
  let isReadOnly: Bool
  /// Takes what has expired out of the table.
  let sweeper = Sweeper()

  /// Makes an empty database in memory.
  ///
  /// - Parameter memoryLimit: the bytes that the table may take; a write that would go beyond is error
  ///   `too-large`. What sessions keep for undo is not counted: it has a limit of its own.
  public convenience init(memoryLimit: Int = .max) {
    self.init(memoryLimit: memoryLimit, keyspace: Keyspace())
  }

  /// Makes a database over a table of any shape; tests make it tiny so that every path runs.
  convenience init(
    memoryLimit: Int = .max, keyspace: consuming Keyspace, clock: WallClock = .system,
    sweeps: Bool = true
  ) {
    self.init(
      state: EngineState(
        memoryLimit: memoryLimit, keyspace: keyspace, clock: clock, sweeps: sweeps),
      durability: nil, folder: nil, isReadOnly: false)
  }

  /// Makes an empty database in memory with a clock of its own, and without a thread that takes out
  /// what has expired if that is to be left to the caller.
  package convenience init(clock: WallClock, memoryLimit: Int = .max, sweeps: Bool = true) {
    self.init(memoryLimit: memoryLimit, keyspace: Keyspace(), clock: clock, sweeps: sweeps)
  }

  /// The same with a known seed for the hashes of keys, so that two scans agree in their order. For tests:
  /// who knows the seed can choose keys that collide.
  package convenience init(hashSeed: UInt64, clock: WallClock, memoryLimit: Int = .max) {
    self.init(
      memoryLimit: memoryLimit, keyspace: Keyspace(seed: (hashSeed, hashSeed)), clock: clock)
  }

  init(
    state initial: consuming EngineState, durability: Durability?, folder: DatabaseFolder?,
    isReadOnly: Bool, postponement: Postponement? = nil
  ) {
    lock = .allocate(capacity: 1)
    lock.initialize(to: TableLock())
    state = .allocate(capacity: 1)
    state.initialize(to: initial)
    reader = state.pointee.keyspace.reader
    durabilityAtOpening = durability
    self.postponement = postponement.map { Guarded($0) }
    self.folder = folder
    self.isReadOnly = isReadOnly
  }

  /// What makes commits durable; nil in memory, for a database that is only read, and as long as a
  /// full disk keeps one from being written to.
  var durability: Durability? { durabilityAtOpening ?? postponement?.value.durability }

  deinit {
    sweeper.end()
    state.deinitialize(count: 1)
    state.deallocate()
    lock.deinitialize(count: 1)
    lock.deallocate()
  }

  /// Runs one command; see ``Engine/execute(_:in:into:)``.
  public func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    if session.isReadOnly || isReadOnly, command.name.access == .write {
      throw .isReadOnly(command.name)
    }
    session.moment = nil
    switch command.name {
    case .get, .exists, .type, .all, .keys, .size, .info, .ttl:
      try reading { state throws(QrrotError) in
        session.seenLSN = state.version
        try state.read(command, in: &session, into: &reply)
      }
    case .find, .count, .sum, .avg, .min, .max:
      try query(command, in: &session, into: &reply)
    case .begin: try begin(&session, &reply)
    case .rollback: try rollback(&session, &reply)
    case .commit:
      try withState(&session) { state, session throws(QrrotError) in try state.commit(&session) }
      reply.reset(.ok)
    case .undo:
      guard session.transaction == nil else {
        throw .undoInsideTransaction
      }
      let count = command.arguments.first?.integer ?? 1
      try withState(&session) { state, session throws(QrrotError) in
        try state.undo(Int(count), in: &session, into: &reply)
      }
    default:
      try withState(&session) { state, session throws(QrrotError) in
        try state.write(command, in: &session, into: &reply)
      }
    }
  }

  /// Reads a key with its expiry; see ``Engine/record(of:in:)``.
  public func record(
    of key: [UInt8], in session: inout Session
  ) throws(QrrotError) -> StoredRecord? {
    guard key.count <= Limits.keyByteCount else {
      throw QrrotError(.tooLarge, "a key may be \(Limits.keyByteCount) bytes long")
    }
    session.moment = nil
    return reading { state in
      session.seenLSN = state.version
      return key.withRawBytes { key in
        let value = state.withValue(of: key, in: &session) { value in
          value.flatMap { Value(storedType: $0.type, bytes: $0.bytes) }
        }
        guard let value else { return nil }
        return StoredRecord(value: value, expiry: state.expiry(of: key, in: &session) ?? 0)
      }
    }
  }

  /// Looks keys up for completion; see ``Engine/sampleKeys(startingWith:in:limit:timeLimit:)``.
  ///
  /// The lock is let go every few thousand records, so that writers do not wait for a look-up.
  public func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample {
    let deadline = ContinuousClock.now + timeLimit
    let moment = reading { state in state.clock }.milliseconds()
    var found: Set<[UInt8]> = []
    var isPartial = false
    for key in session.transaction?.writtenKeys ?? [] where key.starts(with: prefix) {
      if session.transaction?.staged(key, at: moment) != .removed { found.insert(key) }
    }
    var cursor: ScanCursor? = .start
    while let position = cursor {
      // The first of them are always looked at: that takes no time, and a small table is complete then.
      if found.count >= limit || (position != .start && ContinuousClock.now >= deadline) {
        isPartial = true
        break
      }
      cursor = reading { state in
        state.keyspace.scan(from: position, limit: Self.sliceCount) { record in
          guard record.key.count >= prefix.count, record.key.starts(with: prefix),
            !record.isDue(at: moment)
          else { return }
          if found.count >= limit {
            isPartial = true
            return
          }
          let key = Array(record.key)
          if session.transaction?.staged(key) == nil { found.insert(key) }
        }
      }
    }
    return KeySample(
      keys: found.sorted { $0.lexicographicallyPrecedes($1) }, isPartial: isPartial)
  }

  private static let sliceCount = 4_096

  private func begin(_ session: inout Session, _ reply: inout Reply) throws(QrrotError) {
    guard session.transaction == nil else {
      throw .transactionIsOpen
    }
    session.transaction = Transaction()
    reply.reset(.ok)
  }

  private func rollback(_ session: inout Session, _ reply: inout Reply) throws(QrrotError) {
    guard session.transaction != nil else {
      throw .noTransactionIsOpen
    }
    session.transaction = nil
    reply.reset(.ok)
  }

  func withState(
    _ session: inout Session,
    _ body: (inout EngineState, inout Session) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    if let postponement { beginWriting(postponement) }
    let needsSweeper = try locked { state throws(QrrotError) in
      defer {
        state.endCommand()
        session.seenLSN = state.version
      }
      try body(&state, &session)
      return state.needsSweeper
    }
    if needsSweeper { startSweepingIfNeeded() }
  }

  /// Runs `body` with the lock held for writing.
  @inline(__always)
  func locked<R, E: Error>(_ body: (inout EngineState) throws(E) -> R) throws(E) -> R {
    let wasBiased = lock.pointee.lock()
    defer { lock.pointee.unlock(wasBiased: wasBiased) }
    return try body(&state.pointee)
  }

  /// Runs `body`, which only reads, with the lock held for reading: other readers may run with it.
  @inline(__always)
  func reading<R, E: Error>(_ body: (borrowing EngineState) throws(E) -> R) throws(E) -> R {
    let slot = lock.pointee.lockShared()
    defer { lock.pointee.unlockShared(slot) }
    return try body(state.pointee)
  }
}
