internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// What the server keeps for one connection of a shell far away: open transactions, undo logs, bulk writes
/// and readings, each under a number that the shell's own session names.
struct CallSessions {
  /// A bulk write, and how many records were passed over while it was filled.
  struct Bulk {
    let write: any BulkWrite
    var skippedCount = 0
    /// The bytes of what waits in it.
    var byteCount = 0
  }

  private let isReadOnly: Bool
  private var session: Session
  private var transactions: [UInt64: Transaction] = [:]
  private var undoLogs: [UInt64: UndoLog] = [:]
  private var bulks: [UInt64: Bulk] = [:]
  private var readings: [UInt64: any RecordReading] = [:]
  private var lastNumber: UInt64 = 0
  /// How many bytes more the memory has room for, when the call began.
  private var room = Int.max

  /// The bytes of records that wait to be applied.
  var waitingByteCount: Int { bulks.values.reduce(0) { $0 + $1.byteCount } }

  init(isReadOnly: Bool, interrupt: Interrupt) {
    self.isReadOnly = isReadOnly
    session = Session(isReadOnly: isReadOnly, interrupt: interrupt)
  }

  /// Carries out a call.
  ///
  /// - Parameter room: how many bytes more the memory has room for.
  mutating func run(
    _ request: CallRequest, _ engine: LocalEngine, room: Int
  ) -> CallAnswer {
    self.room = room
    for number in request.context.forgotten { forget(number) }
    do throws(QrrotError) {
      try load(request.context)
    } catch {
      return CallAnswer(context: .init(), result: .failure(error))
    }
    let result: Result<CallAnswer.Content, QrrotError>
    do throws(QrrotError) {
      result = .success(try perform(request.call, engine))
    } catch {
      result = .failure(error)
    }
    return CallAnswer(context: store(request.context), result: result)
  }

  // MARK: - The session of a call

  /// Makes `session` the one that a call speaks of. What is kept is taken out, not copied.
  private mutating func load(_ context: CallContext) throws(QrrotError) {
    session.isReadOnly = isReadOnly || context.isReadOnly
    session.keepsUndo = context.keepsUndo
    session.allowsWritesBeyondUndo = context.allowsWritesBeyondUndo
    session.stagedByteLimit = min(context.stagedByteLimit, Self.stagedByteLimit)
    switch context.transaction {
    case .none: session.transaction = nil
    case .kept(let number):
      guard let transaction = transactions.removeValue(forKey: number) else {
        throw Self.unknownTransaction
      }
      session.transaction = transaction
    case .copy(let number):
      guard let transaction = transactions[number] else { throw Self.unknownTransaction }
      session.transaction = transaction
    case .new(let reads):
      session.transaction = Transaction(reads)
    }
    switch context.undo {
    case .new: session.undo = UndoLog()
    case .kept(let number): session.undo = undoLogs.removeValue(forKey: number) ?? UndoLog()
    case .copy(let number): session.undo = undoLogs[number] ?? UndoLog()
    }
    session.transaction?.keepJournal()
  }

  private static let unknownTransaction = QrrotError(
    .conflict, "the server does not know this transaction any more; nothing of it was applied")

  /// Puts away what the call has made of `session`.
  private mutating func store(_ context: CallContext) -> CallAnswer.Context {
    var answer = CallAnswer.Context()
    if var transaction = session.transaction.take() {
      var reads = CallReads()
      reads.sights = transaction.takeJournal()
      reads.keyspaceVersion = transaction.seenKeyspaceVersion
      reads.expirationCount = transaction.seenExpirationCount
      var number: UInt64?
      if case .kept(let kept) = context.transaction { number = kept }
      let place = number ?? nextNumber()
      transactions[place] = transaction
      answer.transaction = CallAnswer.OpenTransaction(number: place, reads: reads)
      Self.trim(&transactions, to: Self.transactionLimit)
    }
    if session.undo.count > 0 || session.undo.lastWriteWasTooLarge {
      var number: UInt64?
      if case .kept(let kept) = context.undo { number = kept }
      let place = number ?? nextNumber()
      undoLogs[place] = session.undo
      answer.undo = place
      Self.trim(&undoLogs, to: Self.undoLimit)
    }
    session.undo = UndoLog()
    return answer
  }

  private mutating func nextNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  private mutating func forget(_ number: UInt64) {
    transactions[number] = nil
    undoLogs[number] = nil
    bulks[number] = nil
    readings[number] = nil
  }

  /// Drops the oldest ones beyond the limit.
  private static func trim<T>(_ kept: inout [UInt64: T], to limit: Int) {
    while kept.count > limit, let oldest = kept.keys.min() { kept[oldest] = nil }
  }

  // A shell needs one of each, an agent at work two.
  private static var transactionLimit: Int { 16 }
  private static var undoLimit: Int { 16 }
  private static var bulkLimit: Int { 2 }
  private static var readingLimit: Int { 8 }
  /// What a transaction over the network may stage.
  private static var stagedByteLimit: Int { 64 << 20 }
  /// What a reply may have: a value of the greatest length fits in.
  private static var replyByteLimit: Int { 1 << 30 }
  /// What a list of keys with their values may have.
  private static var listByteLimit: Int { 256 << 20 }
  /// What an import leaves of the memory.
  private static var spareByteCount: Int { 4 << 20 }
  /// About how many bytes of records come at a time.
  private static var recordByteCount: Int { 512 << 10 }
}

extension CallSessions {
  private mutating func perform(
    _ call: Call, _ engine: LocalEngine
  ) throws(QrrotError) -> CallAnswer.Content {
    switch call {
    case .hello, .more:
      throw QrrotError(.refused, "this call has no place here")
    case .execute(let command): return .reply(try execute(command, engine))
    case .record(let key): return .record(try engine.record(of: key, in: &session))
    case .beginBulk(let policy):
      guard bulks.count < Self.bulkLimit else { throw Self.tooMany("bulk writes") }
      let write = try engine.beginBulkWrite(onConflict: policy, in: &session)
      let number = nextNumber()
      bulks[number] = Bulk(write: write)
      return .bulk(number)
    case .addToBulk(let number, let records): return .added(try add(records, to: number))
    case .applyBulk(let number):
      guard let bulk = bulks[number] else { throw Self.unknown("bulk write") }
      var counts = try engine.apply(bulk.write, in: &session)
      counts.skippedCount += bulk.skippedCount
      bulks[number] = nil
      return .counts(counts)
    case .beginReading(let pattern):
      guard readings.count < Self.readingLimit else { throw Self.tooMany("readings") }
      let reading = try engine.beginReading(matching: pattern, in: &session)
      let number = nextNumber()
      readings[number] = reading
      return .reading(number, count: reading.count)
    case .read(let number): return try read(number)
    case .sampleRecords(let limit, let milliseconds):
      return .recordSample(engine.sample(limit: limit, timeLimit: .milliseconds(milliseconds)))
    case .sampleKeys(let prefix, let limit, let milliseconds):
      return .keySample(
        engine.sampleKeys(
          startingWith: prefix, in: session, limit: limit, timeLimit: .milliseconds(milliseconds)))
    case .sampleMembers(let members, let limit, let milliseconds):
      return .memberSample(try sample(members, limit, milliseconds, engine))
    case .records(let keys): return .recordList(try engine.records(of: keys, in: &session))
    }
  }

  private mutating func execute(
    _ command: Command, _ engine: LocalEngine
  ) throws(QrrotError) -> Reply {
    try command.requireWellFormed()
    if command.name == .all, session.transaction == nil { return try list(command, engine) }
    var reply = Reply()
    try engine.execute(command, in: &session, into: &reply)
    // What has been written is told in any case.
    guard command.name.access != .read || reply.bytes.count <= Self.replyByteLimit else {
      throw QrrotError(
        .tooLarge,
        "the reply has \(ByteSize.text(reply.bytes.count)), and \(ByteSize.text(Self.replyByteLimit)) go over the network at once; narrow it, or use export"
      )
    }
    return reply
  }

  /// `all`, part by part: what is too long is noticed before it is all there, and nobody waits for it.
  private mutating func list(
    _ command: Command, _ engine: LocalEngine
  ) throws(QrrotError) -> Reply {
    let pattern = command.arguments.isEmpty ? nil : command.content(0)
    let reading = try engine.beginReading(matching: pattern, in: &session)
    var reply = Reply()
    reply.reset(.rows, columns: ["key", "type", "value"])
    var hasMore = true
    while hasMore {
      hasMore = try reading.next { view throws(QrrotError) in
        reply.append(.key, view.key)
        reply.append(word: view.type.name)
        switch view.type {
        case .int: reply.append(integer: view.integer, as: .value(.int))
        case .string, .json: reply.append(.value(view.type), view.value)
        }
      }
      // It is there twice until it is sent: as it is, and in the form of an answer.
      let limit = max(0, min(Self.listByteLimit, room / 2))
      guard reply.bytes.count <= limit else {
        throw QrrotError(
          .tooLarge,
          "the list has more than the \(ByteSize.text(limit)) that go over the network at once; narrow it with a pattern, or use export"
        )
      }
    }
    return reply
  }

  private mutating func add(
    _ records: [CallRecord], to number: UInt64
  ) throws(QrrotError) -> Int {
    guard var bulk = bulks.removeValue(forKey: number) else { throw Self.unknown("bulk write") }
    let byteCount = records.reduce(0) {
      $0 + $1.key.count + $1.record.value.storedByteCount + Transaction.bookkeepingByteCount
    }
    // Some room is left: or the next part would be refused as it comes, and the connection with it.
    guard byteCount + Self.spareByteCount <= room else {
      throw QrrotError(
        .tooLarge,
        "the server has no memory for more of the import (--max-memory); nothing was changed")
    }
    bulk.byteCount += byteCount
    for record in records {
      try session.interrupt.check()
      let outcome = try record.withView { view throws(QrrotError) in try bulk.write.add(view) }
      if outcome == .skipped { bulk.skippedCount += 1 }
    }
    bulks[number] = bulk
    return bulk.write.count
  }

  private mutating func read(_ number: UInt64) throws(QrrotError) -> CallAnswer.Content {
    guard let reading = readings[number] else { throw Self.unknown("reading") }
    var records: [CallRecord] = []
    var byteCount = 0
    var hasMore = true
    while hasMore, byteCount < Self.recordByteCount {
      hasMore = try reading.next { view throws(QrrotError) in
        guard let value = Value(storedType: view.type, bytes: view.value) else { return }
        byteCount += view.key.count + view.value.count
        records.append(
          CallRecord(
            key: Array(view.key), record: StoredRecord(value: value, expiry: view.expiry)))
      }
    }
    return .records(records, doneCount: reading.doneCount)
  }

  private func sample(
    _ members: CallMembers, _ limit: Int, _ milliseconds: Int, _ engine: LocalEngine
  ) throws(QrrotError) -> MemberSample {
    let documents: SampledDocuments =
      switch members.documents {
      case .key(let key): .key(key)
      case .all: .matching(nil)
      case .matching(let pattern): .matching(try Glob(pattern))
      }
    return engine.sampleMembers(
      startingWith: members.prefix, at: try JSONPath(members.container), of: documents,
      in: session, limit: limit, timeLimit: .milliseconds(milliseconds))
  }

  private static func tooMany(_ what: String) -> QrrotError {
    QrrotError(.refused, "this connection has too many \(what) open")
  }

  private static func unknown(_ what: String) -> QrrotError {
    QrrotError(.refused, "the server does not know this \(what) any more")
  }
}

extension Transaction {
  /// A transaction that has read this and written nothing.
  init(_ reads: CallReads) {
    self.init()
    for sight in reads.sights { sawKey(sight.key, version: sight.version) }
    if let version = reads.keyspaceVersion {
      sawKeyspace(version: version, expirationCount: reads.expirationCount)
    }
  }
}

extension CallRecord {
  /// Hands it to `body` in the form of a bulk write.
  fileprivate func withView<R>(
    _ body: (RecordView) throws(QrrotError) -> R
  ) throws(QrrotError) -> R {
    let (type, expiry) = (record.value.type, record.expiry)
    return try key.withRawBytes { key throws(QrrotError) in
      switch record.value {
      case .string(let bytes), .json(let bytes):
        try bytes.withRawBytes { value throws(QrrotError) in
          try body(RecordView(key: key, type: type, value: value, expiry: expiry))
        }
      case .int(let integer):
        try withUnsafeBytes(of: integer.littleEndian) { value throws(QrrotError) in
          try body(RecordView(key: key, type: type, value: value, expiry: expiry))
        }
      }
    }
  }
}

extension Call {
  /// Whether it can take so long that it runs beside the event loop.
  var takesTime: Bool {
    switch self {
    case .hello, .more, .record, .beginBulk: false
    case .execute(let command):
      command.name.cost == .scan || command.arguments.count > 1_000
    case .addToBulk, .applyBulk, .beginReading, .read: true
    case .sampleRecords, .sampleKeys, .sampleMembers, .records: true
    }
  }
}
