internal import QrrotCore

/// Writing JSON texts that are stored or exported, not shown.
enum JSONOutput {
  /// Appends the JSON string for `utf8`, with no more escapes than JSON needs, so that what is stored
  /// reads as it was written.
  ///
  /// - Parameter utf8: valid UTF-8; other bytes are copied as they are.
  /// - Complexity: O(n).
  static func appendString(_ utf8: Span<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for index in utf8.indices {
      let byte = utf8[index]
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        output.append(byte)
      } else {
        appendEscape(byte, to: &output)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0C: output.append(UInt8(ascii: "f"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    default:
      output.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
      let digit = byte & 0xF
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
    }
  }

  /// Appends a JSON string, or `{"base64":"…"}` for bytes that are not UTF-8.
  static func appendBytes(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    if Escaping.isValidUTF8(bytes) { return appendString(bytes, to: &output) }
    output.append(contentsOf: "{\"base64\":\"".utf8)
    Escaping.appendBase64(bytes, to: &output)
    output.append(contentsOf: "\"}".utf8)
  }

  /// Whether `text` is a JSON number, `true` or `false`.
  static func isNumberOrTruth(_ text: [UInt8]) -> Bool {
    guard let first = text.first else { return false }
    switch first {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
    case UInt8(ascii: "t"): return text.elementsEqual("true".utf8)
    case UInt8(ascii: "f"): return text.elementsEqual("false".utf8)
    default: return false
    }
    // Blanks around a number are JSON, but no number.
    guard text.last.map({ $0 > UInt8(ascii: " ") }) == true else { return false }
    do throws(JSONSyntaxError) {
      try JSONText.validate(text.span)
      return true
    } catch {
      return false
    }
  }
}
