internal import QrrotCore

/// `find` and the aggregates: next to the data, and without keeping writers from it.
///
/// A query looks at the keys of one moment. It goes through the table in slices of a few hundred records
/// with the lock held for reading, and lets go of it in between; what is written meanwhile leaves behind
/// what the query still has to see (`PointInTimeView`).
extension LocalEngine {
  /// Runs a query.
  ///
  /// - Throws: `path`, `filter`, `syntax` for a pattern, `range`, `budget`, `too-large`,
  ///   `interrupted`.
  /// - Complexity: O(bytes of the values looked at), and what the paths and the order take.
  func query(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let query = try Query(command)
    let memory = ResultMemory(limit: reading { $0.memoryLimit - $0.keyspace.allocatedByteCount })
    if command.name == .find {
      var finder = Finder(query, interrupt: session.interrupt, memory: memory)
      let moment = try look(for: query.pattern, in: &session, &finder)
      try finder.finish(in: &session, at: moment, into: &reply)
    } else {
      var aggregator = Aggregator(
        command.name, query, interrupt: session.interrupt, memory: memory)
      let moment = try look(for: query.pattern, in: &session, &aggregator)
      session.sawKeyspace(at: moment)
      try aggregator.finish(in: session, into: &reply)
    }
  }

  /// Hands all keys that `pattern` matches (all without one) to `consumer`, as the session sees them at
  /// one moment.
  ///
  private func look<C: QueryConsumer>(
    for pattern: Glob?, in session: inout Session, _ consumer: inout C
  ) throws(QrrotError) -> QueryMoment {
    let staged = StagedKeys(session.transaction)
    let moment: QueryMoment
    if let pattern, pattern.isLiteral {
      moment = try look(forKey: pattern.literalPrefix, staged, &consumer)
    } else {
      moment = try scan(pattern, staged, session.interrupt, &consumer)
    }
    session.seenLSN = moment.version
    session.moment = moment.time
    try staged.forEach(at: moment.time) { key, value throws(QrrotError) in
      if let pattern, try !pattern.matches(key) { return }
      try consumer.take(QueryItem(key: key, value: value, version: nil))
    }
    return moment
  }

  private func look<C: QueryConsumer>(
    forKey key: [UInt8], _ staged: StagedKeys, _ consumer: inout C
  ) throws(QrrotError) -> QueryMoment {
    try reading { state throws(QrrotError) in
      let moment = QueryMoment(state, time: state.clock.milliseconds())
      let record = key.withRawBytes { state.find($0, at: moment.time) }
      if let record, !staged.contains(record.key) { try consumer.take(QueryItem(record)) }
      return moment
    }
  }

  private func scan<C: QueryConsumer>(
    _ pattern: Glob?, _ staged: StagedKeys, _ interrupt: Interrupt, _ consumer: inout C
  ) throws(QrrotError) -> QueryMoment {
    let (view, moment) = locked { state in
      let view = state.addView()
      return (view, QueryMoment(state, time: view.moment))
    }
    defer { endView(view) }
    var batch = RecordBatch()
    var hasMore = true
    while hasMore {
      try interrupt.check()
      lock.pointee.yieldToWaiters()
      hasMore = try reading { state throws(QrrotError) in
        try state.handOut(
          view, limit: Self.queryBatchCount, readsValues: consumer.readsValues, into: &batch
        ) {
          record throws(QrrotError) in
          if let pattern, try !pattern.matches(record.key) { return }
          if staged.contains(record.key) { return }
          try consumer.take(
            QueryItem(
              key: record.key, value: StoredValue(type: record.type, bytes: record.value),
              version: record.version))
        }
      }
    }
    return moment
  }

  /// How many records are looked at before writers get a chance: a tenth of a millisecond's work where
  /// values are of usual size.
  private static let queryBatchCount = 512
}

extension QueryItem {
  init(_ record: Record) {
    self.init(
      key: record.key, value: StoredValue(type: record.type, bytes: record.value),
      version: record.version)
  }
}

/// The moment whose data a query has seen.
struct QueryMoment {
  /// The last commit.
  let version: UInt64
  /// In milliseconds since 1970: what expires by then is absent.
  let time: Int64
  /// How many keys had expired by then.
  let expirationCount: UInt64

  init(version: UInt64, time: Int64, expirationCount: UInt64) {
    self.version = version
    self.time = time
    self.expirationCount = expirationCount
  }

  init(_ state: borrowing EngineState, time: Int64) {
    version = state.version
    self.time = time
    expirationCount = state.expirationCount(at: time)
  }
}

extension Session {
  /// Notes in the open transaction, if there is one, that it has read the whole keyspace.
  mutating func sawKeyspace(at moment: QueryMoment) {
    transaction?.sawKeyspace(version: moment.version, expirationCount: moment.expirationCount)
  }
}

/// What a session's open transaction has written, as a query sees it.
private struct StagedKeys {
  private let transaction: Transaction?

  /// - Parameter transaction: the open one, if there is one.
  init(_ transaction: Transaction?) {
    self.transaction = transaction?.writtenKeys.isEmpty == false ? transaction : nil
  }

  /// Whether the transaction has written `key`, so that what the table holds is not seen.
  @inline(__always)
  func contains(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let transaction else { return false }
    return transaction.staged(Array(key)) != nil
  }

  /// Hands the keys that it has given a value, which has not expired at `time`, to `body`.
  func forEach(
    at time: Int64,
    _ body: (UnsafeRawBufferPointer, StoredValue) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    guard let transaction else { return }
    for key in transaction.writtenKeys {
      guard case .value(let value, _) = transaction.staged(key, at: time) else { continue }
      try key.withRawBytes { key throws(QrrotError) in
        try value.withStoredBytes { type, bytes throws(QrrotError) in
          try body(key, StoredValue(type: type, bytes: bytes))
        }
      }
    }
  }
}
