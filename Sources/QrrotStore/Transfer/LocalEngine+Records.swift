public import QrrotCore

extension LocalEngine {
  /// Begins to read records in byte order of their keys; see ``Engine/beginReading(matching:in:)``.
  ///
  /// Memory grows with the keys (their bytes and 24 more each) and with what others replace meanwhile,
  /// not with the values. Writers wait while the keys are copied, and then for a few hundred records at
  /// a time.
  ///
  /// - Complexity: O(keys), and O(m log m) for m matches.
  public func beginReading(
    matching pattern: [UInt8]?, in session: inout Session
  ) throws(QrrotError) -> any RecordReading {
    let glob = try pattern.map { bytes throws(QrrotError) in try Glob(bytes) }
    let interrupt = session.interrupt
    // Under one lock: a key that is removed between the two would be missing.
    let (view, keys, moment) = try locked { state throws(QrrotError) in
      let moment = state.clock.milliseconds()
      let keys = try state.keys(glob, at: moment, interrupt)
      return (state.addView(), keys, moment)
    }
    session.seenLSN = max(session.seenLSN, view.version)
    let reading = LocalRecordReading(self, view, keys, moment: moment, interrupt)
    try reading.sort()
    return reading
  }
}

extension LocalEngine {
  /// Reads keys, all at the same moment; see ``Engine/records(of:in:)``.
  ///
  /// - Complexity: O(length of keys and values): they are copied, 4 MiB at most and one value more.
  ///   Writers wait meanwhile.
  public func records(
    of keys: [[UInt8]], in session: inout Session
  ) throws(QrrotError) -> [StoredRecord?] {
    guard keys.allSatisfy({ $0.count <= Limits.keyByteCount }) else {
      throw QrrotError(.tooLarge, "a key may be \(Limits.keyByteCount) bytes long")
    }
    let (version, records) = reading { state in (state.version, state.records(of: keys)) }
    session.seenLSN = max(session.seenLSN, version)
    return records
  }
}

extension EngineState {
  fileprivate func records(of keys: [[UInt8]]) -> [StoredRecord?] {
    let moment = clock.milliseconds()
    var records: [StoredRecord?] = []
    records.reserveCapacity(keys.count)
    var byteCount = 0
    for key in keys {
      guard byteCount < CopyBatch.byteCount else { break }
      records.append(
        key.withRawBytes { key in
          guard let record = keyspace.find(key, hash: keyspace.hash(key)),
            record.expiry == 0 || record.expiry > moment,
            let value = Value(storedType: record.type, bytes: record.value)
          else { return nil }
          byteCount += record.value.count
          return StoredRecord(value: value, expiry: record.expiry)
        })
    }
    return records
  }
}

/// The records of a view, in byte order of their keys.
private final class LocalRecordReading: RecordReading {
  private let engine: LocalEngine
  private let view: PointInTimeView
  private let interrupt: Interrupt
  /// What is due then is absent.
  private let moment: Int64
  private var keys: SortedKeys
  private var part = RecordPart()
  private(set) var doneCount = 0

  init(
    _ engine: LocalEngine, _ view: PointInTimeView, _ keys: SortedKeys, moment: Int64,
    _ interrupt: Interrupt
  ) {
    self.moment = moment
    self.engine = engine
    self.view = view
    self.keys = keys
    self.interrupt = interrupt
  }

  deinit { engine.endView(view) }

  var count: Int { keys.count }

  func sort() throws(QrrotError) { try keys.sort(interrupt) }

  func next(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) -> Bool {
    try interrupt.check()
    guard doneCount < keys.count else { return false }
    doneCount = engine.reading { state in
      part.fill(from: keys, at: doneCount, of: view, moment: moment, state)
    }
    try part.forEach(body)
    return true
  }
}

extension EngineState {
  /// The keys that `glob` matches and that have not expired, in any order.
  fileprivate func keys(
    _ glob: Glob?, at moment: Int64, _ interrupt: Interrupt
  ) throws(QrrotError) -> SortedKeys {
    var keys = SortedKeys()
    var countdown = 4_096
    try forEachRecord(at: moment) { record throws(QrrotError) in
      countdown -= 1
      if countdown == 0 {
        countdown = 4_096
        try interrupt.check()
      }
      if let glob, try !glob.matches(record.key) { return }
      keys.append(record.key)
    }
    return keys
  }
}

/// Some records, copied so that nobody waits while they are dealt with.
private struct RecordPart {
  private var records = CopiedRecords()

  /// Becomes the records of the keys from `start` on, as many as are worth one turn of the lock.
  ///
  /// - Returns: where to go on.
  mutating func fill(
    from keys: SortedKeys, at start: Int, of view: PointInTimeView, moment: Int64,
    _ state: borrowing EngineState
  ) -> Int {
    records.removeAll(keepingByteCount: Self.keptByteCount)
    return keys.forEach(from: start) { key in
      state.withRecord(of: key, in: view) { record in
        guard record.expiry == 0 || record.expiry > moment else { return }
        records.append(
          RecordView(
            key: record.key, type: record.type, value: record.value, expiry: record.expiry))
      }
      return records.byteCount < Self.byteCount && records.count < Self.count ? .next : .pause
    }
  }

  func forEach(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) {
    try records.forEach(0..<records.count) { _, record throws(QrrotError) in try body(record) }
  }

  private static let byteCount = 256 << 10
  private static let keptByteCount = 1 << 20
  private static let count = 512
}
