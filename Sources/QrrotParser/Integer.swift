import QrrotCore

/// What a text is as an integer of the command language.
enum IntegerText {
  /// `-?(0|[1-9][0-9]*)`, within 64 bits.
  case integer(Int64)
  /// Of that form, and outside 64 bits.
  case overflow
  /// Of another form.
  case other

  /// - Complexity: O(number of bytes), and O(1) for most texts that are no integer.
  init(_ text: UnsafeBufferPointer<UInt8>) {
    var index = 0
    let isNegative = text.first == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard index < text.count else { self = .other; return }
    if text[index] == UInt8(ascii: "0"), text.count > index + 1 { self = .other; return }
    var magnitude: UInt64 = 0
    var overflows = false
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { self = .other; return }
      let (product, high) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      overflows = overflows || high || carry
      magnitude = sum
      index += 1
    }
    let limit = isNegative ? Int64.min.magnitude : Int64.max.magnitude
    if overflows || magnitude > limit { self = .overflow; return }
    self = .integer(Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude))
  }
}
