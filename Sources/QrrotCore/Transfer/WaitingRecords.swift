/// Records of a bulk write that wait in this process's memory until they are applied.
public struct WaitingRecords: Sendable {
  /// One of them.
  public typealias Element = (key: [UInt8], record: StoredRecord)

  /// The records; in the order in which they came as long as none was taken out.
  public private(set) var elements: [Element] = []
  private var indexes: [[UInt8]: Int] = [:]
  /// What happens to a key that comes twice.
  public let policy: ConflictPolicy

  /// Begins with none.
  public init(_ policy: ConflictPolicy) { self.policy = policy }

  /// How many there are.
  public var count: Int { elements.count }

  /// Adds a record; its bytes are copied. See ``BulkWrite/add(_:)``.
  public mutating func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    try QrrotError.requireLimits(of: record)
    guard let value = Value(storedType: record.type, bytes: record.value) else { return .skipped }
    let waiting = (Array(record.key), StoredRecord(value: value, expiry: record.expiry))
    if let index = indexes[waiting.0] {
      switch policy {
      case .error: throw .keyCameBefore(record.key)
      case .skip: return .skipped
      case .replace:
        elements[index] = waiting
        return .replaced
      }
    }
    indexes[waiting.0] = elements.count
    elements.append(waiting)
    return .added
  }

  /// Gives a record another deadline; see ``BulkWrite/setExpiry(_:of:)``.
  public mutating func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes[Array(key)] else { return false }
    elements[index].record.expiry = expiry
    return true
  }

  /// Takes a record out; see ``BulkWrite/remove(_:)``.
  public mutating func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let index = indexes.removeValue(forKey: Array(key)) else { return false }
    // The last one takes the place of the one that goes.
    let last = elements.removeLast()
    if index < elements.count {
      elements[index] = last
      indexes[last.key] = index
    }
    return true
  }
}

extension Session {
  /// Checks that a bulk write may begin.
  ///
  /// - Parameter isReadOnly: whether the database takes no writes.
  /// - Throws: `read-only`; `refused` inside a transaction.
  public func requireBulkWrite(isReadOnly: Bool = false) throws(QrrotError) {
    guard !self.isReadOnly, !isReadOnly else {
      throw QrrotError(.readOnly, "import writes, and this session is read-only (--read-only)")
    }
    guard transaction == nil else {
      throw QrrotError(
        .refused, "import works outside a transaction; commit or rollback ends this one")
    }
  }
}
