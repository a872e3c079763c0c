/// A value in text form piece by piece, to the same bytes as ``TextForm`` appends at once.
package struct ValueTextPieces {
  private enum State {
    case start
    /// Whether a JSON string holds a single quote, looked for from here on: its own quotes depend on it.
    case search(Int)
    /// In the midst of it, with what comes behind.
    case body(EscapedPieces, end: StaticString)
    /// In the midst of a JSON string inside double quotes, which takes a backslash before each `"` and `\`.
    case nested(EscapedPieces)
  }

  private var state = State.start

  /// Before the first piece.
  package init() {}

  /// Appends the next piece.
  ///
  /// - Parameters:
  ///   - value: the whole value as it is stored, the same at each call.
  ///   - byteLimit: about how much of it to read.
  /// - Returns: whether there is more.
  /// - Complexity: O(`byteLimit`). What is appended is at most 10 times as long.
  package mutating func append(
    stored value: UnsafeRawBufferPointer, _ type: ValueType, byteLimit: Int,
    to output: inout [UInt8]
  ) -> Bool {
    value.withMemoryRebound(to: UInt8.self) { content in
      append(content.span, value, type, byteLimit, &output)
    }
  }

  private mutating func append(
    _ content: Span<UInt8>, _ value: UnsafeRawBufferPointer, _ type: ValueType, _ byteLimit: Int,
    _ output: inout [UInt8]
  ) -> Bool {
    switch state {
    case .start:
      guard begin(content, value, type, &output) else { return false }
      return append(content, value, type, byteLimit, &output)
    case .search(let start):
      let end = min(content.count, start + max(1, byteLimit))
      if value[start..<end].contains(UInt8(ascii: "'")) {
        output.append(UInt8(ascii: "\""))
        state = .nested(EscapedPieces(as: .jsonText))
      } else if end == content.count {
        output.append(UInt8(ascii: "'"))
        state = .body(EscapedPieces(as: .jsonText), end: "'")
      } else {
        state = .search(end)
      }
      return true
    case .body(var pieces, let end):
      let hasMore = pieces.append(content, byteLimit: byteLimit, to: &output)
      state = .body(pieces, end: end)
      if !hasMore { output.append(end) }
      return hasMore
    case .nested(var pieces):
      var text: [UInt8] = []
      let hasMore = pieces.append(content, byteLimit: byteLimit, to: &text)
      state = .nested(pieces)
      // Nothing in it is hidden any more.
      for byte in text {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          output.append(UInt8(ascii: "\\"))
        }
        output.append(byte)
      }
      if !hasMore { output.append(UInt8(ascii: "\"")) }
      return hasMore
    }
  }

  /// Appends what stands in front.
  ///
  /// - Returns: whether there is more.
  private mutating func begin(
    _ content: Span<UInt8>, _ value: UnsafeRawBufferPointer, _ type: ValueType,
    _ output: inout [UInt8]
  ) -> Bool {
    switch type {
    case .int:
      TextForm.append(value.storedInteger, to: &output)
      return false
    case .string:
      output.append(UInt8(ascii: "\""))
      state = .body(EscapedPieces(as: .quoted), end: "\"")
    case .json:
      guard !content.isEmpty else { return false }
      switch content[0] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        state = .body(EscapedPieces(as: .jsonText), end: "")
      case UInt8(ascii: "\""):
        output.append("as json ")
        state = .search(0)
      default:
        output.append("as json ")
        state = .body(EscapedPieces(as: .jsonText), end: "")
      }
    }
    return true
  }
}
