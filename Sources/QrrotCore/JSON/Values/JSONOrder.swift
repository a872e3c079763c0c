/// The order of JSON values that sorting, `min` and `max` follow.
///
/// null < false < true < numbers < strings < arrays and objects. Numbers are compared by their exact
/// mathematical value, whatever their length; strings by the bytes of their characters in UTF-8, which
/// is the order of the code points. All arrays and objects are equal to each other.
public enum JSONOrder {
  /// The kinds of values, the least first.
  public enum Kind: UInt8, Comparable, Sendable {
    case null, `false`, `true`, number, string, container

    /// The order of the cases.
    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }

  /// The kind of `value`, a valid JSON text without blanks around it.
  ///
  /// - Complexity: O(1).
  @inlinable
  public static func kind(of value: UnsafeRawBufferPointer) -> Kind {
    switch value.first {
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "f"): .false
    case UInt8(ascii: "t"): .true
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "{"), UInt8(ascii: "["): .container
    default: .number
    }
  }

  /// Below, at or above 0, as `left` comes before `right`, is equal to it or comes after it.
  ///
  /// - Complexity: O(n).
  public static func compare(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    let kind = kind(of: left)
    let other = self.kind(of: right)
    guard kind == other else { return kind < other ? -1 : 1 }
    switch kind {
    case .null, .false, .true, .container: return 0
    case .number: return compareNumbers(left, right)
    case .string: return compareStrings(left, right)
    }
  }

  private static func compareNumbers(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    guard let left = JSONNumberText(left), let right = JSONNumberText(right) else { return 0 }
    return JSONNumberText.compare(left, right)
  }

  private static func compareStrings(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    guard let left = JSONStringText(quoted: left), let right = JSONStringText(quoted: right) else {
      return left.count - right.count
    }
    return JSONStringText.compare(left, right)
  }
}

extension JSONNumberText {
  /// The number that is all of `bytes`; nil if there are none.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return nil }
    self.init(start: start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
  }
}

extension JSONStringText {
  /// The content of the string that is all of `bytes`, its quotes included; nil if those are not there.
  init?(quoted bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 2 else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 1)])
    self.init(content.assumingMemoryBound(to: UInt8.self))
  }
}
