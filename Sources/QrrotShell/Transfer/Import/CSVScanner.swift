/// Finds the fields of one CSV record.
///
/// Fields are parted by one byte, records by LF or CRLF. A field in double quotes may hold all of
/// these; a quote in it is doubled. A quote in the middle of a field without quotes stands for itself.
///
/// Source: RFC 4180.
struct CSVScanner {
  /// A field where it stands, without its quotes.
  struct Field {
    var range: Range<Int>
    var isQuoted = false
    /// Whether quotes in it are doubled.
    var hasQuotes = false
  }

  /// What came of looking at some bytes.
  enum Outcome: Equatable {
    /// The record has so many bytes, its line end included.
    case record(byteCount: Int)
    /// Its end is not there yet.
    case incomplete
    /// Behind a closing quote, at this offset, stands neither a separator nor the end of the record.
    case textBehindQuote(Int)
    /// The quote at this offset is never closed.
    case unclosed(Int)
  }

  let separator: UInt8
  /// The fields of the record.
  private(set) var fields: [Field] = []

  init(separator: UInt8) { self.separator = separator }

  /// Looks for the record that `bytes` begin with.
  ///
  /// - Parameter isFinal: whether nothing follows `bytes`.
  mutating func scan(_ bytes: UnsafeRawBufferPointer, isFinal: Bool) -> Outcome {
    fields.removeAll(keepingCapacity: true)
    var offset = 0
    while true {
      let fieldEnd: Int
      if offset < bytes.count, bytes[offset] == Self.quote {
        switch scanQuoted(bytes, from: offset, isFinal: isFinal) {
        case .failure(let outcome): return outcome.outcome
        case .success(let end): fieldEnd = end
        }
      } else {
        fieldEnd = scanPlain(bytes, from: offset)
      }
      guard fieldEnd < bytes.count else {
        return isFinal ? .record(byteCount: bytes.count) : .incomplete
      }
      switch bytes[fieldEnd] {
      case separator: offset = fieldEnd + 1
      case Self.lineFeed: return .record(byteCount: fieldEnd + 1)
      case Self.carriageReturn:
        guard fieldEnd + 1 < bytes.count else {
          return isFinal ? .record(byteCount: bytes.count) : .incomplete
        }
        guard bytes[fieldEnd + 1] == Self.lineFeed else { return .textBehindQuote(fieldEnd) }
        return .record(byteCount: fieldEnd + 2)
      default: return .textBehindQuote(fieldEnd)
      }
    }
  }

  private struct Stop: Error { var outcome: Outcome }

  /// - Returns: behind the closing quote.
  private mutating func scanQuoted(
    _ bytes: UnsafeRawBufferPointer, from start: Int, isFinal: Bool
  ) -> Result<Int, Stop> {
    var field = Field(range: start..<start, isQuoted: true)
    var offset = start + 1
    while offset < bytes.count {
      guard bytes[offset] == Self.quote else {
        offset += 1
        continue
      }
      if offset + 1 < bytes.count, bytes[offset + 1] == Self.quote {
        field.hasQuotes = true
        offset += 2
        continue
      }
      if offset + 1 == bytes.count, !isFinal { return .failure(Stop(outcome: .incomplete)) }
      field.range = (start + 1)..<offset
      fields.append(field)
      return .success(offset + 1)
    }
    return .failure(Stop(outcome: isFinal ? .unclosed(start) : .incomplete))
  }

  /// - Returns: where the separator or the line end stands, or the end of the bytes.
  private mutating func scanPlain(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var offset = start
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == separator || byte == Self.lineFeed { break }
      if byte == Self.carriageReturn {
        // A carriage return of its own is a part of the field.
        if offset + 1 == bytes.count || bytes[offset + 1] == Self.lineFeed { break }
      }
      offset += 1
    }
    fields.append(Field(range: start..<offset))
    return offset
  }

  /// Appends what a field stands for.
  static func append(
    _ field: Field, of bytes: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) {
    guard field.hasQuotes else { return output.append(contentsOf: bytes[field.range]) }
    var isSecond = false
    for byte in bytes[field.range] {
      if byte == quote, !isSecond {
        isSecond = true
        continue
      }
      isSecond = false
      output.append(byte)
    }
  }

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
}
