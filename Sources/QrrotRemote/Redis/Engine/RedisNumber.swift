internal import QrrotWire

/// Numbers as Redis keeps them: decimal digits.
enum RedisNumber {
  /// The number that `text` is in its one form, `-?(0|[1-9][0-9]*)` within 64 bits and not `-0`.
  static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    WireNumber.value(text[...])
  }

  /// The digits of a number.
  static func digits(_ number: Int64) -> [UInt8] { Array("\(number)".utf8) }
}
