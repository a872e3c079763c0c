internal import QrrotCore

/// The types of version 3, and what a client of version 2 gets instead.
extension ReplyWriter {
  /// The head of a map of `count` entries, each a key and a value.
  public mutating func map(count: Int) {
    if version == .resp3 { head(UInt8(ascii: "%"), count) } else { array(count: count * 2) }
  }

  /// The head of a set of `count` replies.
  public mutating func set(count: Int) {
    head(version == .resp3 ? UInt8(ascii: "~") : UInt8(ascii: "*"), count)
  }

  /// The head of `count` replies that answer nothing: a message that the server sends by itself.
  public mutating func push(count: Int) {
    head(version == .resp3 ? UInt8(ascii: ">") : UInt8(ascii: "*"), count)
  }

  /// A yes or a no.
  public mutating func boolean(_ value: Bool) {
    guard version == .resp3 else { return integer(value ? 1 : 0) }
    bytes.append(contentsOf: (value ? "#t\r\n" : "#f\r\n").utf8)
  }

  /// A double: its shortest digits, `inf`, `-inf` or `nan`.
  public mutating func double(_ value: Double) {
    let text = Self.text(of: value)
    guard version == .resp3 else { return bulk(text) }
    bytes.append(UInt8(ascii: ","))
    bytes.append(contentsOf: text)
    end()
  }

  /// An integer that may be larger than 64 bits.
  ///
  /// - Parameter digits: Decimal digits, perhaps with a sign; it is a programmer's mistake if not.
  public mutating func bigNumber(_ digits: String) {
    assert(ReplyNode.isBigNumber(Array(digits.utf8)), "not an integer: \(digits)")
    guard version == .resp3 else { return bulk(digits) }
    bytes.append(UInt8(ascii: "("))
    line(digits)
  }

  /// A text that is shown as it is.
  ///
  /// - Parameter format: Three letters: `txt` or `mkd`.
  public mutating func verbatim(_ text: String, format: String = "txt") {
    precondition(format.utf8.count == 3, "a format has three bytes")
    guard version == .resp3 else { return bulk(text) }
    head(UInt8(ascii: "="), text.utf8.count + 4)
    bytes.append(contentsOf: format.utf8)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: text.utf8)
    end()
  }

  private static func text(of value: Double) -> [UInt8] {
    if value.isFinite { return JSONDouble.text(value) }
    return Array((value.isNaN ? "nan" : value < 0 ? "-inf" : "inf").utf8)
  }
}
