/// Why a text is not JSON: the first byte that cannot stand where it stands.
public struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The place of that byte, counted from 0 in the text as given; the text's length if it ends too
  /// early.
  public var offset: Int

  /// What could have stood there, in words: "a comma or }".
  public var expected: String

  /// The byte that stands there; nil at the end of the text.
  public var found: UInt8?

  /// Makes an error from its parts.
  public init(offset: Int, expected: String, found: UInt8?) {
    self.offset = offset
    self.expected = expected
    self.found = found
  }

  /// One line, safe to show: `byte 12: expected a comma or }, found x`.
  public var description: String {
    let foundText: String
    switch found {
    case nil: foundText = "the end of the text"
    case UInt8(ascii: " "): foundText = "a space"
    case let byte?: foundText = Escaping.displayed([byte])
    }
    return "byte \(offset): expected \(expected), found \(foundText)"
  }
}
