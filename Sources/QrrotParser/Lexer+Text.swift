/// Commands that take the rest of their line raw.
extension Lexer {
  /// Appends the rest of the line, without the blanks around it, as one token; none if nothing is left.
  /// A carriage return at its end is as good as a blank.
  mutating func appendText(to tokens: inout [Token]) {
    skipBlanks()
    let start = position
    var textEnd = start
    while !isAtLineEnd {
      let byte = input[position]
      if !Self.isBlank(byte), byte != UInt8(ascii: "\r") { textEnd = position + 1 }
      position += 1
    }
    if textEnd > start { tokens.append(Token(kind: .bare, range: start..<textEnd)) }
  }
}
