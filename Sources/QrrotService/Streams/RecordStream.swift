internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// How a record is written that comes in parts.
enum RecordForm {
  /// The value as Redis shows it: a string, a part of one, an int's digits; null if there is none.
  case string(Range<Int>?)
  /// A document, as it is or in an array of one.
  case document(isListed: Bool)
  /// The value as `QRROT` shows it.
  case cell
  /// A row of `QRROT all`.
  case row
  /// The value in text form; `(nil)` if there is none.
  case text
  /// A row of a plain `all`.
  case textRow
}

/// The records of one moment, each of which may take many parts.
final class RecordStream: ReplyStream {
  private enum Place {
    case start
    /// In the midst of a bulk string: the bytes that are left of the value, and what comes behind.
    case bulk(Range<Int>, end: StaticString)
    case text(ValueTextPieces)
  }

  private let reading: MomentReading
  private let form: RecordForm
  private let head: [UInt8]
  private let tail: StaticString
  private var place = Place.start
  private(set) var hasBegun = false

  /// - Parameters:
  ///   - head: what stands in front of all records.
  ///   - tail: what comes behind them.
  init(
    _ reading: MomentReading, as form: RecordForm, head: [UInt8] = [], tail: StaticString = ""
  ) {
    self.reading = reading
    self.form = form
    self.head = head
    self.tail = tail
  }

  var version: UInt64 { reading.version }
  var isOverrun: Bool { reading.isOverrun }

  var isOfLanguage: Bool {
    switch form {
    case .string, .document: false
    case .cell, .row, .text, .textRow: true
    }
  }

  func next(into writer: inout ReplyWriter, limit: Int) throws(QrrotError) -> Bool {
    let start = writer.bytes.count
    if !hasBegun { writer.bytes.append(contentsOf: head) }
    var recordsLeft = Self.recordLimit
    var hasMore = false
    if reading.count > 0 {
      hasMore = try reading.next { record in
        let rest = limit - (writer.bytes.count - start)
        guard write(record, limit: max(1, rest), to: &writer) else { return .stay }
        place = .start
        recordsLeft -= 1
        let isEnough = writer.bytes.count - start >= limit || recordsLeft == 0
        return isEnough ? .pause : .next
      }
    }
    hasBegun = true
    if !hasMore { writer.bytes.append(tail) }
    return hasMore
  }

  private static var recordLimit: Int { 1_024 }

  /// Writes a record, or the next part of it.
  ///
  /// - Returns: whether that is all of it.
  private func write(_ record: RecordView?, limit: Int, to writer: inout ReplyWriter) -> Bool {
    switch place {
    case .start: return begin(record, limit: limit, to: &writer)
    case .bulk(let range, let end):
      guard let record else { return true }
      let part = range.prefix(limit)
      writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: record.value[part]))
      place = .bulk(part.endIndex..<range.upperBound, end: end)
      guard part.endIndex == range.upperBound else { return false }
      writer.bytes.append(end)
      return true
    case .text(var pieces):
      guard let record else { return true }
      // What is escaped takes several times as much.
      let hasMore = pieces.append(
        stored: record.value, record.type, byteLimit: limit / 4, to: &writer.bytes)
      place = .text(pieces)
      if !hasMore { writer.bytes.append(UInt8(ascii: "\n")) }
      return !hasMore
    }
  }

  private func begin(_ record: RecordView?, limit: Int, to writer: inout ReplyWriter) -> Bool {
    switch form {
    case .string(let range):
      guard let record, record.type != .json else {
        writer.null()
        return true
      }
      if record.type == .int {
        writer.bulk(decimal: record.integer)
        return true
      }
      beginBulk(range ?? 0..<record.value.count, to: &writer)
    case .document(let isListed):
      guard let record else {
        writer.null()
        return true
      }
      let range = 0..<record.value.count
      if isListed {
        beginBulk(range, in: ("[", "]\r\n"), surplus: 2, to: &writer)
      } else {
        beginBulk(range, to: &writer)
      }
    case .cell:
      guard let record else {
        writer.null()
        return true
      }
      if writeInteger(of: record, to: &writer) { return true }
    case .row:
      guard let record else { return true }
      writeRowHead(record, to: &writer)
      if writeInteger(of: record, to: &writer) { return true }
    case .text, .textRow: return beginText(record, limit: limit, to: &writer)
    }
    return write(record, limit: limit, to: &writer)
  }

  /// Writes the value if it is an int, else the head of a bulk string.
  private func writeInteger(of record: RecordView, to writer: inout ReplyWriter) -> Bool {
    if record.type == .int {
      writer.integer(record.integer)
      return true
    }
    beginBulk(0..<record.value.count, to: &writer)
    return false
  }

  private func writeRowHead(_ record: RecordView, to writer: inout ReplyWriter) {
    let isMap = writer.version == .resp3
    if isMap { writer.map(count: 3) } else { writer.array(count: 3) }
    if isMap { writer.bulk("key") }
    writer.bulk(record.key)
    if isMap { writer.bulk("type") }
    writer.bulk(record.type.name)
    if isMap { writer.bulk("value") }
  }

  private func beginBulk(
    _ range: Range<Int>, in marks: (StaticString, StaticString) = ("", "\r\n"), surplus: Int = 0,
    to writer: inout ReplyWriter
  ) {
    writer.beginBulk(byteCount: range.count + surplus)
    writer.bytes.append(marks.0)
    place = .bulk(range, end: marks.1)
  }

  private func beginText(
    _ record: RecordView?, limit: Int, to writer: inout ReplyWriter
  ) -> Bool {
    if case .textRow = form {
      guard let record else { return true }
      record.key.withMemoryRebound(to: UInt8.self) {
        Escaping.appendKey($0.span, to: &writer.bytes)
      }
      writer.bytes.append(contentsOf: " \(record.type.name) ".utf8)
    } else if record == nil {
      writer.bytes.append("(nil)\n")
      return true
    }
    place = .text(ValueTextPieces())
    return write(record, limit: limit, to: &writer)
  }
}
