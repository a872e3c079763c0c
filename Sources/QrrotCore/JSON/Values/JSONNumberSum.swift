/// Numbers of JSON texts, added up.
///
/// What is written as an integer (no fraction, no exponent) is added exactly, in 128 bits. All other
/// numbers are read as IEEE doubles and added with a second double that gathers what rounding takes
/// away, so that the error does not grow with how many there are. Both parts meet once, at the end: so
/// as long as there are integers alone every digit is right.
///
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54 (1974), for the second double.
public struct JSONNumberSum: Sendable {
  /// How many numbers were added.
  public private(set) var count = 0
  private var integers: Int128 = 0
  private var fractions = 0.0
  private var compensation = 0.0
  private var hasFractions = false

  /// Begins with nothing.
  public init() {}

  /// Adds a number, a valid JSON text.
  ///
  /// - Throws: `range` if it is an integer outside 128 bits, or too large for a double, or the sum is;
  ///   the sum is unspecified then.
  /// - Complexity: O(n); numbers of usual length allocate nothing.
  @inline(__always)
  public mutating func add(_ number: UnsafeRawBufferPointer) throws(QrrotError) {
    count &+= 1
    if let integer = Self.shortInteger(number) {
      let (sum, overflow) = integers.addingReportingOverflow(Int128(integer))
      if overflow { throw Self.tooLarge("the sum of the integers") }
      integers = sum
    } else {
      try addAny(number)
    }
  }

  /// An integer of up to 18 digits, which nearly all are.
  @inline(__always)
  private static func shortInteger(_ text: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = text.first == UInt8(ascii: "-")
    let first = isNegative ? 1 : 0
    guard text.count &- first <= 18, text.count > first else { return nil }
    var value: Int64 = 0
    for index in first..<text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int64(digit)
    }
    return isNegative ? -value : value
  }

  @inline(never)
  private mutating func addAny(_ text: UnsafeRawBufferPointer) throws(QrrotError) {
    guard text.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 }) else {
      return try addLongInteger(text)
    }
    let value = JSONDouble.value(of: text)
    guard value.isFinite else { throw Self.tooLarge(QrrotError.excerpt(Array(text))) }
    hasFractions = true
    let sum = fractions + value
    compensation +=
      abs(fractions) >= abs(value) ? (fractions - sum) + value : (value - sum) + fractions
    fractions = sum
    guard sum.isFinite else { throw Self.tooLarge("the sum") }
  }

  private mutating func addLongInteger(_ text: UnsafeRawBufferPointer) throws(QrrotError) {
    let isNegative = text.first == UInt8(ascii: "-")
    var value: Int128 = 0
    for byte in text.dropFirst(isNegative ? 1 : 0) {
      let digit = Int128(byte &- UInt8(ascii: "0"))
      let (product, isHigh) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) =
        isNegative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      guard !isHigh, !carry else { throw Self.tooLarge(QrrotError.excerpt(Array(text))) }
      value = next
    }
    let (sum, overflow) = integers.addingReportingOverflow(value)
    if overflow { throw Self.tooLarge("the sum of the integers") }
    integers = sum
  }

  private static func tooLarge(_ what: String) -> QrrotError {
    QrrotError(
      .range,
      "\(what) is beyond what can be added: 128 bits for integers, a double for other numbers")
  }

  /// The sum as a JSON number.
  ///
  /// - Throws: `range` if it is too large for a double and not an integer.
  public func total() throws(QrrotError) -> [UInt8] {
    guard hasFractions else { return Array(String(integers).utf8) }
    let total = real.high
    guard total.isFinite else { throw Self.tooLarge("the sum") }
    return JSONDouble.text(total)
  }

  /// The sum divided by how many numbers there are, as a JSON number; nil if there are none.
  ///
  /// Where the numbers are integers and it is one too, it is exact. Else what the sum's rounding took
  /// away is divided too, so that it is the double next to it but for the rarest of cases: 0.1, 0.2 and
  /// 0.3 make 0.2, though the double next to their sum, divided by 3, is 0.19999999999999998.
  ///
  /// - Throws: as ``total()``.
  public func average() throws(QrrotError) -> [UInt8]? {
    guard count > 0 else { return nil }
    let divisor = Int128(count)
    guard !hasFractions else {
      let (high, low) = real
      guard high.isFinite else { throw Self.tooLarge("the sum") }
      let average = high / Double(count)
      // One rounding only, so the remainder is exact.
      let rest = high.addingProduct(-average, Double(count))
      return JSONDouble.text(average + (rest + low) / Double(count))
    }
    let (quotient, remainder) = integers.quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return Array(String(quotient).utf8) }
    // A division of two doubles that are exact rounds once.
    if integers.magnitude < 1 << 53 { return JSONDouble.text(Double(integers) / Double(count)) }
    let high = Double(quotient)
    let low = Self.difference(quotient, high) + Double(remainder) / Double(count)
    return JSONDouble.text(high + low)
  }

  /// Both parts together: the double next to the sum, and what is missing from it.
  private var real: (high: Double, low: Double) {
    // An integer of more bits than a double has is two of them.
    let high = Double(integers)
    let low = Self.difference(integers, high)
    let sum = fractions + high
    let lost = abs(fractions) >= abs(high) ? (fractions - sum) + high : (high - sum) + fractions
    let rest = compensation + lost + low
    let total = sum + rest
    return (total, abs(sum) >= abs(rest) ? (sum - total) + rest : (rest - total) + sum)
  }

  /// `integer - double`, exactly, where the double is the one next to the integer.
  private static func difference(_ integer: Int128, _ double: Double) -> Double {
    guard let rounded = Int128(exactly: double) else { return 0 }
    return Double(integer &- rounded)
  }
}
