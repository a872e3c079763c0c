internal import QrrotCore

/// What `find` makes of the keys it looks at.
struct Finder: QueryConsumer {
  private let query: Query
  private var rows: FoundRows
  private var scratch: JSONScratch
  private var text = DocumentText()

  init(_ query: Query, interrupt: Interrupt, memory: ResultMemory) {
    self.query = query
    scratch = JSONScratch(interrupt: interrupt)
    rows = FoundRows(
      order: query.order, limit: query.limit, cellCount: query.columns?.count ?? 2, memory: memory)
  }

  var readsValues: Bool { true }

  mutating func take(_ item: QueryItem) throws(QrrotError) {
    if query.limit == 0 || rows.excludes(item.key) { return }
    guard query.looksIntoValues else {
      return try Self.add(item, nil, order: Self.nothing, query, &rows, &scratch)
    }
    try Self.take(item, query, &text, &rows, &scratch)
  }

  private static func take(
    _ item: QueryItem, _ query: Query, _ text: inout DocumentText, _ rows: inout FoundRows,
    _ scratch: inout JSONScratch
  ) throws(QrrotError) {
    let isJSON = try text.with(item.value) { document throws(QrrotError) in
      if let filter = query.filter, try !filter.matches(document, scratch: &scratch) {
        return true
      }
      let order = try query.order.map { order throws(QrrotError) in
        try value(ofOrder: order, in: document, &scratch)
      }
      try add(item, document, order: order ?? nothing, query, &rows, &scratch)
      return true
    }
    // No filter lets through what is no JSON value, and no path finds anything in it.
    if isJSON == nil, query.filter == nil {
      try add(item, nil, order: nothing, query, &rows, &scratch)
    }
  }

  /// What a value is ordered by: empty where there is nothing at the path. What a path that is not
  /// singular finds is an array, and all of those are equal: a bracket stands for them.
  private static func value(
    ofOrder order: Query.Order, in document: UnsafeRawBufferPointer, _ scratch: inout JSONScratch
  ) throws(QrrotError) -> UnsafeRawBufferPointer {
    guard order.path.isSingular else {
      return UnsafeRawBufferPointer(start: bracket.utf8Start, count: bracket.utf8CodeUnitCount)
    }
    guard let place = try order.path.first(in: document, scratch: &scratch) else {
      return nothing
    }
    return UnsafeRawBufferPointer(rebasing: document[place])
  }

  private static let bracket: StaticString = "["

  private static var nothing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: nil, count: 0)
  }

  private static func add(
    _ item: QueryItem, _ document: UnsafeRawBufferPointer?, order: UnsafeRawBufferPointer,
    _ query: Query, _ rows: inout FoundRows, _ scratch: inout JSONScratch
  ) throws(QrrotError) {
    try rows.add(item.key, order: order, version: item.version) {
      bytes, cells throws(QrrotError) in
      guard let columns = query.columns else {
        append(word: item.value.type.name, &bytes, &cells)
        return append(item.value, &bytes, &cells)
      }
      for column in columns {
        guard let document else {
          cells.append(Reply.Cell(kind: .absent, offset: bytes.count, byteCount: 0))
          continue
        }
        try append(column.path, of: document, &scratch, &bytes, &cells)
      }
    }
  }

  /// The cell of a path: a singular one's value, if there is one; of another one an array of its
  /// matches.
  private static func append(
    _ path: JSONPath, of document: UnsafeRawBufferPointer, _ scratch: inout JSONScratch,
    _ bytes: inout [UInt8], _ cells: inout [Reply.Cell]
  ) throws(QrrotError) {
    let start = bytes.count
    if path.isSingular {
      guard let place = try path.first(in: document, scratch: &scratch) else {
        return cells.append(Reply.Cell(kind: .absent, offset: start, byteCount: 0))
      }
      bytes.append(contentsOf: document[place])
    } else {
      bytes.append(UInt8(ascii: "["))
      try path.forEach(in: document, scratch: &scratch) { place throws(QrrotError) in
        if bytes.count > start + 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: document[place])
        guard bytes.count - start <= Limits.valueByteCount else {
          throw QrrotError(
            .tooLarge,
            "the matches of a path in one value take more than \(Limits.valueByteCount) bytes; name the members on the way"
          )
        }
        return true
      }
      bytes.append(UInt8(ascii: "]"))
    }
    cells.append(Reply.Cell(kind: .json, offset: start, byteCount: bytes.count - start))
  }

  private static func append(
    word: String, _ bytes: inout [UInt8], _ cells: inout [Reply.Cell]
  ) {
    cells.append(Reply.Cell(kind: .word, offset: bytes.count, byteCount: word.utf8.count))
    bytes.append(contentsOf: word.utf8)
  }

  private static func append(
    _ value: StoredValue, _ bytes: inout [UInt8], _ cells: inout [Reply.Cell]
  ) {
    let isInteger = value.type == .int
    cells.append(
      Reply.Cell(
        kind: .value(value.type), offset: bytes.count,
        byteCount: isInteger ? 0 : value.bytes.count, integer: isInteger ? value.integer : 0))
    if !isInteger { bytes.append(contentsOf: value.bytes) }
  }

  /// Fills `reply`, and notes in the session's transaction what was returned.
  ///
  /// - Parameter moment: when the keys were looked at.
  consuming func finish(
    in session: inout Session, at moment: QueryMoment, into reply: inout Reply
  ) throws(QrrotError) {
    let columns = query.columns.map { ["key"] + $0.map(\.name) } ?? EngineState.rowColumns
    var seen: [(key: [UInt8], version: UInt64)] = []
    let isInTransaction = session.transaction != nil
    var rowCount = 0
    try rows.finish(into: &reply, columns: columns, session.interrupt) { key, version in
      rowCount += 1
      guard isInTransaction, version != FoundRows.Row.own else { return }
      if rowCount <= Limits.transactionScanCount { seen.append((Array(key), version)) }
    }
    guard isInTransaction else { return }
    if rowCount > Limits.transactionScanCount {
      session.sawKeyspace(at: moment)
    } else {
      for each in seen { session.transaction?.sawKey(each.key, version: each.version) }
    }
  }
}
