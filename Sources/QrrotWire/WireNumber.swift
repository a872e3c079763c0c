/// Decimal numbers as they stand in the protocol.
public enum WireNumber {
  /// The number that `text` is, read as Redis reads lengths: digits without a leading zero, perhaps
  /// behind a minus; no plus, no blanks, no `-0`. Nil if it is no such number or does not fit.
  public static func value(_ text: UnsafeRawBufferPointer.SubSequence) -> Int64? {
    guard let first = text.first else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    let digits = isNegative ? text.dropFirst() : text
    guard let leading = digits.first, leading != UInt8(ascii: "0") || text.count == 1 else {
      return nil
    }
    return value(ofDigits: digits, isNegative: isNegative)
  }

  /// The integer of a reply: as a length, but a plus and leading zeros do no harm.
  static func integer(_ text: UnsafeRawBufferPointer.SubSequence) -> Int64? {
    let sign = text.first
    let isNegative = sign == UInt8(ascii: "-")
    let digits = isNegative || sign == UInt8(ascii: "+") ? text.dropFirst() : text
    return digits.isEmpty ? nil : value(ofDigits: digits, isNegative: isNegative)
  }

  private static func value(
    ofDigits digits: UnsafeRawBufferPointer.SubSequence, isNegative: Bool
  ) -> Int64? {
    // Downwards, because the smallest number has no positive of its own.
    var value: Int64 = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (next, overflow) = tenfold.subtractingReportingOverflow(Int64(digit))
      guard !isTooLarge, !overflow else { return nil }
      value = next
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }
}
