/// The bytes that the protocols are made of.
enum WireBytes {
  static var carriageReturn: UInt8 { 0x0D }
  static var lineFeed: UInt8 { 0x0A }

  /// What C's `isspace` takes for a blank, which is what Redis asks.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
