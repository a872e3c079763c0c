/// One part of a reply that was read: a scalar, or the head of those that follow it.
///
/// A reply is an array of nodes, each in front of its children, so that it is walked without
/// recursion however deep it is.
public struct ReplyNode: Equatable, Sendable {
  /// What a node is.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// A line, `+`.
    case simple
    /// An error in a line, `-`.
    case error
    /// An integer, `:`.
    case integer
    /// Bytes, `$`.
    case bulk
    /// No value: `_`, `$-1`, `*-1`.
    case null
    /// An array, `*`.
    case array
    /// Keys and values in turn, `%`.
    case map
    /// A set, `~`.
    case set
    /// A message that answers nothing, `>`.
    case push
    /// A double, `,`.
    case double
    /// An integer of any size, `(`.
    case bigNumber
    /// A yes or a no, `#`.
    case boolean
    /// A text with its format in front, `=`.
    case verbatim
    /// An error as bytes, `!`.
    case bulkError
  }

  /// What it is.
  public let kind: Kind
  /// Where its content begins, in the bytes that were handed over.
  public let offset: Int
  private let count: Int32

  init(_ kind: Kind, offset: Int, count: Int) {
    self.kind = kind
    self.offset = offset
    // Of bytes and of nodes the limits allow no more.
    self.count = Int32(truncatingIfNeeded: count)
  }

  /// Whether nodes belong to it.
  public var isAggregate: Bool {
    switch kind {
    case .array, .map, .set, .push: true
    default: false
    }
  }

  /// How many nodes belong to it directly, a key and a value of a map being two.
  public var childCount: Int { isAggregate ? Int(count) : 0 }

  /// Where its content lies: of a verbatim text without the format, of a number as it is written.
  public var range: Range<Int> { offset..<(isAggregate ? offset : offset + Int(count)) }

  /// The value of an integer; of a boolean 1 or 0; nil of others.
  ///
  /// - Parameter input: The bytes that the reply was read from.
  public func integer(in input: UnsafeRawBufferPointer) -> Int64? {
    switch kind {
    case .integer: WireNumber.integer(input[range])
    case .boolean: input[offset] == UInt8(ascii: "t") ? 1 : 0
    default: nil
    }
  }

  /// The value of a double or an integer; nil of others.
  ///
  /// - Parameter input: The bytes that the reply was read from.
  public func double(in input: UnsafeRawBufferPointer) -> Double? {
    switch kind {
    case .integer: integer(in: input).map { Double($0) }
    case .double: Double(String(decoding: input[range], as: UTF8.self))
    default: nil
    }
  }

  /// Whether `text` is decimal digits, perhaps behind a sign.
  static func isBigNumber(_ text: some Collection<UInt8>) -> Bool {
    let isSigned = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+")
    let digits = text.dropFirst(isSigned ? 1 : 0)
    return !digits.isEmpty && digits.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
  }

  /// Whether `text` is a double: `inf` or `nan`, or digits with a fraction and an exponent, perhaps
  /// behind a sign.
  static func isDouble(_ text: some Collection<UInt8>) -> Bool {
    let isSigned = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+")
    var rest = text.dropFirst(isSigned ? 1 : 0)
    if rest.elementsEqual("inf".utf8) || rest.elementsEqual("nan".utf8) { return true }
    func passDigits() -> Int {
      let count = rest.prefix { $0 &- UInt8(ascii: "0") <= 9 }.count
      rest = rest.dropFirst(count)
      return count
    }
    guard passDigits() > 0 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard passDigits() > 0 else { return false }
    }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      guard passDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
