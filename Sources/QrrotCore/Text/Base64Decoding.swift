/// Reading base64.
public enum Base64Decoding {
  /// Appends what a base64 text with the standard alphabet and padding stands for (RFC 4648,
  /// section 4).
  ///
  /// - Returns: false if it is not one, also where bits are set that no byte holds; `output` then has
  ///   some of its bytes.
  /// - Complexity: O(n).
  public static func append(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
    guard text.count % 4 == 0 else { return false }
    var offset = 0
    while offset < text.count {
      let isLast = offset + 4 == text.count
      var padding = 0
      if isLast, text[offset + 3] == UInt8(ascii: "=") {
        padding = text[offset + 2] == UInt8(ascii: "=") ? 2 : 1
      }
      var group: UInt32 = 0
      for position in 0..<4 {
        group <<= 6
        if position >= 4 - padding { continue }
        guard let bits = bits(of: text[offset + position]) else { return false }
        group |= bits
      }
      output.append(UInt8(truncatingIfNeeded: group >> 16))
      if padding < 2 { output.append(UInt8(truncatingIfNeeded: group >> 8)) }
      if padding < 1 { output.append(UInt8(truncatingIfNeeded: group)) }
      if padding == 2, group & 0xFFFF != 0 { return false }
      if padding == 1, group & 0xFF != 0 { return false }
      offset += 4
    }
    return true
  }

  private static func bits(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
