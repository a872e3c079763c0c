/// The machine behind ``JSONText``: one pass over a text, from token to token.
///
/// The text is handed to each step instead of being stored, since a stored span needs lifetime
/// annotations that are still experimental.
struct JSONScanner {
  /// What may stand at the next token.
  private enum Expectation {
    /// A value: at the start, after a colon, and after a comma in an array.
    case value
    /// The first value of an array, or its end.
    case valueOrEnd
    /// A member name after a comma.
    case name
    /// The first member name of an object, or its end.
    case nameOrEnd
    /// The colon after a member name.
    case colon
    /// What follows a value inside an array or object.
    case commaOrEnd
    /// Nothing: the text's one value is complete.
    case end
  }

  /// The byte to look at next.
  var offset = 0
  private var expectation = Expectation.value
  private var containers = JSONContainerStack()

  /// Reads the whole of `text`; if `compacting`, appends it to `output` without blanks.
  ///
  /// On an error `output` may already hold a part of the text.
  mutating func scan(
    _ text: Span<UInt8>, compacting: Bool, into output: inout [UInt8]
  ) throws(JSONSyntaxError) {
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
      throw failure(in: text, expected: "a value, not a byte order mark")
    }
    var runStart = 0
    while offset < text.count {
      if text[offset] <= UInt8(ascii: " ") {
        let blankStart = offset
        skipBlanks(in: text)
        if compacting { output.append(text, runStart..<blankStart) }
        runStart = offset
        guard offset < text.count else { break }
      }
      try readToken(text[offset], in: text)
    }
    guard expectation == .end else { throw unexpected(in: text) }
    if compacting { output.append(text, runStart..<offset) }
  }

  /// Moves past spaces, tabs, line feeds and carriage returns.
  @inline(__always)
  private mutating func skipBlanks(in text: Span<UInt8>) {
    while offset < text.count {
      switch text[offset] {
      case UInt8(ascii: " "):
        // Indentation: eight spaces at a time.
        while offset + ByteWord.byteCount <= text.count,
          ByteWord.load(text, at: offset) == ByteWord.spaces
        {
          offset += ByteWord.byteCount
        }
        while offset < text.count, text[offset] == UInt8(ascii: " ") { offset += 1 }
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        offset += 1
      default:
        return
      }
    }
  }

  /// Reads the token that begins with `byte` at `offset`, which is no blank.
  @inline(__always)
  private mutating func readToken(
    _ byte: UInt8, in text: Span<UInt8>
  ) throws(JSONSyntaxError) {
    switch expectation {
    case .value:
      try readValue(byte, in: text)
    case .valueOrEnd:
      if byte == UInt8(ascii: "]") { close() } else { try readValue(byte, in: text) }
    case .nameOrEnd where byte == UInt8(ascii: "}"):
      close()
    case .name, .nameOrEnd:
      guard byte == UInt8(ascii: "\"") else { throw unexpected(in: text) }
      try readString(in: text)
      // Most often the colon follows at once.
      if offset < text.count, text[offset] == UInt8(ascii: ":") {
        offset += 1
        expectation = .value
      } else {
        expectation = .colon
      }
    case .colon:
      guard byte == UInt8(ascii: ":") else { throw unexpected(in: text) }
      offset += 1
      expectation = .value
    case .commaOrEnd:
      if byte == UInt8(ascii: ",") {
        offset += 1
        expectation = containers.isInObject ? .name : .value
      } else if byte == (containers.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        close()
      } else {
        throw unexpected(in: text)
      }
    case .end:
      throw unexpected(in: text)
    }
  }

  /// Reads a scalar, or the bracket that opens a container.
  @inline(__always)
  private mutating func readValue(
    _ byte: UInt8, in text: Span<UInt8>
  ) throws(JSONSyntaxError) {
    switch byte {
    case UInt8(ascii: "\""):
      try readString(in: text)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard containers.depth < JSONText.maximumDepth else {
        throw failure(in: text, expected: "at most \(JSONText.maximumDepth) levels of nesting")
      }
      offset += 1
      containers.push(isObject: byte == UInt8(ascii: "{"))
      expectation = byte == UInt8(ascii: "{") ? .nameOrEnd : .valueOrEnd
      return
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      try readNumber(in: text)
    case UInt8(ascii: "t"):
      try readWord("true", in: text)
    case UInt8(ascii: "f"):
      try readWord("false", in: text)
    case UInt8(ascii: "n"):
      try readWord("null", in: text)
    default:
      throw unexpected(in: text)
    }
    expectation = containers.depth == 0 ? .end : .commaOrEnd
  }

  /// Closes the innermost container at its bracket.
  @inline(__always)
  private mutating func close() {
    offset += 1
    containers.pop()
    expectation = containers.depth == 0 ? .end : .commaOrEnd
  }

  /// The error that `expected` does not stand at `offset`.
  func failure(in text: Span<UInt8>, expected: String) -> JSONSyntaxError {
    JSONSyntaxError(
      offset: offset, expected: expected, found: offset < text.count ? text[offset] : nil)
  }

  /// The error that the next token cannot stand at `offset`.
  private func unexpected(in text: Span<UInt8>) -> JSONSyntaxError {
    let expected =
      switch expectation {
      case .value: "a value"
      case .valueOrEnd: "a value or ]"
      case .name: "a member name in double quotes"
      case .nameOrEnd: "a member name in double quotes or }"
      case .colon: "a colon"
      case .commaOrEnd: containers.isInObject ? "a comma or }" : "a comma or ]"
      case .end: "the end of the text"
      }
    return failure(in: text, expected: expected)
  }
}
