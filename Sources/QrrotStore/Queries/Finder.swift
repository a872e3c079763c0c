internal import QrrotCore

/// What `find` makes of the keys it looks at.
struct Finder: QueryConsumer {
  private let query: Query
  private var rows: FoundRows
  private var scratch: JSONScratch
  private var text = DocumentText()
  /// What rows are ordered by where it is not a part of the document itself.
  private var orderText: [UInt8] = []

  init(_ query: Query, interrupt: Interrupt, memory: ResultMemory) {
    self.query = query
    scratch = JSONScratch(interrupt: interrupt)
    rows = FoundRows(
      order: query.order, limit: query.limit, cellCount: query.columns?.count ?? 2, memory: memory)
  }

  mutating func take(_ item: QueryItem) throws(QrrotError) {
    if query.limit == 0 || rows.excludes(item.key) { return }
    guard query.filter != nil || query.order != nil || query.columns != nil else {
      return try add(item, nil, order: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    // Two accesses to parts of the same thing: the text is put back below.
    var text = DocumentText()
    swap(&text, &self.text)
    defer { swap(&text, &self.text) }
    let isJSON = try text.with(item.value) { document throws(QrrotError) in
      try take(item, document)
      return true
    }
    // No filter holds for what is no JSON value, and no path finds anything in it.
    if isJSON == nil, query.filter == nil {
      try add(item, nil, order: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  private mutating func take(
    _ item: QueryItem, _ document: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    if let filter = query.filter, try !filter.matches(document, scratch: &scratch) { return }
    guard let order = query.order else {
      return try add(item, document, order: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    if order.path.isSingular {
      let place = try order.path.first(in: document, scratch: &scratch)
      let value = place.map { UnsafeRawBufferPointer(rebasing: document[$0]) }
      return try add(
        item, document, order: value ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
    // An array, and all of those are equal.
    orderText = Array("[]".utf8)
    let text = orderText
    try text.withRawBytes { text throws(QrrotError) in
      try add(item, document, order: text)
    }
  }

  private mutating func add(
    _ item: QueryItem, _ document: UnsafeRawBufferPointer?, order: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    let columns = query.columns
    try rows.add(item.key, order: order, version: item.version) {
      bytes, cells throws(QrrotError) in
      guard let columns else {
        Self.append(word: item.value.type.name, &bytes, &cells)
        return Self.append(item.value, &bytes, &cells)
      }
      for column in columns {
        guard let document else {
          cells.append(Reply.Cell(kind: .absent, offset: bytes.count, byteCount: 0))
          continue
        }
        try Self.append(column.path, of: document, &scratch, &bytes, &cells)
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
  /// - Parameter version: the keyspace's when it was looked at.
  consuming func finish(
    in session: inout Session, version: UInt64, into reply: inout Reply
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
      session.transaction?.sawKeyspace(version: version)
    } else {
      for each in seen { session.transaction?.sawKey(each.key, version: each.version) }
    }
  }
}
