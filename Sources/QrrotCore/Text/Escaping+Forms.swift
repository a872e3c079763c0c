extension Escaping {
  /// How hidden scalars, invalid bytes and marks are written.
  enum Form {
    /// Inside a double-quoted literal.
    case quoted
    /// For a person, on one line.
    case displayed
    /// For a person, with line feeds and tabs.
    case displayedLines
    /// Inside a JSON string.
    case json
    /// A whole JSON text, whose strings are escaped already as far as JSON needs it.
    case jsonText
  }

  /// Appends `bytes` in `form`; what is shown as it is goes over in runs.
  static func append(_ bytes: Span<UInt8>, as form: Form, to output: inout [UInt8]) {
    var scanner = DisplayScanner()
    append(bytes, as: form, from: &scanner, until: bytes.count, to: &output)
  }

  /// The same for a part: from where `scanner` is, for units that begin before `end`.
  @inline(__always)
  static func append(
    _ bytes: Span<UInt8>, as form: Form, from scanner: inout DisplayScanner, until end: Int,
    to output: inout [UInt8]
  ) {
    var runStart = scanner.offset
    while scanner.offset < end, let unit = scanner.next(in: bytes) {
      let unitStart: Int
      switch unit {
      case .shown: continue
      case .mark:
        guard form == .quoted || form == .json else { continue }
        unitStart = scanner.offset - 1
      case .hidden(let scalar):
        if form == .displayedLines, scalar == 0x0A || scalar == 0x09 { continue }
        unitStart = scanner.offset - UTF8Decoding.byteCount(of: scalar)
      case .invalid:
        unitStart = scanner.offset - 1
      }
      output.append(bytes, runStart..<unitStart)
      runStart = scanner.offset
      if form == .displayedLines, unit == .hidden(0x0D), runStart < bytes.count,
        bytes[runStart] == 0x0A
      {
        continue
      }
      appendEscape(unit, form, to: &output)
    }
    output.append(bytes, runStart..<scanner.offset)
  }

  /// Appends the escape for one unit that is not shown as it is.
  @inline(never)
  private static func appendEscape(
    _ unit: DisplayedUnit, _ form: Form, to output: inout [UInt8]
  ) {
    let isJSON = form == .json || form == .jsonText
    switch unit {
    case .shown:
      break
    case .mark(let byte):
      output.append(UInt8(ascii: "\\"))
      output.append(byte)
    case .hidden(let scalar):
      if let letter = shortLetter(for: scalar, isJSON: isJSON) {
        output.append(UInt8(ascii: "\\"))
        output.append(letter)
      } else if isJSON {
        appendJSONEscape(scalar, to: &output)
      } else if scalar < 0x80 {
        appendByteEscape(UInt8(truncatingIfNeeded: scalar), to: &output)
      } else {
        output.append(contentsOf: #"\u{"#.utf8)
        appendHexadecimal(scalar, atLeast: 1, to: &output)
        output.append(UInt8(ascii: "}"))
      }
    case .invalid(let byte):
      if isJSON {
        output.append(contentsOf: #"\uFFFD"#.utf8)
      } else {
        appendByteEscape(byte, to: &output)
      }
    }
  }

  /// The letter after the backslash, for the few scalars that have one.
  private static func shortLetter(for scalar: UInt32, isJSON: Bool) -> UInt8? {
    switch scalar {
    case 0x00: isJSON ? nil : UInt8(ascii: "0")
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    default: nil
    }
  }

  /// Appends `\xHH`.
  private static func appendByteEscape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(contentsOf: #"\x"#.utf8)
    appendHexadecimal(UInt32(byte), atLeast: 2, to: &output)
  }

  /// Appends `\uXXXX`, twice for a scalar above U+FFFF.
  private static func appendJSONEscape(_ scalar: UInt32, to output: inout [UInt8]) {
    output.append(contentsOf: #"\u"#.utf8)
    guard scalar > 0xFFFF else {
      appendHexadecimal(scalar, atLeast: 4, to: &output)
      return
    }
    let rest = scalar - 0x1_0000
    appendHexadecimal(0xD800 + rest >> 10, atLeast: 4, to: &output)
    output.append(contentsOf: #"\u"#.utf8)
    appendHexadecimal(0xDC00 + rest & 0x3FF, atLeast: 4, to: &output)
  }

  /// Appends upper-case hexadecimal digits, with zeros in front up to `digitCount`.
  private static func appendHexadecimal(
    _ number: UInt32, atLeast digitCount: Int, to output: inout [UInt8]
  ) {
    let significantBits = UInt32.bitWidth - number.leadingZeroBitCount
    var digitsLeft = max(digitCount, (significantBits + 3) / 4)
    while digitsLeft > 0 {
      digitsLeft -= 1
      let digit = UInt8(truncatingIfNeeded: number >> (4 * UInt32(digitsLeft)) & 0xF)
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
    }
  }
}
