/// Some records of a reading, copied, with each key once.
package struct CopyBatch {
  private var records = CopiedRecords()
  /// The keys, in the order in which they came.
  private(set) var keys: [[UInt8]] = []
  private var places: Set<[UInt8]> = []

  /// How many there are.
  var count: Int { records.count }

  /// Whether there are as many as are worth a write of their own.
  func isFull(recordCount: Int) -> Bool {
    records.count >= recordCount || records.byteCount >= Self.byteCount
  }

  /// Adds a record.
  ///
  /// - Returns: false if there is one with its key, which stays: a server that hands out a table which
  ///   changes meanwhile may name a key twice.
  mutating func append(_ record: RecordView) -> Bool {
    let key = Array(record.key)
    guard places.insert(key).inserted else { return false }
    keys.append(key)
    records.append(record)
    return true
  }

  /// Hands records to `body`.
  ///
  /// - Parameter indexes: which of them; they must be there.
  func forEach(
    _ indexes: some Sequence<Int>, _ body: (Int, RecordView) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    try records.forEach(indexes, body)
  }

  /// Forgets all of them.
  mutating func removeAll() {
    records.removeAll(keepingByteCount: 2 * Self.byteCount)
    keys.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// About how many bytes of records are worth one write, or one answer.
  package static let byteCount = 4 << 20
}
