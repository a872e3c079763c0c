/// Some records of a reading, copied, with each key once.
package struct CopyBatch {
  private struct Entry {
    var key: Range<Int>
    var value: Range<Int>
    var type: ValueType
    var expiry: Int64
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// The keys, in the order in which they came.
  private(set) var keys: [[UInt8]] = []
  private var places: Set<[UInt8]> = []

  /// How many there are.
  var count: Int { entries.count }

  /// Whether there are as many as are worth a write of their own.
  func isFull(recordCount: Int) -> Bool {
    entries.count >= recordCount || bytes.count >= Self.byteCount
  }

  /// Adds a record.
  ///
  /// - Returns: false if there is one with its key, which stays: a server that hands out a table which
  ///   changes meanwhile may name a key twice.
  mutating func append(_ record: RecordView) -> Bool {
    let key = Array(record.key)
    guard places.insert(key).inserted else { return false }
    keys.append(key)
    let start = bytes.count
    bytes.append(contentsOf: record.key)
    let valueStart = bytes.count
    bytes.append(contentsOf: record.value)
    entries.append(
      Entry(
        key: start..<valueStart, value: valueStart..<bytes.count, type: record.type,
        expiry: record.expiry))
    return true
  }

  /// Hands records to `body`.
  ///
  /// - Parameter indexes: which of them; they must be there.
  func forEach(
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

  /// Forgets all of them.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: bytes.count <= 2 * Self.byteCount)
    entries.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// About how many bytes of records are worth one write, or one answer.
  package static let byteCount = 4 << 20
}
