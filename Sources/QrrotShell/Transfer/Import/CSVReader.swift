internal import QrrotCore

/// Reads CSV and TSV: a header, then a record a row.
///
/// With a key template each row becomes a JSON object: the columns are its members, a field that is a
/// JSON number, `true` or `false` is that, an empty one without quotes is null, all else is a string.
/// Without one, the columns are those of a ``TypedRecord``.
final class CSVReader: RecordReader {
  private let buffer: BlockBuffer
  private var scanner: CSVScanner
  private(set) var line = 0
  private var nextLine = 1
  private var columns: [[UInt8]] = []
  /// The columns as the beginnings of members: `{"a":`, `,"b":`.
  private var memberStarts: [[UInt8]] = []
  private var document: [UInt8] = []
  private var field: [UInt8] = []
  private var typed = TypedRecord()

  init(_ buffer: BlockBuffer, separator: UInt8) {
    self.buffer = buffer
    scanner = CSVScanner(separator: separator)
  }

  func next(into sink: RecordSink) throws(ImportFault) -> Bool {
    if columns.isEmpty {
      guard try readHeader(for: sink) else { return false }
    }
    guard let byteCount = try nextRow() else { return false }
    let row = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<byteCount])
    defer { finish(row) }
    guard scanner.fields.count == columns.count else {
      throw .record(
        QrrotError(
          .syntax,
          "the row has \(scanner.fields.count) field\(scanner.fields.count == 1 ? "" : "s"), the header \(columns.count)"
        ))
    }
    if sink.hasTemplate {
      try makeDocument(row)
      try document.withUnsafeBufferPointer { bytes throws(ImportFault) in
        try sink.takeCompact(UnsafeRawBufferPointer(bytes))
      }
      return true
    }
    let isMade: Bool
    do throws(QrrotError) { isMade = try makeTyped(row) } catch { throw .record(error) }
    if isMade { try sink.add(typed) } else { try sink.passKeyless() }
    return true
  }

  /// Finds the next row that is not empty; nil at the end.
  ///
  /// - Returns: its length; its fields are the scanner's.
  private func nextRow() throws(ImportFault) -> Int? {
    while true {
      line = nextLine
      switch scanner.scan(buffer.bytes, isFinal: buffer.isAtEnd) {
      case .incomplete: try buffer.fill()
      case .record(let byteCount):
        if byteCount == 0 { return nil }
        let isBlank =
          scanner.fields.count == 1 && scanner.fields[0].range.isEmpty
          && !scanner.fields[0].isQuoted
        guard isBlank else { return byteCount }
        finish(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<byteCount]))
      case .textBehindQuote(let offset):
        let fault = ImportFault.record(
          QrrotError(
            .syntax,
            "behind a closing quote stands \(Escaping.displayed([buffer.bytes[offset]])); a quote inside a quoted field is doubled"
          ))
        try passLine(from: offset)
        throw fault
      case .unclosed(let offset):
        let lineOffset = Self.lineFeeds(in: buffer.bytes[..<offset])
        finish(buffer.bytes)
        throw .record(
          QrrotError(.syntax, "the quote that begins here is never closed"), lineOffset: lineOffset)
      }
    }
  }

  /// Goes to the line after the one where `offset` is.
  private func passLine(from offset: Int) throws(ImportFault) {
    var searched = offset
    while true {
      if let end = buffer.bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return finish(UnsafeRawBufferPointer(rebasing: buffer.bytes[...end]))
      }
      searched = buffer.count
      if buffer.isAtEnd { return finish(buffer.bytes) }
      try buffer.fill()
    }
  }

  private func finish(_ row: UnsafeRawBufferPointer) {
    nextLine += Self.lineFeeds(in: row[...])
    buffer.drop(row.count)
  }

  private static func lineFeeds(in bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") }
  }

  private func readHeader(for sink: RecordSink) throws(ImportFault) -> Bool {
    do throws(ImportFault) {
      guard let byteCount = try nextRow() else { return false }
      let row = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<byteCount])
      for field in scanner.fields {
        var name: [UInt8] = []
        CSVScanner.append(field, of: row, to: &name)
        columns.append(name)
      }
      finish(row)
    } catch {
      throw .fatal(error.error)
    }
    if let error = headerError(sink) { throw .fatal(error) }
    for (index, name) in columns.enumerated() {
      var start = [index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
      JSONOutput.appendString(name.span, to: &start)
      start.append(UInt8(ascii: ":"))
      memberStarts.append(start)
    }
    return true
  }

  private func headerError(_ sink: RecordSink) -> QrrotError? {
    let shown = columns.map { QrrotError.excerpt($0) }
    for (index, name) in columns.enumerated() where columns[..<index].contains(name) {
      return QrrotError(.syntax, "the header has the column \(shown[index]) twice")
    }
    for (index, name) in columns.enumerated() where !Escaping.isValidUTF8(name.span) {
      return QrrotError(.syntax, "the name of column \(index + 1) is not UTF-8: \(shown[index])")
    }
    if sink.hasTemplate { return nil }
    let known = TypedRecord.names.map { Array($0.utf8) }
    let isTyped =
      columns.allSatisfy { known.contains($0) } && columns.contains(known[0])
      && columns.contains(known[2])
    return isTyped ? nil : .keyIsNeeded(fields: shown)
  }
}

/// Rows as values.
extension CSVReader {
  /// Makes `document` the row as a JSON object.
  private func makeDocument(_ row: UnsafeRawBufferPointer) throws(ImportFault) {
    document.removeAll(keepingCapacity: document.count <= 1 << 20)
    for (index, field) in scanner.fields.enumerated() {
      document.append(contentsOf: memberStarts[index])
      self.field.removeAll(keepingCapacity: true)
      CSVScanner.append(field, of: row, to: &self.field)
      if self.field.isEmpty {
        document.append(contentsOf: field.isQuoted ? "\"\"".utf8 : "null".utf8)
      } else if JSONOutput.isNumberOrTruth(self.field) {
        document.append(contentsOf: self.field)
      } else {
        guard Escaping.isValidUTF8(self.field.span) else {
          throw .record(
            QrrotError(
              .json,
              "the field \(QrrotError.excerpt(columns[index])) is not UTF-8: \(QrrotError.excerpt(self.field))"
            ))
        }
        JSONOutput.appendString(self.field.span, to: &document)
      }
    }
    document.append(UInt8(ascii: "}"))
  }

  /// Makes `typed` the row's record.
  ///
  /// - Returns: false if it has no key.
  private func makeTyped(_ row: UnsafeRawBufferPointer) throws(QrrotError) -> Bool {
    typed = TypedRecord()
    var type: [UInt8] = []
    for (column, field) in zip(columns, scanner.fields) {
      self.field.removeAll(keepingCapacity: true)
      CSVScanner.append(field, of: row, to: &self.field)
      switch column {
      case Array("key".utf8): typed.key = self.field
      case Array("type".utf8): type = self.field
      case Array("value".utf8): typed.value = self.field
      default: typed.expiry = try Self.expiry(self.field)
      }
    }
    if typed.key.isEmpty { return false }
    try typed.setType(type)
    return true
  }

  private static func expiry(_ text: [UInt8]) throws(QrrotError) -> Int64 {
    if text.isEmpty { return 0 }
    let integer = try text.withUnsafeBytes { bytes in
      Result { () throws(QrrotError) in try TypedRecord.integer(bytes, "expires") }
    }.get()
    guard let integer, integer > 0 else {
      throw QrrotError(
        .type, "expires is a number of milliseconds since 1970, not \(QrrotError.excerpt(text))")
    }
    return integer
  }
}
