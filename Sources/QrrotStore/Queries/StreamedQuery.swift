public import QrrotCore

/// A query over records that another engine brings, one by one and in any order: `find` and the aggregates
/// do the same wherever the data is.
///
/// It keeps what the reply needs and no more: rows for `find`, at most as many as its `limit` says; groups for
/// an aggregate.
public struct StreamedQuery {
  // One of the two; where they stand they are changed in place, which an enum's payloads can't be.
  private var finder: Finder?
  private var aggregator: Aggregator?
  /// Which keys are wanted; nil for all.
  public let pattern: Glob?
  /// Whether values are looked at, and not keys alone.
  public let readsValues: Bool

  /// Compiles a command: `find`, or an aggregate.
  ///
  /// - Parameters:
  ///   - interrupt: stops the evaluation of a path that takes long.
  ///   - memoryLimit: the bytes that the result may take.
  /// - Throws: `path`, `filter`, `syntax` for a pattern.
  public init(
    _ command: Command, interrupt: Interrupt, memoryLimit: Int
  ) throws(QrrotError) {
    let query = try Query(command)
    let memory = ResultMemory(limit: memoryLimit)
    pattern = query.pattern
    if command.name == .find {
      finder = Finder(query, interrupt: interrupt, memory: memory)
      readsValues = true
    } else {
      let aggregator = Aggregator(command.name, query, interrupt: interrupt, memory: memory)
      readsValues = aggregator.readsValues
      self.aggregator = aggregator
    }
  }

  /// Takes the next key, which ``pattern`` matches.
  ///
  /// - Parameters:
  ///   - value: what it holds, in the form in which a table keeps it.
  ///   - version: nil for what the session's own transaction has written.
  /// - Throws: what ends the query: `budget`, `too-large`, `range`, `interrupted`.
  public mutating func take(
    key: UnsafeRawBufferPointer, type: ValueType, value: UnsafeRawBufferPointer, version: UInt64?
  ) throws(QrrotError) {
    let item = QueryItem(
      key: key, value: StoredValue(type: type, bytes: value), version: version)
    try finder?.take(item)
    try aggregator?.take(item)
  }

  /// Fills `reply`, and notes in the session's transaction what was read: the returned keys, or past
  /// ``Limits/transactionScanCount`` of them, and for an aggregate, the whole keyspace.
  ///
  /// - Parameter keyspaceVersion: the keyspace's version when the first key was taken.
  /// - Throws: `range`, `interrupted`.
  public consuming func finish(
    in session: inout Session, keyspaceVersion: UInt64, into reply: inout Reply
  ) throws(QrrotError) {
    let moment = QueryMoment(version: keyspaceVersion, time: 0, expirationCount: 0)
    if let finder {
      try finder.finish(in: &session, at: moment, into: &reply)
    } else if let aggregator {
      session.sawKeyspace(at: moment)
      try aggregator.finish(in: session, into: &reply)
    }
  }
}
