/// A JSON number as it stands in a text, compared by its mathematical value, whatever its length.
///
/// Nothing is rounded: `12345678901234567890 < 12345678901234567891`, `0.1 == 1e-1`. Exponents are
/// exact up to 10^17 and cut off there.
struct JSONNumberText {
  let start: UnsafePointer<UInt8>
  let count: Int

  /// The number that begins `bytes`, which hold nothing else.
  init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  /// The number that `bytes` hold, and nothing else.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.init(
      start: bytes.baseAddress ?? ("" as StaticString).utf8Start, count: bytes.count)
  }

  /// The value if it is written as an integer of up to 18 digits.
  @inline(__always)
  var smallInteger: Int64? {
    let isNegative = count > 0 && start[0] == UInt8(ascii: "-")
    let first = isNegative ? 1 : 0
    guard count - first <= 18 else { return nil }
    var value: Int64 = 0
    for index in first..<max(first, count) {
      let digit = start[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int64(digit)
    }
    return isNegative ? -value : value
  }

  /// Negative, zero or positive as `left` is less than, equal to or greater than `right`.
  ///
  /// - Complexity: O(n) for n digits.
  static func compare(_ left: JSONNumberText, _ right: JSONNumberText) -> Int {
    if let a = left.smallInteger, let b = right.smallInteger { return a < b ? -1 : a > b ? 1 : 0 }
    let a = Decimal(left)
    let b = Decimal(right)
    if a.sign != b.sign { return a.sign - b.sign }
    return a.sign * Decimal.compareMagnitudes(a, b)
  }

  /// A number's sign, its digits from the first one that is not zero on, and where they stand.
  private struct Decimal {
    /// -1, 0 or 1.
    let sign: Int
    /// The power of ten that the first digit counts.
    let exponent: Int
    private let start: UnsafePointer<UInt8>
    /// Behind the last digit; a dot may stand in between.
    private let end: UnsafePointer<UInt8>

    init(_ text: JSONNumberText) {
      let limit = text.start + text.count
      var at = text.start
      let isNegative = at < limit && at[0] == UInt8(ascii: "-")
      if isNegative { at += 1 }
      var first: UnsafePointer<UInt8>?
      var dot: UnsafePointer<UInt8>?
      while at < limit, at[0] == UInt8(ascii: ".") || at[0] &- UInt8(ascii: "0") < 10 {
        if at[0] == UInt8(ascii: ".") {
          dot = at
        } else if first == nil, at[0] != UInt8(ascii: "0") {
          first = at
        }
        at += 1
      }
      start = first ?? at
      end = at
      sign = first == nil ? 0 : isNegative ? -1 : 1
      let ones = dot ?? at
      // The digit in front of the dot counts ones, the one behind it tenths.
      let place = start < ones ? ones - start - 1 : ones - start
      exponent = place + Self.writtenExponent(at, limit)
    }

    /// The number behind `e`, cut off at 10^17.
    private static func writtenExponent(
      _ start: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>
    ) -> Int {
      var at = start
      guard at < limit else { return 0 }
      at += 1
      var isNegative = false
      if at < limit, at[0] == UInt8(ascii: "-") || at[0] == UInt8(ascii: "+") {
        isNegative = at[0] == UInt8(ascii: "-")
        at += 1
      }
      let cut = 100_000_000_000_000_000
      var exponent = 0
      while at < limit, exponent < cut {
        exponent = exponent * 10 + Int(at[0] &- UInt8(ascii: "0"))
        at += 1
      }
      exponent = min(exponent, cut)
      return isNegative ? -exponent : exponent
    }

    /// The order of two numbers of the same sign by their distance from zero.
    static func compareMagnitudes(_ left: Decimal, _ right: Decimal) -> Int {
      if left.exponent != right.exponent { return left.exponent < right.exponent ? -1 : 1 }
      var a = left.start
      var b = right.start
      while a < left.end || b < right.end {
        if a < left.end, a[0] == UInt8(ascii: ".") { a += 1 }
        if b < right.end, b[0] == UInt8(ascii: ".") { b += 1 }
        let digitOfA = a < left.end ? a[0] : UInt8(ascii: "0")
        let digitOfB = b < right.end ? b[0] : UInt8(ascii: "0")
        if digitOfA != digitOfB { return digitOfA < digitOfB ? -1 : 1 }
        if a < left.end { a += 1 }
        if b < right.end { b += 1 }
      }
      return 0
    }
  }
}
