/// A value that a filter compares.
enum JSONComparand {
  /// No value: of a path that leads nowhere, or of a function that has no result.
  case nothing
  case null
  case bool(Bool)
  case number(JSONNumberText)
  /// A number that a function gave.
  case integer(Int64)
  case string(JSONStringText)
  /// An array, by the offset of its bracket.
  case array(Int)
  /// An object, by the offset of its bracket.
  case object(Int)

  /// The value at `offset`; nothing if that is nil.
  init(_ document: JSONBytes, at offset: Int?) {
    guard let offset else {
      self = .nothing
      return
    }
    switch document[offset] {
    case UInt8(ascii: "n"): self = .null
    case UInt8(ascii: "t"): self = .bool(true)
    case UInt8(ascii: "f"): self = .bool(false)
    case UInt8(ascii: "\""): self = .string(document.string(at: offset).content)
    case UInt8(ascii: "["): self = .array(offset)
    case UInt8(ascii: "{"): self = .object(offset)
    default:
      let end = document.end(ofPlainAt: offset)
      self = .number(JSONNumberText(start: document.start + offset, count: end - offset))
    }
  }

  /// The number as digits, for the time of the call of `body`; nil for what is no number.
  func withNumber<T>(_ body: (JSONNumberText) -> T) -> T? {
    switch self {
    case .number(let text): return body(text)
    case .integer(let integer):
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
        let (_, end) = digits.initialize(from: String(integer).utf8)
        return body(JSONNumberText(UnsafeBufferPointer(rebasing: digits[..<end])))
      }
    default: return nil
    }
  }
}

/// Comparisons.
///
/// Source: RFC 9535, section 2.3.5.2.2.
extension JSONScratch {
  /// Whether `left` and `right` compare so. Arrays and objects lie in `document`.
  mutating func compare(
    _ left: JSONComparand, _ right: JSONComparand, by comparison: ComparisonOperator,
    in document: JSONBytes
  ) throws(QrrotError) -> Bool {
    switch comparison {
    case .equal: return try areEqual(left, right, in: document)
    case .notEqual: return try !areEqual(left, right, in: document)
    case .less: return try isLess(left, right)
    case .greater: return try isLess(right, left)
    case .lessOrEqual:
      if try isLess(left, right) { return true }
      return try areEqual(left, right, in: document)
    case .greaterOrEqual:
      if try isLess(right, left) { return true }
      return try areEqual(left, right, in: document)
    }
  }

  /// Only numbers have an order among them, and only strings.
  private mutating func isLess(
    _ left: JSONComparand, _ right: JSONComparand
  ) throws(QrrotError) -> Bool {
    if case .string(let left) = left, case .string(let right) = right {
      try step(min(left.count, right.count) >> 6)
      return JSONStringText.compare(left, right) < 0
    }
    return (try numericOrder(left, right) ?? 0) < 0
  }

  /// The order of two numbers; nil if one of the two is none.
  private mutating func numericOrder(
    _ left: JSONComparand, _ right: JSONComparand
  ) throws(QrrotError) -> Int? {
    if case .number(let left) = left, case .number(let right) = right {
      try step((left.count + right.count) >> 6)
      return JSONNumberText.compare(left, right)
    }
    if case .number(let text) = left { try step(text.count >> 6) }
    if case .number(let text) = right { try step(text.count >> 6) }
    return left.withNumber { left in right.withNumber { JSONNumberText.compare(left, $0) } } ?? nil
  }

  private mutating func areEqual(
    _ left: JSONComparand, _ right: JSONComparand, in document: JSONBytes
  ) throws(QrrotError) -> Bool {
    switch (left, right) {
    case (.nothing, .nothing), (.null, .null): return true
    case (.bool(let left), .bool(let right)): return left == right
    case (.string(let left), .string(let right)):
      try step(min(left.count, right.count) >> 6)
      return left == right
    case (.number, .number), (.number, .integer), (.integer, .number), (.integer, .integer):
      return try numericOrder(left, right) == 0
    case (.array(let left), .array(let right)), (.object(let left), .object(let right)):
      return try areEqual(containers: left, right, in: document)
    default: return false
    }
  }
}
