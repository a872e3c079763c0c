internal import QrrotCore

/// The tokens that only queries have.
extension Lexer {
  /// Adds the tokens behind the name of a query, to the end of the line: a filter and the columns of
  /// `select` are cut in ways of their own.
  mutating func appendQueryTokens(to tokens: inout [Token]) throws(LexicalStop) {
    var isInSelect = false
    var isFilterNext = false
    var isNameNext = false
    while true {
      skipBlanks()
      if isFilterNext {
        tokens.append(try filter())
        isFilterNext = false
        continue
      }
      if isAtLineEnd { return }
      let token =
        isInSelect ? try selectToken() : try self.token(allowsLiteral: false, allowsPath: true)
      tokens.append(token)
      // Behind `as` any word is a name.
      let isName = isNameNext
      isNameNext = isInSelect && !isName && isWord(token, "as")
      if isName { continue }
      isInSelect = isInSelect || isWord(token, CommandSpec.Clause.select.word)
      isFilterNext = isWord(token, CommandSpec.Clause.filter.word)
    }
  }

  /// Reads a filter: all up to the next word `select`, `order`, `limit` or `by` that stands between
  /// blanks, outside quotes, brackets and parentheses, or to the end of the line. It may be empty, and
  /// holds no blank at its end.
  ///
  /// A line feed inside a quote belongs to it, as in every quote. A bracket that is not closed ends with
  /// the line; what is wrong with it is told by who reads the filter.
  mutating func filter() throws(LexicalStop) -> Token {
    let start = position
    let lines = innerLineCount
    var depth = 0
    var isWordStart = true
    var filterEnd = position
    while !isAtLineEnd {
      let byte = input[position]
      if Self.isBlank(byte) {
        isWordStart = true
        position += 1
        continue
      }
      if isWordStart, depth == 0, isAtClauseWord { break }
      isWordStart = false
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let open = position
        guard skipQuote(byte) else {
          innerLineCount = lines
          throw .incomplete(byte == UInt8(ascii: "'") ? .filterQuote : .doubleQuote, start: open)
        }
      case UInt8(ascii: "["), UInt8(ascii: "("):
        depth += 1
        position += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"):
        depth = max(0, depth - 1)
        position += 1
      default: position += 1
      }
      filterEnd = position
    }
    return Token(kind: .filter, range: start..<filterEnd)
  }

  /// Reads a token behind `select`, where a comma outside brackets and quotes is a token of its own.
  mutating func selectToken() throws(LexicalStop) -> Token {
    let start = position
    switch input[position] {
    case UInt8(ascii: ","):
      position += 1
      return Token(kind: .comma, range: start..<position)
    case UInt8(ascii: "\""): return try doubleQuoted(endsAtComma: true)
    case UInt8(ascii: "'"): return try singleQuoted(endsAtComma: true)
    case UInt8(ascii: "$"): return try selectPath()
    default: return try bare(endsAtComma: true)
    }
  }

  /// Whether `token` is this word, not quoted.
  func isWord(_ token: Token, _ word: String) -> Bool {
    token.kind == .bare && token.range.count == word.utf8.count
      && input[token.range].elementsEqual(word.utf8)
  }

  /// A path that a comma ends too. Quotes belong to it inside its brackets alone.
  private mutating func selectPath() throws(LexicalStop) -> Token {
    let start = position
    var depth = 0
    var isUnclosed = false
    while !isAtLineEnd {
      let byte = input[position]
      if depth == 0, Self.isBlank(byte) || byte == UInt8(ascii: ",") { break }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        guard depth > 0 else { throw quoteInWord() }
        isUnclosed = !skipQuoteOnLine(byte) || isUnclosed
      case UInt8(ascii: "["), UInt8(ascii: "("):
        depth += 1
        position += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"):
        depth = max(0, depth - 1)
        position += 1
      default: position += 1
      }
    }
    var token = Token(kind: .path, range: start..<position)
    token.isUnclosed = isUnclosed || depth > 0
    return token
  }

  /// Whether a clause that can follow a filter begins here: its word, up to a blank or the end.
  private var isAtClauseWord: Bool {
    Self.wordsBehindFilter.contains { word in
      let wordEnd = position + word.count
      guard wordEnd <= end, input[position..<wordEnd].elementsEqual(word) else { return false }
      guard wordEnd < end else { return true }
      let byte = input[wordEnd]
      return Self.isBlank(byte) || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
  }

  private static let wordsBehindFilter: [[UInt8]] = CommandSpec.Clause.allCases
    .filter { $0 != .filter }.map { Array($0.word.utf8) }
}
