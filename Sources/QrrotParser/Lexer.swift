/// Cuts one command into tokens, in place.
///
/// It works on an unsafe buffer because each byte is looked at once or twice and bounds checks would
/// be a third of the work; every index is compared with `end` before it is used.
struct Lexer {
  let input: UnsafeBufferPointer<UInt8>
  let end: Int
  var position: Int
  /// Line feeds passed inside quotes and literals.
  var innerLineCount = 0

  init(_ input: UnsafeBufferPointer<UInt8>, from position: Int) {
    self.input = input
    self.end = input.count
    self.position = position
  }

  /// Passes blanks.
  mutating func skipBlanks() {
    while position < end, Self.isBlank(input[position]) { position += 1 }
  }

  /// Whether the line ends here: at a line feed, at CR LF, or at the end of the input.
  var isAtLineEnd: Bool {
    if position == end { return true }
    let byte = input[position]
    return byte == Self.lineFeed || (byte == Self.carriageReturn && isLineFeed(at: position + 1))
  }

  /// The first byte after the line feed at or after `position`; nil if there is none yet.
  func nextLine(after position: Int) -> Int? {
    var index = position
    while index < end {
      if input[index] == Self.lineFeed { return index + 1 }
      index += 1
    }
    return nil
  }

  /// Reads the token that begins here, which is neither a blank nor the end of the line.
  mutating func token(allowsLiteral: Bool, allowsPath: Bool) throws(LexicalStop) -> Token {
    switch input[position] {
    case UInt8(ascii: "\""):
      return try doubleQuoted()
    case UInt8(ascii: "'"):
      return try singleQuoted()
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      return allowsLiteral ? try literal() : try bare()
    case UInt8(ascii: "$") where allowsPath:
      if let path = try path() { return path }
      return try bare()
    default:
      return try bare()
    }
  }

  mutating func bare(endsAtComma: Bool = false) throws(LexicalStop) -> Token {
    let start = position
    while position < end {
      let byte = input[position]
      if byte > Self.quote, !endsAtComma || byte != Self.comma { position += 1; continue }
      if Self.isBlank(byte) || byte == Self.lineFeed { break }
      if endsAtComma, byte == Self.comma { break }
      if byte == Self.carriageReturn, isLineFeed(at: position + 1) { break }
      if byte == Self.doubleQuote || byte == Self.quote { throw quoteInWord() }
      position += 1
    }
    return Token(kind: .bare, range: start..<position)
  }

  /// What is wrong with a quote character here, in the middle of a token.
  func quoteInWord() -> LexicalStop {
    .wrong(
      .syntax,
      "a quote character in the middle of a word; quote the whole word, or leave a blank before it",
      range: position..<(position + 1), position: position)
  }

  mutating func doubleQuoted(endsAtComma: Bool = false) throws(LexicalStop) -> Token {
    let open = position
    let lines = innerLineCount
    var hasEscape = false
    position += 1
    while position < end {
      switch input[position] {
      case Self.doubleQuote:
        var token = Token(kind: .doubleQuoted, range: (open + 1)..<position)
        token.hasEscape = hasEscape
        position += 1
        try endOfToken("a quoted text", from: open, allowsComma: endsAtComma)
        return token
      case UInt8(ascii: "\\"):
        hasEscape = true
        // An escaped line feed is wrong, but it is a line all the same.
        if isLineFeed(at: position + 1) { innerLineCount += 1 }
        position += 2
      case Self.lineFeed:
        innerLineCount += 1
        position += 1
      default:
        position += 1
      }
    }
    innerLineCount = lines
    throw .incomplete(.doubleQuote, start: open)
  }

  mutating func singleQuoted(endsAtComma: Bool = false) throws(LexicalStop) -> Token {
    let open = position
    let lines = innerLineCount
    position += 1
    while position < end {
      let byte = input[position]
      if byte == Self.quote {
        let token = Token(kind: .singleQuoted, range: (open + 1)..<position)
        position += 1
        try endOfToken("a quoted text", from: open, allowsComma: endsAtComma)
        return token
      }
      if byte == Self.lineFeed { innerLineCount += 1 }
      position += 1
    }
    innerLineCount = lines
    throw .incomplete(.singleQuote, start: open)
  }

  /// Finds the end of a JSON literal by its brackets; whether it is JSON is decided later.
  private mutating func literal() throws(LexicalStop) -> Token {
    let open = position
    let lines = innerLineCount
    var nesting = BracketStack()
    while position < end {
      let byte = input[position]
      position += 1
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard nesting.push(byte) else {
          throw .wrong(
            .json,
            "byte \(position - 1 - open): JSON may be nested \(BracketStack.limit) deep at most",
            range: (position - 1)..<position, position: position)
        }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard nesting.pop(byte) else {
          let expected = byte == UInt8(ascii: "}") ? "]" : "}"
          throw .wrong(
            .json,
            "byte \(position - 1 - open): expected \(expected), found \(byte == UInt8(ascii: "}") ? "}" : "]")",
            range: (position - 1)..<position, position: position)
        }
        if nesting.isEmpty {
          try endOfToken("a JSON literal", from: open)
          return Token(kind: .literal, range: open..<position)
        }
      case Self.doubleQuote: skipString()
      case Self.lineFeed: innerLineCount += 1
      default: break
      }
    }
    innerLineCount = lines
    throw .incomplete(.literal, start: open)
  }

  /// Passes the rest of a string inside a literal, to the end of the input if it is not closed.
  private mutating func skipString() {
    while position < end {
      let byte = input[position]
      if byte == Self.lineFeed { innerLineCount += 1 }
      if byte == UInt8(ascii: "\\") {
        if isLineFeed(at: position + 1) { innerLineCount += 1 }
        position += 1
      }
      position += 1
      if byte == Self.doubleQuote { return }
    }
    position = min(position, end)
  }

  /// A path token, or nil if a bare token stands here.
  private mutating func path() throws(LexicalStop) -> Token? {
    let start = position
    let next = position + 1 < end ? input[position + 1] : Self.lineFeed
    guard
      next == UInt8(ascii: ".") || next == UInt8(ascii: "[") || Self.isBlank(next)
        || next == Self.lineFeed || next == Self.carriageReturn
    else { return nil }
    var depth = 0
    var openQuote: UInt8?
    var isEscaped = false
    while !isAtLineEnd {
      let byte = input[position]
      if Self.isBlank(byte), depth == 0, openQuote == nil { break }
      if let quote = openQuote {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == quote {
          openQuote = nil
        }
      } else if depth > 0, byte == Self.quote || byte == Self.doubleQuote {
        openQuote = byte
      } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(") {
        depth += 1
      } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")") {
        depth = max(0, depth - 1)
      } else if byte == Self.quote || byte == Self.doubleQuote {
        position = start
        return nil
      }
      position += 1
    }
    var token = Token(kind: .path, range: start..<position)
    token.isUnclosed = depth > 0 || openQuote != nil
    return token
  }

  /// Passes a quote of a filter, to the end of the input if it is not closed.
  ///
  /// - Returns: whether it is closed.
  mutating func skipQuote(_ quote: UInt8) -> Bool {
    position += 1
    while position < end {
      let byte = input[position]
      if byte == Self.lineFeed { innerLineCount += 1 }
      if byte == UInt8(ascii: "\\") {
        if isLineFeed(at: position + 1) { innerLineCount += 1 }
        position += 1
      }
      position += 1
      if byte == quote { return true }
    }
    position = min(position, end)
    return false
  }

  /// Passes a quote of a path, to the end of the line if it is not closed there.
  ///
  /// - Returns: whether it is closed.
  mutating func skipQuoteOnLine(_ quote: UInt8) -> Bool {
    position += 1
    while !isAtLineEnd {
      let byte = input[position]
      position += 1
      if byte == quote { return true }
      if byte == UInt8(ascii: "\\"), !isAtLineEnd { position += 1 }
    }
    return false
  }

  private func endOfToken(
    _ what: String, from open: Int, allowsComma: Bool = false
  ) throws(LexicalStop) {
    if isAtLineEnd || Self.isBlank(input[position]) { return }
    if allowsComma, input[position] == Self.comma { return }
    throw .wrong(
      .syntax, "\(what) is followed by a blank or the end of the line, not by more text",
      range: open..<(position + 1), position: position)
  }

  private func isLineFeed(at index: Int) -> Bool { index < end && input[index] == Self.lineFeed }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let quote = UInt8(ascii: "'")
  private static let comma = UInt8(ascii: ",")
  private static let doubleQuote = UInt8(ascii: "\"")
}
