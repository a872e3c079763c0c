internal import QrrotCore

/// The bytes that the protocols are made of.
package enum WireBytes {
  static var carriageReturn: UInt8 { 0x0D }
  static var lineFeed: UInt8 { 0x0A }

  /// What C's `isspace` takes for a blank, which is what Redis asks.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// Where the first line feed from `start` on is; `end` if there is none in front of it.
  ///
  /// - Complexity: O(n), eight bytes at a time.
  package static func firstLineFeed(
    in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) -> Int {
    guard start < end, end <= bytes.count, let base = bytes.baseAddress else { return end }
    var index = start
    while end &- index >= ByteWord.byteCount {
      let word = (base + index).loadUnaligned(as: UInt64.self).littleEndian
      let marks = ByteWord.equal(word, lineFeed)
      if marks != 0 { return index &+ ByteWord.firstIndex(of: marks) }
      index &+= ByteWord.byteCount
    }
    while index < end, bytes[index] != lineFeed { index &+= 1 }
    return index
  }
}
