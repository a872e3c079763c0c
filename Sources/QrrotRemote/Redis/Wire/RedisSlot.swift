/// The slots of a cluster: which of 16,384 a key belongs to.
enum RedisSlot {
  static var count: Int { 16_384 }

  /// The slot of a key: of what stands between its first `{` and the next `}`, if that is anything, else of
  /// all of it.
  ///
  /// - Complexity: O(n).
  static func of(_ key: [UInt8]) -> Int32 { key.withUnsafeBytes { of($0) } }

  /// The same for a key in somebody else's memory.
  static func of(_ key: UnsafeRawBufferPointer) -> Int32 {
    guard let open = key.firstIndex(of: UInt8(ascii: "{")),
      let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
    else { return slot(key) }
    return slot(UnsafeRawBufferPointer(rebasing: key[(open + 1)..<close]))
  }

  private static func slot(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var sum: UInt16 = 0
    for byte in bytes {
      sum = (sum << 8) ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)]
    }
    return Int32(sum & 0x3FFF)
  }

  /// CRC-16/XMODEM of each byte.
  private static let table: [UInt16] = (0..<256).map { byte in
    var sum = UInt16(byte) << 8
    for _ in 0..<8 { sum = sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x1021 }
    return sum
  }
}
