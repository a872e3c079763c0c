extension Escaping {
  /// Appends base64 with the standard alphabet and padding, on one line (RFC 4648, section 4).
  ///
  /// - Complexity: O(n).
  public static func appendBase64(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let taken = min(3, bytes.count - offset)
      var group = UInt32(bytes[offset]) << 16
      if taken > 1 { group |= UInt32(bytes[offset + 1]) << 8 }
      if taken > 2 { group |= UInt32(bytes[offset + 2]) }
      for position in 0..<4 {
        let index = UInt8(truncatingIfNeeded: group >> (18 - 6 * UInt32(position)) & 0x3F)
        output.append(position <= taken ? base64Character(index) : UInt8(ascii: "="))
      }
      offset += taken
    }
  }

  /// The character of the standard alphabet for six bits.
  @inline(__always)
  private static func base64Character(_ index: UInt8) -> UInt8 {
    switch index {
    case 0..<26: UInt8(ascii: "A") + index
    case 26..<52: UInt8(ascii: "a") + index - 26
    case 52..<62: UInt8(ascii: "0") + index - 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}
