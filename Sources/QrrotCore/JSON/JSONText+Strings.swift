extension JSONText {
  /// Appends what a JSON string stands for: its characters in UTF-8, without quotes and escapes.
  ///
  /// Half of a surrogate pair that stands alone has no UTF-8 form: its escape stays as written.
  ///
  /// - Parameter string: a valid JSON string with its quotes. What is no escape is copied, whatever
  ///   it is, so nothing traps on other bytes.
  /// - Complexity: O(n).
  public static func appendContent(ofString string: Span<UInt8>, to output: inout [UInt8]) {
    let end = string.count - 1
    var offset = 1
    var runStart = 1
    while offset < end {
      guard string[offset] == UInt8(ascii: "\\") else {
        offset += 1
        continue
      }
      output.append(string, runStart..<offset)
      runStart = offset
      guard let escape = Self.escape(in: string, at: offset, end: end) else {
        // Past the letter too: the backslash might stand before another one.
        offset = min(offset + 2, end)
        continue
      }
      append(escape.scalar, to: &output)
      offset += escape.byteCount
      runStart = offset
    }
    if runStart < end { output.append(string, runStart..<end) }
  }

  /// Appends the JSON string for these characters: as they are, with no more escapes than JSON needs.
  ///
  /// - Parameter utf8: valid UTF-8.
  /// - Complexity: O(n).
  public static func append(string utf8: Span<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    append(content: utf8, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// The same without the quotes.
  static func append(content utf8: Span<UInt8>, to output: inout [UInt8]) {
    var runStart = 0
    for offset in utf8.indices {
      let byte = utf8[offset]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
        continue
      }
      output.append(utf8, runStart..<offset)
      runStart = offset + 1
      if byte < 0x20 {
        // In the short form where there is one.
        Escaping.append(utf8.extracting(offset..<(offset + 1)), as: .json, to: &output)
      } else {
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      }
    }
    output.append(utf8, runStart..<utf8.count)
  }

  /// The scalar that the escape at `offset` stands for; nil for half of a surrogate pair.
  static func escape(
    in string: Span<UInt8>, at offset: Int, end: Int
  ) -> (scalar: Unicode.Scalar, byteCount: Int)? {
    guard offset + 1 < end else { return nil }
    let short: UInt8? =
      switch string[offset + 1] {
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0C
      case UInt8(ascii: "n"): 0x0A
      case UInt8(ascii: "r"): 0x0D
      case UInt8(ascii: "t"): 0x09
      case UInt8(ascii: "u"): nil
      case let letter: letter
      }
    if let short { return (Unicode.Scalar(short), 2) }
    guard let unit = codeUnit(in: string, at: offset + 2, end: end) else { return nil }
    if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
    guard unit < 0xDC00, offset + 7 < end, string[offset + 6] == UInt8(ascii: "\\"),
      string[offset + 7] == UInt8(ascii: "u"),
      let low = codeUnit(in: string, at: offset + 8, end: end), (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { return nil }
    return (scalar, 12)
  }

  /// The four hexadecimal digits at `offset`.
  private static func codeUnit(in string: Span<UInt8>, at offset: Int, end: Int) -> UInt32? {
    guard offset + 4 <= end else { return nil }
    var unit: UInt32 = 0
    for index in offset..<(offset + 4) {
      let digit: UInt8
      switch string[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = string[index] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = string[index] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = string[index] - UInt8(ascii: "A") + 10
      default: return nil
      }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  /// Appends `scalar` in UTF-8.
  static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
    if scalar.value < 0x80 {
      output.append(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
