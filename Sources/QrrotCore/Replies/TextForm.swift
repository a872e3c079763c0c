/// The text form of replies: what a person reads, what the network sends for plain lines, and what
/// can be pasted back as the same typed value.
public enum TextForm {
  /// Appends `reply` with a line feed after each line; an empty list is nothing at all.
  ///
  /// - Complexity: O(size of the reply).
  public static func append(_ reply: Reply, to output: inout [UInt8]) {
    switch reply.shape {
    case .ok: output.append("OK\n")
    case .none: output.append("(nil)\n")
    case .single where reply.cells.count == 1 && reply.columns.isEmpty:
      // What nearly all replies are: no rows and columns to be counted.
      append(reply.cells[0], of: reply, to: &output)
      output.append(UInt8(ascii: "\n"))
    case .single, .keys, .rows:
      for row in 0..<reply.rowCount { appendRow(row, of: reply, to: &output) }
    }
  }

  /// Appends row `row` with its line feed: literals parted by blanks. Absent cells at the end are left
  /// out; in front of others they are `(nil)`.
  public static func appendRow(_ row: Int, of reply: Reply, to output: inout [UInt8]) {
    var isFirst = true
    for cell in shownCells(ofRow: row, of: reply) {
      if !isFirst { output.append(UInt8(ascii: " ")) }
      isFirst = false
      append(cell, of: reply, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  /// The cells of a row without the absent ones at its end.
  public static func shownCells(ofRow row: Int, of reply: Reply) -> ArraySlice<Reply.Cell> {
    let first = row * reply.columnCount
    var cells = reply.cells[first..<(first + reply.columnCount)]
    while cells.last?.kind == .absent { cells = cells.dropLast() }
    return cells
  }

  /// Appends one cell; an absent one is `(nil)`.
  public static func append(_ cell: Reply.Cell, of reply: Reply, to output: inout [UInt8]) {
    let content = reply.bytes.span.extracting(cell.range)
    switch cell.kind {
    case .absent: output.append("(nil)")
    case .key: Escaping.appendKey(content, to: &output)
    case .word: Escaping.appendDisplayed(content, to: &output)
    case .integer, .value(.int): append(cell.integer, to: &output)
    case .value(.string): Escaping.appendQuoted(content, to: &output)
    case .value(.json): appendJSONLiteral(content, to: &output)
    case .json: Escaping.appendJSONText(content, to: &output)
    }
  }

  /// Appends a value as a literal of the command language.
  public static func append(_ value: Value, to output: inout [UInt8]) {
    switch value {
    case .string(let content): Escaping.appendQuoted(content.span, to: &output)
    case .int(let integer): append(integer, to: &output)
    case .json(let text): appendJSONLiteral(text.span, to: &output)
    }
  }

  /// Appends a value as it is stored: the bytes of a string, a JSON text, the eight bytes of an int,
  /// little-endian.
  package static func append(
    stored bytes: UnsafeRawBufferPointer, _ type: ValueType, to output: inout [UInt8]
  ) {
    bytes.withMemoryRebound(to: UInt8.self) { content in
      switch type {
      case .string: Escaping.appendQuoted(content.span, to: &output)
      case .int: append(bytes.storedInteger, to: &output)
      case .json: appendJSONLiteral(content.span, to: &output)
      }
    }
  }

  /// Appends the decimal digits of `integer`, without making a string.
  public static func append(_ integer: Int64, to output: inout [UInt8]) {
    guard integer < 0 || integer > 9 else {
      return output.append(UInt8(ascii: "0") + UInt8(integer))
    }
    let start = output.count
    var rest = integer.magnitude
    while rest > 0 {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      output.append(UInt8(ascii: "0") + UInt8(digit))
      rest = quotient
    }
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    output[start...].reverse()
  }

  /// An array or object stands for itself; a scalar would read back as another type, so it says
  /// `as json`.
  private static func appendJSONLiteral(_ text: Span<UInt8>, to output: inout [UInt8]) {
    guard !text.isEmpty else { return }
    switch text[0] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      Escaping.appendJSONText(text, to: &output)
    case UInt8(ascii: "\""):
      output.append(contentsOf: "as json ".utf8)
      var json: [UInt8] = []
      Escaping.appendJSONText(text, to: &json)
      if json.contains(UInt8(ascii: "'")) {
        Escaping.appendQuoted(json.span, to: &output)
      } else {
        output.append(UInt8(ascii: "'"))
        output.append(contentsOf: json)
        output.append(UInt8(ascii: "'"))
      }
    default:
      output.append(contentsOf: "as json ".utf8)
      Escaping.appendJSONText(text, to: &output)
    }
  }
}
