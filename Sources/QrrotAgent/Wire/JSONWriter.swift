internal import QrrotCore

/// Writes a JSON text, member by member.
public struct JSONWriter: Sendable {
  /// What is written.
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// Begins with nothing.
  public init() {}

  /// Writes an object with the members that `body` writes.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    container("{", "}", body)
  }

  /// Writes an array with the values that `body` writes.
  public mutating func array(_ body: (inout JSONWriter) -> Void) {
    container("[", "]", body)
  }

  /// Writes a member's name; its value is to follow.
  public mutating func name(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string, with everything escaped that is not to be seen.
  public mutating func string(_ text: String) {
    separate()
    Escaping.appendJSONString(Array(text.utf8).span, to: &bytes)
  }

  /// Writes a number.
  public mutating func number(_ number: some BinaryInteger) { literal(String(number)) }

  /// Writes `text`, which is a value already.
  public mutating func literal(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func container(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: opening))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: closing))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}
