import QrrotCore

/// Reads the escapes of a double-quoted token.
struct Unescaper {
  private let input: UnsafeBufferPointer<UInt8>
  private let end: Int
  private var position: Int

  /// Appends the bytes that the content at `range` stands for.
  ///
  /// - Throws: `syntax`, with the place of the escape that is wrong; `output` then holds a part.
  static func append(
    _ range: Range<Int>, of input: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
  ) throws(QrrotError) {
    var unescaper = Unescaper(input: input, end: range.upperBound, position: range.lowerBound)
    try unescaper.appendAll(to: &output)
  }

  private mutating func appendAll(to output: inout [UInt8]) throws(QrrotError) {
    var runStart = position
    while position < end {
      guard input[position] == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      output.append(contentsOf: input[runStart..<position])
      try appendEscape(to: &output)
      runStart = position
    }
    output.append(contentsOf: input[runStart..<end])
  }

  private mutating func appendEscape(to output: inout [UInt8]) throws(QrrotError) {
    let start = position
    position += 1
    guard position < end else { throw wrong("a backslash at the end", from: start) }
    let letter = input[position]
    position += 1
    if let byte = Self.plainEscape(letter) { return output.append(byte) }
    switch letter {
    case UInt8(ascii: "x"):
      guard let byte = hexadecimal(digitCount: 2) else {
        throw wrong("\\x needs two hexadecimal digits", from: start)
      }
      output.append(UInt8(truncatingIfNeeded: byte))
    case UInt8(ascii: "u"):
      let scalar = try unicodeScalar(from: start)
      output.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default:
      throw wrong(
        "\\\(Escaping.displayed([letter])) is no escape; write \\\\ to mean the backslash itself",
        from: start)
    }
  }

  /// The byte that a backslash and `letter` stand for, if they are a whole escape.
  @inline(__always)
  static func plainEscape(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "0"): 0
    default: nil
    }
  }

  private mutating func unicodeScalar(from start: Int) throws(QrrotError) -> Unicode.Scalar {
    if position < end, input[position] == UInt8(ascii: "{") {
      position += 1
      var value: UInt32 = 0
      var digitCount = 0
      while position < end, let digit = Self.hexadecimalDigit(input[position]), digitCount < 8 {
        value = value << 4 | digit
        digitCount += 1
        position += 1
      }
      guard digitCount > 0, position < end, input[position] == UInt8(ascii: "}") else {
        throw wrong("\\u{…} needs one to eight hexadecimal digits and a closing brace", from: start)
      }
      position += 1
      guard let scalar = Unicode.Scalar(value) else {
        throw wrong(
          "\\u{\(String(value, radix: 16, uppercase: true))} is no Unicode scalar", from: start)
      }
      return scalar
    }
    guard let unit = hexadecimal(digitCount: 4) else {
      throw wrong("\\u needs four hexadecimal digits, or braces around them", from: start)
    }
    if let scalar = Unicode.Scalar(unit) { return scalar }
    if unit < 0xDC00, position + 1 < end, input[position] == UInt8(ascii: "\\"),
      input[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      if let low = hexadecimal(digitCount: 4), (0xDC00...0xDFFF).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      {
        return scalar
      }
    }
    throw wrong("half of a surrogate pair stands alone", from: start)
  }

  private mutating func hexadecimal(digitCount: Int) -> UInt32? {
    guard end - position >= digitCount else { return nil }
    var value: UInt32 = 0
    for index in position..<(position + digitCount) {
      guard let digit = Self.hexadecimalDigit(input[index]) else { return nil }
      value = value << 4 | digit
    }
    position += digitCount
    return value
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  private func wrong(_ message: String, from start: Int) -> QrrotError {
    QrrotError(.syntax, message, at: start..<max(position, start + 1))
  }
}
