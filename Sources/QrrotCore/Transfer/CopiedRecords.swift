/// Records that were copied, one behind another in one buffer, so that nobody waits while they are dealt with.
public struct CopiedRecords: Sendable {
  private struct Entry {
    var key: Range<Int>
    var value: Range<Int>
    var type: ValueType
    var expiry: Int64
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []

  /// Begins with none.
  public init() {}

  /// How many there are.
  public var count: Int { entries.count }
  /// The bytes of their keys and values.
  public var byteCount: Int { bytes.count }

  /// Adds a copy of a record.
  public mutating func append(_ record: RecordView) {
    let start = bytes.count
    bytes.append(contentsOf: record.key)
    let valueStart = bytes.count
    bytes.append(contentsOf: record.value)
    entries.append(
      Entry(
        key: start..<valueStart, value: valueStart..<bytes.count, type: record.type,
        expiry: record.expiry))
  }

  /// Hands records to `body`.
  ///
  /// - Parameter indexes: which of them; they must be there.
  /// - Throws: what `body` throws.
  public func forEach(
    _ indexes: some Sequence<Int>, _ body: (Int, RecordView) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    // The standard library's `withUnsafeBytes` can't rethrow a type.
    try bytes.withUnsafeBufferPointer { bytes throws(QrrotError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      for index in indexes {
        let entry = entries[index]
        try body(
          index,
          RecordView(
            key: UnsafeRawBufferPointer(rebasing: bytes[entry.key]), type: entry.type,
            value: UnsafeRawBufferPointer(rebasing: bytes[entry.value]), expiry: entry.expiry))
      }
    }
  }

  /// Forgets all of them, keeping the memory if it is no more than this.
  public mutating func removeAll(keepingByteCount limit: Int) {
    bytes.removeAll(keepingCapacity: bytes.count <= limit)
    entries.removeAll(keepingCapacity: true)
  }
}
