/// Follows a token that is open at the end of a text until it is closed and its line has ended, as
/// more of the text comes in parts.
///
/// It decides when parsing again is worth while, so that a value of hundreds of megabytes that
/// arrives in small parts is looked at once and not once a part. What the token means is left to the
/// parser.
public struct OpenTokenScanner: Sendable {
  /// Whether the line on which the token was closed has ended.
  public private(set) var isOver = false
  private var opening: Opening
  private var nesting = BracketStack()
  private var isInString = false
  private var isEscaped = false
  /// Whether the next byte is the opening quote.
  private var isAtQuote: Bool

  /// Begins in front of the token's first byte, its quote or bracket.
  public init(_ opening: Opening) {
    self.opening = opening
    // The opening quote is not the closing one; a literal's bracket is counted when it comes.
    isAtQuote =
      opening == .doubleQuote || opening == .singleQuote || opening == .filterQuote
  }

  /// Takes the next part of the text.
  ///
  /// - Returns: how many of the bytes belong to the command; all of them unless it is over now.
  /// - Complexity: O(bytes).
  public mutating func take(_ bytes: Span<UInt8>) -> Int {
    bytes.withUnsafeBufferPointer { take($0) }
  }

  private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var index = 0
    if isAtQuote, !bytes.isEmpty {
      isAtQuote = false
      index = 1
    }
    while index < bytes.count, !isOver {
      let byte = bytes[index]
      index += 1
      if isEscaped {
        isEscaped = false
        continue
      }
      switch opening {
      case .line: isOver = byte == UInt8(ascii: "\n")
      case .singleQuote: if byte == UInt8(ascii: "'") { opening = .line }
      case .doubleQuote: takeQuoted(byte, closedBy: UInt8(ascii: "\""))
      case .filterQuote: takeQuoted(byte, closedBy: UInt8(ascii: "'"))
      case .literal: takeLiteral(byte)
      }
    }
    return index
  }

  private mutating func takeQuoted(_ byte: UInt8, closedBy quote: UInt8) {
    if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == quote {
      opening = .line
    }
  }

  private mutating func takeLiteral(_ byte: UInt8) {
    if isInString {
      if byte == UInt8(ascii: "\\") { isEscaped = true }
      if byte == UInt8(ascii: "\"") { isInString = false }
      return
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      // Nested too deep, or closed by the wrong bracket, the parser ends the literal at once.
      if !nesting.push(byte) { opening = .line }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      if !nesting.pop(byte) || nesting.isEmpty { opening = .line }
    default: break
    }
  }
}
