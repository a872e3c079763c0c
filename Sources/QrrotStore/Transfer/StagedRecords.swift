internal import QrrotCore

/// Records that wait for a bulk write, in a table like the engine's.
struct StagedRecords: ~Copyable {
  /// Their table.
  private(set) var state: EngineState
  /// The records in the order in which they came, which is that of their memory: to walk over them so
  /// is several times quicker than in the order of the table. Nil once one of them has moved or gone.
  private var order: [Record]? = []
  /// The bytes of all keys.
  private(set) var keyByteCount = 0

  /// None, in a table that is like that of `reader`.
  init(like reader: Keyspace.Reader, memoryLimit: Int) {
    state = EngineState(memoryLimit: memoryLimit, keyspace: Keyspace(like: reader))
  }

  var count: Int { state.keyspace.count }

  @inline(__always)
  func hash(_ key: UnsafeRawBufferPointer) -> UInt64 { state.keyspace.hash(key) }

  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Record? {
    state.keyspace.find(key, hash: hash)
  }

  /// Adds a record whose key is new here.
  mutating func insert(_ record: RecordView, hash: UInt64, version: UInt64) {
    let new = state.keyspace.insert(
      record.key, hash: hash, type: record.type, value: record.value, version: version,
      expiry: record.expiry)
    order?.append(new)
    keyByteCount += record.key.count
  }

  mutating func update(_ old: Record, _ record: RecordView, hash: UInt64, version: UInt64) {
    order = nil
    state.keyspace.update(
      old, hash: hash, type: record.type, value: record.value, version: version,
      expiry: record.expiry)
  }

  mutating func setExpiry(_ expiry: Int64, of record: Record, hash: UInt64) {
    order = nil
    state.keyspace.setExpiry(expiry, of: record, hash: hash)
  }

  mutating func remove(_ record: Record, hash: UInt64) {
    order = nil
    keyByteCount -= record.key.count
    state.keyspace.remove(record, hash: hash)
  }

  mutating func removeAll() {
    order = []
    keyByteCount = 0
    state.keyspace.removeAll()
  }

  /// Hands all records to `body`, each once. The table must not be changed meanwhile, but another one
  /// may refer to the records too.
  @inline(__always)
  func forEach<E: Error>(_ body: (Record) throws(E) -> Void) throws(E) {
    guard let order else { return try state.keyspace.forEach(body) }
    for record in order { try body(record) }
  }
}
