internal import QrrotCore

/// The rows of `find`, gathered in any order and handed out in theirs.
///
/// All bytes stand in one array that becomes the reply's; only the cells are put in order. With a limit
/// no more rows are kept than it allows, and the bytes of those that have to go are taken out once they
/// are more than what is kept.
struct FoundRows {
  /// A key that was found.
  struct Row {
    /// The key's first bytes: most comparisons end here.
    var prefix: UInt64
    var key: Range<Int>
    /// What it is ordered by: a JSON text, empty where there is none.
    var order: Range<Int>
    /// The number of its cells' place.
    var slot: Int
    /// Where its bytes begin and end.
    var bytes: Range<Int>
    /// ``Row/own`` for what the session's own transaction has written.
    var version: UInt64

    /// A version that no record has.
    static let own = UInt64.max
  }

  private let order: Query.Order?
  private let cellCount: Int
  private let memory: ResultMemory
  /// Nil without a limit; then `rows` are all.
  private var heap: BoundedHeap<Row>?
  private var rows: [Row] = []
  private var cells: [Reply.Cell] = []
  private(set) var bytes: [UInt8] = []
  /// How many of the bytes no row has any more.
  private var unusedByteCount = 0

  /// - Parameter cellCount: how many cells each row has besides its key.
  init(order: Query.Order?, limit: Int?, cellCount: Int, memory: ResultMemory) {
    self.order = order
    self.cellCount = cellCount
    self.memory = memory
    heap = limit.map { BoundedHeap(limit: $0) }
  }

  /// Whether a row of this key would be too late, whatever its value.
  @inline(__always)
  func excludes(_ key: UnsafeRawBufferPointer) -> Bool {
    guard order == nil, let last = heap?.last else { return false }
    return sortPrefix(key) > last.prefix
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - order: what it is ordered by, a JSON text; empty where there is none.
  ///   - appendCells: adds what stands in its cells to the bytes it is given, and the cells, in order,
  ///     to the other array. Called only if the row is among the first.
  /// - Throws: `too-large`; what `appendCells` throws.
  mutating func add(
    _ key: UnsafeRawBufferPointer, order: UnsafeRawBufferPointer, version: UInt64?,
    _ appendCells: (inout [UInt8], inout [Reply.Cell]) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    let start = bytes.count
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: order)
    var row = Row(
      prefix: sortPrefix(key), key: start..<(start + key.count),
      order: (start + key.count)..<bytes.count, slot: cells.count / max(1, cellCount),
      bytes: start..<bytes.count, version: version ?? Row.own)
    if let heap, let last = heap.last, !precedes(row, last) {
      bytes.removeLast(bytes.count - start)
      return
    }
    var added: [Reply.Cell] = []
    added.reserveCapacity(cellCount)
    try appendCells(&bytes, &added)
    row.bytes = start..<bytes.count
    keep(row, added)
    try memory.require(bytes.capacity + cells.capacity * MemoryLayout<Reply.Cell>.stride * 2)
  }

  private mutating func keep(_ row: Row, _ added: [Reply.Cell]) {
    guard var kept = heap.take() else {
      cells.append(contentsOf: added)
      rows.append(row)
      return
    }
    defer { heap = kept }
    guard kept.isFull else {
      cells.append(contentsOf: added)
      _ = kept.insert(row) { precedes($0, $1) }
      return
    }
    // The row that goes leaves its place for the cells of the new one.
    var row = row
    guard let last = kept.last else { return }
    row.slot = last.slot
    guard let removed = kept.insert(row, by: { precedes($0, $1) }) else { return }
    for (index, cell) in added.enumerated() { cells[row.slot * cellCount + index] = cell }
    unusedByteCount += removed.bytes.count
    if unusedByteCount > bytes.count / 2, unusedByteCount > Self.keptByteCount {
      compact(&kept)
    }
  }

  /// Takes out the bytes that no row has.
  private mutating func compact(_ kept: inout BoundedHeap<Row>) {
    var compacted: [UInt8] = []
    compacted.reserveCapacity(2 * (bytes.count - unusedByteCount))
    kept.update { row in
      let shift = compacted.count - row.bytes.lowerBound
      compacted.append(contentsOf: bytes[row.bytes])
      row.key = row.key.shifted(by: shift)
      row.order = row.order.shifted(by: shift)
      row.bytes = row.bytes.shifted(by: shift)
      for index in (row.slot * cellCount)..<((row.slot + 1) * cellCount) {
        cells[index].offset += shift
      }
    }
    bytes = compacted
    unusedByteCount = 0
  }

  /// Whether `row` comes before `other`.
  private func precedes(_ row: Row, _ other: Row) -> Bool {
    bytes.withRawBytes { bytes in Self.precedes(row, other, bytes, order) }
  }

  private static func precedes(
    _ row: Row, _ other: Row, _ bytes: UnsafeRawBufferPointer, _ order: Query.Order?
  ) -> Bool {
    if let order {
      // What is absent comes last, whichever way the values go.
      if row.order.isEmpty != other.order.isEmpty { return other.order.isEmpty }
      if !row.order.isEmpty {
        let comparison = JSONOrder.compare(
          UnsafeRawBufferPointer(rebasing: bytes[row.order]),
          UnsafeRawBufferPointer(rebasing: bytes[other.order]))
        if comparison != 0 { return (comparison < 0) != order.isDescending }
      }
    }
    if row.prefix != other.prefix { return row.prefix < other.prefix }
    return compareBytes(
      UnsafeRawBufferPointer(rebasing: bytes[row.key]),
      UnsafeRawBufferPointer(rebasing: bytes[other.key])) < 0
  }

  /// Becomes `reply`, which is of shape rows, and tells the caller of each row in order.
  ///
  /// - Throws: `interrupted`.
  /// - Complexity: O(m log m) for m rows.
  consuming func finish(
    into reply: inout Reply, columns: [String], _ interrupt: Interrupt,
    _ body: (ArraySlice<UInt8>, UInt64) -> Void
  ) throws(QrrotError) {
    var sorted = heap?.elements ?? rows
    let order = order
    try bytes.withRawBytes { bytes throws(QrrotError) in
      try sorted.sort(interrupt) { Self.precedes($0, $1, bytes, order) }
    }
    for row in sorted { body(bytes[row.key], row.version) }
    reply.reset(rowsOver: bytes, columns: columns)
    for row in sorted {
      reply.append(Reply.Cell(kind: .key, offset: row.key.lowerBound, byteCount: row.key.count))
      for cell in cells[(row.slot * cellCount)..<((row.slot + 1) * cellCount)] {
        reply.append(cell)
      }
    }
  }

  /// Less than this is not worth taking out.
  private static let keptByteCount = 1 << 20
}

extension Range<Int> {
  fileprivate func shifted(by distance: Int) -> Range<Int> {
    (lowerBound + distance)..<(upperBound + distance)
  }
}

extension Array {
  /// Sorts, looking at `interrupt` every few thousand comparisons.
  ///
  /// - Throws: `interrupted`; the order is unspecified then.
  mutating func sort(
    _ interrupt: Interrupt, by precedes: (Element, Element) -> Bool
  ) throws(QrrotError) {
    var countdown = 4_096
    do {
      try sort { left, right in
        countdown -= 1
        if countdown == 0 {
          countdown = 4_096
          try interrupt.check()
        }
        return precedes(left, right)
      }
    } catch let error as QrrotError {
      throw error
    } catch {
      // The comparison above throws nothing else.
      throw QrrotError(.interrupted, "stopped")
    }
  }
}
