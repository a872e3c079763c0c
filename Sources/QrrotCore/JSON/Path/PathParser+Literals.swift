/// Strings and numbers.
extension PathParser {
  /// Adds bytes to the program's literals.
  mutating func appendLiteral(_ bytes: ArraySlice<UInt8>) -> Range<Int> {
    let start = program.literals.count
    program.literals += bytes
    return start..<program.literals.count
  }

  /// A string in single or double quotes, whose opening quote stands here; its content is added to
  /// the literals, without escapes except for that of the backslash.
  mutating func readString() throws(QrrotError) -> Range<Int> {
    let quote = next
    offset += 1
    let start = program.literals.count
    while true {
      guard offset < text.count else { throw failure(expected: "a closing quote") }
      let byte = text[offset]
      switch byte {
      case quote:
        offset += 1
        return start..<program.literals.count
      case UInt8(ascii: "\\"):
        try readEscape(in: quote)
      case 0..<0x20:
        throw failure(expected: "an escape instead of a raw control character")
      case 0x80...:
        guard let decoded = UTF8Decoding.decode(text.span, at: offset) else {
          throw failure(expected: "valid UTF-8")
        }
        program.literals += text[offset..<offset + decoded.byteCount]
        offset += decoded.byteCount
      default:
        program.literals.append(byte)
        offset += 1
      }
    }
  }

  private mutating func readEscape(in quote: UInt8) throws(QrrotError) {
    offset += 1
    let letter = next
    switch letter {
    case quote, UInt8(ascii: "/"): program.literals.append(letter)
    case UInt8(ascii: "\\"): appendBackslash()
    case UInt8(ascii: "b"): program.literals.append(0x08)
    case UInt8(ascii: "f"): program.literals.append(0x0C)
    case UInt8(ascii: "n"): program.literals.append(0x0A)
    case UInt8(ascii: "r"): program.literals.append(0x0D)
    case UInt8(ascii: "t"): program.literals.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      try readUnicodeEscape()
      return
    default:
      let quotes = quote == UInt8(ascii: "'") ? "'" : "\""
      throw failure(expected: #"one of \#(quotes) \ / b f n r t u after the backslash"#)
    }
    offset += 1
  }

  /// What stands behind `\u`: four digits, and a second escape behind a high surrogate.
  private mutating func readUnicodeEscape() throws(QrrotError) {
    let start = offset - 2
    var scalar = try readHexadecimal()
    switch scalar {
    case 0xD800..<0xDC00:
      guard take(#"\u"#) else {
        throw failure(expected: #"\u and a low surrogate after a high one"#)
      }
      let low = try readHexadecimal()
      guard case 0xDC00..<0xE000 = low else {
        throw failure(expected: "a low surrogate after a high one", at: offset - 4)
      }
      scalar = 0x1_0000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
    case 0xDC00..<0xE000:
      throw failure("a low surrogate without a high one in front of it", at: start)
    default: break
    }
    if scalar == UInt32(UInt8(ascii: "\\")) {
      appendBackslash()
    } else {
      JSONStringText.append(scalar, to: &program.literals)
    }
  }

  /// Literals are read as the content of JSON strings are, where one backslash is written as two.
  private mutating func appendBackslash() {
    program.literals.append(UInt8(ascii: "\\"))
    program.literals.append(UInt8(ascii: "\\"))
  }

  private mutating func readHexadecimal() throws(QrrotError) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = JSONStringText.hexadecimalValue(next) else {
        throw failure(expected: #"four hexadecimal digits after \u"#)
      }
      number = number << 4 | digit
      offset += 1
    }
    return number
  }

  /// A JSON number, whose sign or first digit stands here, as written.
  mutating func readNumber() throws(QrrotError) -> Range<Int> {
    let start = offset
    _ = take(UInt8(ascii: "-"))
    if take(UInt8(ascii: "0")) {
      guard next &- UInt8(ascii: "0") >= 10 else {
        throw failure(expected: "no digit after a leading 0")
      }
    } else {
      try readDigits()
    }
    if take(UInt8(ascii: ".")) { try readDigits() }
    if next | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      try readDigits()
    }
    return appendLiteral(text[start..<offset])
  }

  private mutating func readDigits() throws(QrrotError) {
    guard next &- UInt8(ascii: "0") < 10 else { throw failure(expected: "a digit") }
    while next &- UInt8(ascii: "0") < 10 { offset += 1 }
  }
}
