/// Some records of a database.
public struct RecordSample: Equatable, Sendable {
  /// A record, or what is known of one that is long.
  public struct Record: Equatable, Sendable {
    /// The key.
    public var key: [UInt8]
    /// The value's type.
    public var type: ValueType
    /// How many bytes the value has.
    public var valueByteCount: Int
    /// The value; nil where it is too long to be looked at.
    public var value: Value?

    /// Makes a record.
    public init(key: [UInt8], type: ValueType, valueByteCount: Int, value: Value?) {
      self.key = key
      self.type = type
      self.valueByteCount = valueByteCount
      self.value = value
    }
  }

  /// The records, in byte order of keys.
  public var records: [Record]
  /// How many keys there are in all.
  public var keyCount: Int

  /// Makes a sample; the records are put into the order of their keys.
  public init(records: [Record], keyCount: Int) {
    self.records = records.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    self.keyCount = keyCount
  }

  /// Values up to so many bytes are looked at, as long as all of them together are within
  /// ``allByteLimit``.
  public static let valueByteLimit = 64 << 10
  /// What all values of a sample take at the most.
  public static let allByteLimit = 1 << 20
}

extension Engine {
  /// For engines that have commands only: keys as completion finds them, and what they hold.
  public func sampleRecords(
    limit: Int, timeLimit: Duration, in session: Session
  ) async throws(QrrotError) -> RecordSample {
    let deadline = ContinuousClock.now + timeLimit
    var session = session
    session.transaction = nil
    var reply = Reply()
    try await execute(Command(.size), in: &session, into: &reply)
    let keyCount = Int(reply.cells.first?.integer ?? 0)
    let keys = sampleKeys(startingWith: [], in: session, limit: limit, timeLimit: timeLimit).keys
    var records: [RecordSample.Record] = []
    var rest = RecordSample.allByteLimit
    for key in keys where ContinuousClock.now < deadline {
      var command = Command(.get)
      command.append(.key, key)
      try await execute(command, in: &session, into: &reply)
      guard let cell = reply.cells.first, case .value(let type) = cell.kind else { continue }
      let byteCount = type == .int ? MemoryLayout<Int64>.size : cell.byteCount
      var value: Value?
      if byteCount <= min(rest, RecordSample.valueByteLimit) {
        rest -= byteCount
        value =
          switch type {
          case .int: .int(cell.integer)
          case .string: .string(reply.content(of: cell))
          case .json: .json(reply.content(of: cell))
          }
      }
      records.append(.init(key: key, type: type, valueByteCount: byteCount, value: value))
    }
    return RecordSample(records: records, keyCount: keyCount)
  }
}
