/// Strict decoding of UTF-8, one scalar at a time.
///
/// Overlong forms, surrogates and values above U+10FFFF are invalid.
///
/// Source: The Unicode Standard, section 3.9, table 3-7 (well-formed UTF-8 byte sequences).
enum UTF8Decoding {
  /// One scalar and the number of bytes, 1 to 4, that encode it.
  struct Decoded {
    var scalar: UInt32
    var byteCount: Int
  }

  /// The scalar that begins at `offset`, or nil if none is well-formed there or the text ends.
  ///
  /// - Complexity: O(1).
  @inline(__always)
  static func decode(_ bytes: Span<UInt8>, at offset: Int) -> Decoded? {
    let left = bytes.count - offset
    guard left > 0 else { return nil }
    let first = bytes[offset]
    if first < 0x80 { return Decoded(scalar: UInt32(first), byteCount: 1) }
    guard first >= 0xC2, left >= 2 else { return nil }
    let second = bytes[offset + 1]
    guard second & 0xC0 == 0x80 else { return nil }
    var scalar = UInt32(second & 0x3F)
    if first < 0xE0 {
      return Decoded(scalar: UInt32(first & 0x1F) << 6 | scalar, byteCount: 2)
    }
    guard left >= 3 else { return nil }
    let third = bytes[offset + 2]
    guard third & 0xC0 == 0x80 else { return nil }
    scalar = scalar << 6 | UInt32(third & 0x3F)
    if first < 0xF0 {
      scalar |= UInt32(first & 0x0F) << 12
      guard scalar >= 0x800, scalar & 0xFFFF_F800 != 0xD800 else { return nil }
      return Decoded(scalar: scalar, byteCount: 3)
    }
    guard first < 0xF5, left >= 4 else { return nil }
    let fourth = bytes[offset + 3]
    guard fourth & 0xC0 == 0x80 else { return nil }
    scalar = UInt32(first & 0x07) << 18 | scalar << 6 | UInt32(fourth & 0x3F)
    guard scalar >= 0x1_0000, scalar <= 0x10_FFFF else { return nil }
    return Decoded(scalar: scalar, byteCount: 4)
  }

  /// How many bytes encode `scalar`.
  @inline(__always)
  static func byteCount(of scalar: UInt32) -> Int {
    switch scalar {
    case 0..<0x80: 1
    case 0x80..<0x800: 2
    case 0x800..<0x1_0000: 3
    default: 4
    }
  }

  /// Whether all of `bytes` is well-formed UTF-8; no bytes at all are.
  ///
  /// - Complexity: O(n), eight bytes at a time where the text is ASCII.
  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if offset + ByteWord.byteCount <= bytes.count {
        let index = ByteWord.firstIndex(of: ByteWord.nonASCII(ByteWord.load(bytes, at: offset)))
        offset += index
        if index == ByteWord.byteCount { continue }
      }
      // Text in one script tends to go on in it: stay here until the next ASCII byte.
      repeat {
        guard let decoded = decode(bytes, at: offset) else { return false }
        offset += decoded.byteCount
      } while offset < bytes.count && bytes[offset] >= 0x80
    }
    return true
  }
}
