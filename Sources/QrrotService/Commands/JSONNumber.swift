internal import QrrotCore

/// A number in a document as the JSON module sees it: an integer of 64 bits, or a double.
enum JSONNumber {
  case integer(Int64)
  case double(Double)

  /// - Parameter text: a JSON number.
  init(_ text: UnsafeRawBufferPointer) {
    if let integer = DecimalInteger.parse(text) {
      self = .integer(integer)
    } else if text.elementsEqual("-0".utf8) {
      self = .integer(0)
    } else {
      self = .double(JSONDouble.value(of: text))
    }
  }

  var isInteger: Bool {
    if case .integer = self { true } else { false }
  }

  private var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    }
  }

  /// The sum: an integer if both are and it is within 64 bits, else a double; nil if that is not finite.
  func adding(_ other: JSONNumber) -> JSONNumber? {
    if case .integer(let left) = self, case .integer(let right) = other {
      let (sum, overflow) = left.addingReportingOverflow(right)
      if !overflow { return .integer(sum) }
    }
    let sum = double + other.double
    return sum.isFinite ? .double(sum) : nil
  }

  /// As it stands in a document. A double that is whole keeps a fraction, by which it is known.
  var text: [UInt8] {
    switch self {
    case .integer(let value): return DecimalInteger.withDigits(of: value) { Array($0) }
    case .double(let value):
      let text = JSONDouble.text(value)
      let isWhole = !text.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
      return isWhole ? text + Array(".0".utf8) : text
    }
  }
}
