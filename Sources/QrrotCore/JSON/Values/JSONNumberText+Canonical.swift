extension JSONNumberText {
  /// Appends the one form that all texts of the same mathematical value share: 1 for `1`, `1.0` and
  /// `1e0`.
  ///
  /// No digit is lost. A whole number has neither fraction nor exponent if it has at most
  /// `wholeDigitLimit` digits, or no zeros at its end; another one is plain where fewer than six zeros
  /// follow the dot, and has an exponent otherwise: `1e+40`, `1.5e-9`.
  ///
  /// - Parameter wholeDigitLimit: by default what 128 bits can hold.
  /// - Complexity: O(n) for n digits.
  func appendCanonical(to output: inout [UInt8], wholeDigitLimit: Int = 39) {
    let parts = Parts(self)
    guard parts.digitCount > 0 else { return output.append(UInt8(ascii: "0")) }
    if parts.isNegative { output.append(UInt8(ascii: "-")) }
    // The value is 0.DIGITS × 10^point.
    let point = parts.point
    if point >= parts.digitCount, point <= wholeDigitLimit || point == parts.digitCount {
      parts.appendDigits(0..<parts.digitCount, to: &output)
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - parts.digitCount))
    } else if point > 0, point < parts.digitCount {
      parts.appendDigits(0..<point, to: &output)
      output.append(UInt8(ascii: "."))
      parts.appendDigits(point..<parts.digitCount, to: &output)
    } else if point <= 0, point > -Self.zeroLimit {
      output.append(contentsOf: "0.".utf8)
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
      parts.appendDigits(0..<parts.digitCount, to: &output)
    } else {
      parts.appendDigits(0..<1, to: &output)
      if parts.digitCount > 1 { output.append(UInt8(ascii: ".")) }
      parts.appendDigits(1..<parts.digitCount, to: &output)
      output.append(contentsOf: (point > 0 ? "e+" : "e-").utf8)
      output.append(contentsOf: String((point - 1).magnitude).utf8)
    }
  }

  private static let zeroLimit = 6

  /// The digits of a number without zeros at their ends, and where the point stands.
  private struct Parts {
    private(set) var isNegative = false
    /// How many digits there are from the first to the last that is not 0.
    private(set) var digitCount = 0
    /// How many of the digits stand in front of the point; cut off at 10^17.
    private(set) var point = 0
    private let text: JSONNumberText
    private var first = 0

    init(_ text: JSONNumberText) {
      self.text = text
      var index = 0
      if text.count > 0, text.start[0] == UInt8(ascii: "-") {
        isNegative = true
        index = 1
      }
      var seen = 0
      var isFraction = false
      var isBegun = false
      while index < text.count {
        let byte = text.start[index]
        if byte == UInt8(ascii: ".") {
          isFraction = true
        } else if byte &- UInt8(ascii: "0") < 10 {
          if !isBegun, byte != UInt8(ascii: "0") {
            isBegun = true
            first = index
          }
          if isBegun {
            seen += 1
            if byte != UInt8(ascii: "0") { digitCount = seen }
            if !isFraction { point += 1 }
          } else if isFraction {
            point -= 1
          }
        } else {
          break
        }
        index += 1
      }
      point += writtenExponent(behind: index)
    }

    private func writtenExponent(behind index: Int) -> Int {
      var index = index + 1
      guard index < text.count else { return 0 }
      let isNegative = text.start[index] == UInt8(ascii: "-")
      if isNegative || text.start[index] == UInt8(ascii: "+") { index += 1 }
      let cut = 100_000_000_000_000_000
      var exponent = 0
      while index < text.count, exponent < cut {
        exponent = exponent * 10 + Int(text.start[index] &- UInt8(ascii: "0"))
        index += 1
      }
      return isNegative ? -min(exponent, cut) : min(exponent, cut)
    }

    /// Appends these of the digits; the point, which may stand among them, is passed over.
    func appendDigits(_ range: Range<Int>, to output: inout [UInt8]) {
      var index = first
      var digit = 0
      while digit < range.upperBound, index < text.count {
        let byte = text.start[index]
        index += 1
        if byte == UInt8(ascii: ".") { continue }
        if digit >= range.lowerBound { output.append(byte) }
        digit += 1
      }
    }
  }
}
