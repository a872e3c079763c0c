internal import CProcessor
internal import QrrotCore

/// Some records, gathered before any of them is looked at: so their memory can be asked for in time.
///
/// A table's records lie all over the memory. Waiting for each of them in turn would take longer than
/// most filters do.
struct RecordBatch {
  private var records: [Record] = []

  var count: Int { records.count }

  mutating func removeAll() { records.removeAll(keepingCapacity: true) }

  @inline(__always)
  mutating func append(_ record: Record) { records.append(record) }

  /// Hands the records to `body`, one by one, with those to come on their way from memory.
  @inline(__always)
  func forEach<E: Error>(_ body: (Record) throws(E) -> Void) throws(E) {
    for index in 0..<min(Self.headDistance, records.count) { records[index].prefetchHead() }
    for index in 0..<min(Self.bodyDistance, records.count) { records[index].prefetchBody() }
    for index in records.indices {
      if index &+ Self.headDistance < records.count {
        records[index &+ Self.headDistance].prefetchHead()
      }
      if index &+ Self.bodyDistance < records.count {
        records[index &+ Self.bodyDistance].prefetchBody()
      }
      try body(records[index])
    }
  }

  /// So many records ahead the first line is asked for, and so many ahead, when that has told the
  /// length, the rest.
  private static let headDistance = 12
  private static let bodyDistance = 4
}

extension Record {
  @inline(__always)
  fileprivate func prefetchHead() { qrrot_prefetch(base) }

  /// Asks for the lines behind the first one; of a long record for as many as the processor can wait
  /// for at once, the rest it fetches by itself.
  @inline(__always)
  fileprivate func prefetchBody() {
    let end = min(layout.byteCount, Self.prefetchByteCount)
    var offset = Self.lineByteCount
    while offset < end {
      qrrot_prefetch(base + offset)
      offset &+= Self.lineByteCount
    }
  }

  private static let lineByteCount = 64
  private static let prefetchByteCount = 512
}

extension EngineState {
  /// Hands out the next part of a view like `handOut(_:limit:_:)`, for who looks at many records and may
  /// throw.
  ///
  /// - Returns: whether there is more.
  func handOut(
    _ view: PointInTimeView, limit: Int, into batch: inout RecordBatch,
    _ body: (PointInTimeView.Record) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Bool {
    try handOutWaiting(view, limit: limit, body)
    guard let cursor = view.cursor else { return view.hasWaiting }
    batch.removeAll()
    view.advance(to: keyspace.scan(from: cursor, limit: limit) { batch.append($0) })
    let hasImages = view.hasImages
    try batch.forEach { record throws(QrrotError) in
      guard record.version <= view.version, !record.isDue(at: view.moment) else { return }
      if hasImages, view.hasImage(of: record.key) { return }
      try body(
        .init(
          key: record.key, type: record.type, value: record.value, version: record.version,
          expiry: record.expiry))
    }
    return view.cursor != nil || view.hasWaiting
  }
}
