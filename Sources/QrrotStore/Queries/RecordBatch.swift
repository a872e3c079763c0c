internal import CProcessor

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
  func forEach<E: Error>(readsValues: Bool, _ body: (Record) throws(E) -> Void) throws(E) {
    for index in 0..<min(Self.headDistance, records.count) { records[index].prefetchHead() }
    if readsValues {
      for index in 0..<min(Self.bodyDistance, records.count) { records[index].prefetchBody() }
    }
    for index in records.indices {
      if index &+ Self.headDistance < records.count {
        records[index &+ Self.headDistance].prefetchHead()
      }
      if readsValues, index &+ Self.bodyDistance < records.count {
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
