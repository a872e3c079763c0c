/// Copies the records of one engine to another, with their types and to the millisecond when they expire.
///
/// It goes batch by batch: the target is asked what it holds of the keys of a batch, what is there
/// already is passed over, and the rest becomes one write. So a copy that was ended, in whatever way, goes
/// on where it ended if it is made again, and nothing has to be kept for that. Keys that the target alone
/// has stay as they are.
///
/// Memory grows with a batch, which has ``Options/recordCount`` records or 4 MiB, or one record that is
/// longer. One task uses it.
public final class RecordCopier {
  /// What is copied, and how.
  public struct Options: Sendable {
    /// What becomes of a key under which the target holds something else.
    public var onConflict = ConflictPolicy.error
    /// Which keys are copied; nil for all.
    public var pattern: [UInt8]?
    /// How many records a batch has at most.
    public var recordCount = 8_192
    /// Tells the time, in milliseconds since 1970.
    public var now: @Sendable () -> Int64

    /// The defaults.
    public init(now: @escaping @Sendable () -> Int64) { self.now = now }
  }

  /// What became of the records so far.
  public struct Counts: Equatable, Sendable {
    /// Keys that the target did not have.
    public var copiedCount = 0
    /// Keys that held the same there.
    public var equalCount = 0
    /// Keys that held something else there and have been replaced.
    public var replacedCount = 0
    /// Keys that hold something else there, and stay so.
    public var skippedCount = 0
    /// Records whose time was over before they could be written.
    public var expiredCount = 0
    /// Those of the copied and replaced ones that the target keeps in another form.
    public var changedFormCount = 0

    /// Counts nothing.
    public init() {}
  }

  private let source: any Engine
  private let target: any Engine
  private let options: Options
  /// What became of the records of all batches that are done.
  public private(set) var counts = Counts()

  /// Makes a copier that has done nothing yet.
  public init(from source: any Engine, to target: any Engine, _ options: Options) {
    self.source = source
    self.target = target
    self.options = options
  }

  /// Copies.
  ///
  /// - Parameters:
  ///   - session: what the target is written in; it keeps nothing for undo.
  ///   - progress: called with keys done and keys in all; throws to end it.
  /// - Throws: `conflict` under ``ConflictPolicy/error``, with the key's name; what reading and writing
  ///   throw, and what `progress` throws. The batches before stay written, and ``counts`` tells of them;
  ///   of the one that failed nothing is, unless the error is `unknown-outcome`.
  public func run(
    in session: inout Session, progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) {
    session.keepsUndo = false
    var reader = Session(isReadOnly: true, interrupt: session.interrupt)
    let reading = try await source.beginReading(matching: options.pattern, in: &reader)
    var batch = CopyBatch()
    while try reading.next({ record in _ = batch.append(record) }) {
      if batch.isFull(recordCount: options.recordCount) {
        try await write(batch, in: &session)
        batch.removeAll()
      }
      try progress(reading.doneCount, reading.count)
    }
    try await write(batch, in: &session)
  }

  /// What is to become of the records of a batch.
  private struct Plan {
    var counts = Counts()
    /// Which of them are written.
    var written: [Int] = []
    /// How many of them the target does not have.
    var newCount = 0
  }

  private func write(
    _ batch: borrowing CopyBatch, in session: inout Session
  ) async throws(QrrotError) {
    guard batch.count > 0 else { return }
    var plan = try await plan(for: batch, in: &session)
    if !plan.written.isEmpty {
      let bulk = try await target.beginBulkWrite(onConflict: options.onConflict, in: &session)
      try batch.forEach(plan.written) { _, record throws(QrrotError) in
        bulk.expect(record.key)
        _ = try bulk.add(record)
      }
      let done = try await bulk.apply(in: &session)
      try target.settle(&session)
      plan.counts.copiedCount = done.insertedCount
      plan.counts.replacedCount = done.replacedCount
      // Somebody else has written these meanwhile.
      plan.counts.skippedCount +=
        max(0, plan.written.count - done.insertedCount - done.replacedCount)
    }
    counts.add(plan.counts)
  }

  private func plan(
    for batch: borrowing CopyBatch, in session: inout Session
  ) async throws(QrrotError) -> Plan {
    var plan = Plan()
    let moment = options.now()
    var start = 0
    while start < batch.count {
      let keys = start == 0 ? batch.keys : Array(batch.keys[start...])
      let found = try await target.records(of: keys, in: &session)
      guard (1...keys.count).contains(found.count) else {
        throw QrrotError(.network, "the target did not say what it holds")
      }
      try batch.forEach(start..<(start + found.count)) { index, record throws(QrrotError) in
        guard record.expiry == 0 || record.expiry > moment else {
          plan.counts.expiredCount += 1
          return
        }
        let form = target.keptForm(of: record)
        if let held = found[index - start] {
          if form.map({ $0 == held }) ?? held.isSame(as: record) {
            plan.counts.equalCount += 1
            return
          }
          switch options.onConflict {
          case .error: throw Self.conflict(record.key)
          case .skip:
            plan.counts.skippedCount += 1
            return
          case .replace: break
          }
        }
        if form != nil { plan.counts.changedFormCount += 1 }
        plan.written.append(index)
      }
      start += found.count
    }
    return plan
  }

  private static func conflict(_ key: UnsafeRawBufferPointer) -> QrrotError {
    QrrotError(
      .conflict,
      "the target holds something else under \(QrrotError.excerpt(key)); --on-conflict skip keeps that, --on-conflict replace replaces it"
    )
  }
}

extension RecordCopier.Counts {
  fileprivate mutating func add(_ other: Self) {
    copiedCount += other.copiedCount
    equalCount += other.equalCount
    replacedCount += other.replacedCount
    skippedCount += other.skippedCount
    expiredCount += other.expiredCount
    changedFormCount += other.changedFormCount
  }
}

extension StoredRecord {
  /// Whether it is just what `record` is.
  fileprivate func isSame(as record: RecordView) -> Bool {
    guard expiry == record.expiry, value.type == record.type else { return false }
    switch value {
    case .int(let integer): return integer == record.integer
    case .string(let bytes), .json(let bytes):
      return bytes.elementsEqual(record.value)
    }
  }
}
