/// JSON numbers as IEEE doubles.
public enum JSONDouble {
  /// The double that is nearest to a JSON number; infinite if it is too large.
  ///
  /// - Complexity: O(n).
  public static func value(of text: UnsafeRawBufferPointer) -> Double {
    if let quick = quickValue(of: text) { return quick }
    let string = String(decoding: text, as: UTF8.self)
    // The text is a JSON number, which is always read.
    return Double(string) ?? .infinity
  }

  /// For numbers of up to 15 digits and a small power of ten: both are doubles exactly, so that one
  /// operation rounds once.
  ///
  /// Source: W. Clinger, "How to Read Floating Point Numbers Accurately" (1990).
  private static func quickValue(of text: UnsafeRawBufferPointer) -> Double? {
    var index = 0
    let isNegative = text.first == UInt8(ascii: "-")
    if isNegative { index = 1 }
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    var isFraction = false
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: ".") {
        isFraction = true
        continue
      }
      guard byte &- UInt8(ascii: "0") < 10 else {
        guard let written = smallExponent(text, from: index) else { return nil }
        exponent += written
        break
      }
      digits = digits &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
      if digits > 0 { digitCount += 1 }
      if isFraction { exponent -= 1 }
      guard digitCount <= 15 else { return nil }
    }
    guard exponent.magnitude < powersOfTen.count else { return nil }
    let magnitude =
      exponent < 0
      ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
    return isNegative ? -magnitude : magnitude
  }

  /// The number behind `e`, if it has at most three digits.
  private static func smallExponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var index = start
    guard index < text.count else { return nil }
    let isNegative = text[index] == UInt8(ascii: "-")
    if isNegative || text[index] == UInt8(ascii: "+") { index += 1 }
    guard text.count - index <= 3 else { return nil }
    var exponent = 0
    while index < text.count {
      exponent = exponent * 10 + Int(text[index] &- UInt8(ascii: "0"))
      index += 1
    }
    return isNegative ? -exponent : exponent
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The shortest JSON number that reads back as `value`, which is finite; a whole one without a
  /// fraction, from 10^21 on with an exponent, and -0 as 0.
  ///
  /// - Complexity: O(1).
  public static func text(_ value: Double) -> [UInt8] {
    var output: [UInt8] = []
    guard value.isFinite else { return output }
    // The standard library's description has the shortest digits; only where they stand is ours.
    let description = Array(value.description.utf8)
    description.withUnsafeBytes { bytes in
      JSONNumberText(bytes)?.appendCanonical(to: &output, wholeDigitLimit: 21)
    }
    return output
  }
}
