extension JSONScanner {
  /// Reads a string from its opening quote to past its closing one.
  @inline(__always)
  mutating func readString(in text: Span<UInt8>) throws(JSONSyntaxError) {
    offset += 1
    while true {
      skipPlainBytes(in: text)
      guard offset < text.count else {
        throw failure(in: text, expected: "a closing quote")
      }
      switch text[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return
      case UInt8(ascii: "\\"):
        try readEscape(in: text)
      case 0x80...:
        try readNonASCII(in: text)
      default:
        throw failure(in: text, expected: "an escape instead of a raw control character")
      }
    }
  }

  /// Moves to the next quote, backslash, control character or byte beyond ASCII, or to the end.
  @inline(__always)
  private mutating func skipPlainBytes(in text: Span<UInt8>) {
    while offset + ByteWord.byteCount <= text.count {
      let word = ByteWord.load(text, at: offset)
      let marks =
        ByteWord.equal(word, UInt8(ascii: "\"")) | ByteWord.equal(word, UInt8(ascii: "\\"))
        | ByteWord.below(word, 0x20) | ByteWord.nonASCII(word)
      let index = ByteWord.firstIndex(of: marks)
      offset += index
      if index < ByteWord.byteCount { return }
    }
    while offset < text.count {
      switch text[offset] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x80...: return
      default: offset += 1
      }
    }
  }

  /// Reads scalars beyond ASCII as long as they follow each other.
  @inline(never)
  private mutating func readNonASCII(in text: Span<UInt8>) throws(JSONSyntaxError) {
    repeat {
      guard let decoded = UTF8Decoding.decode(text, at: offset) else {
        throw failure(in: text, expected: "valid UTF-8")
      }
      offset += decoded.byteCount
    } while offset < text.count && text[offset] >= 0x80
  }

  /// Reads one escape from its backslash on. Surrogates need not come in pairs.
  @inline(never)
  private mutating func readEscape(in text: Span<UInt8>) throws(JSONSyntaxError) {
    offset += 1
    let letter = offset < text.count ? text[offset] : 0
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      for _ in 0..<4 {
        switch offset < text.count ? text[offset] : 0 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
          UInt8(ascii: "A")...UInt8(ascii: "F"):
          offset += 1
        default:
          throw failure(in: text, expected: "four hexadecimal digits after \\u")
        }
      }
    default:
      throw failure(in: text, expected: #"one of " \ / b f n r t u after the backslash"#)
    }
  }

  /// Reads a number from its sign or first digit on.
  mutating func readNumber(in text: Span<UInt8>) throws(JSONSyntaxError) {
    if text[offset] == UInt8(ascii: "-") { offset += 1 }
    if offset < text.count, text[offset] == UInt8(ascii: "0") {
      offset += 1
      if offset < text.count, Self.isDigit(text[offset]) {
        throw failure(in: text, expected: "no digit after a leading 0")
      }
    } else {
      try readDigits(in: text)
    }
    if offset < text.count, text[offset] == UInt8(ascii: ".") {
      offset += 1
      try readDigits(in: text)
    }
    if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < text.count,
        text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-")
      {
        offset += 1
      }
      try readDigits(in: text)
    }
  }

  /// Reads one digit or more.
  @inline(__always)
  private mutating func readDigits(in text: Span<UInt8>) throws(JSONSyntaxError) {
    guard offset < text.count, Self.isDigit(text[offset]) else {
      throw failure(in: text, expected: "a digit")
    }
    repeat { offset += 1 } while offset < text.count && Self.isDigit(text[offset])
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
  }

  /// Reads `true`, `false` or `null`, whose first letter has been seen.
  @inline(__always)
  mutating func readWord(
    _ word: StaticString, in text: Span<UInt8>
  ) throws(JSONSyntaxError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard offset < text.count, text[offset] == word.utf8Start[index] else {
        throw failure(in: text, expected: "\(word)")
      }
      offset += 1
    }
  }
}
