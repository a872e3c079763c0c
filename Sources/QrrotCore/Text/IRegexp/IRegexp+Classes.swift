extension IRegexp.Parser {
  /// Reads what follows a backslash outside brackets.
  mutating func escape(from place: Int) throws(IRegexpError) -> ScalarClass {
    var scalars = ScalarClass()
    if let scalar = try parseEscape(from: place, into: &scalars) { return Self.single(scalar) }
    return scalars
  }

  /// Reads `[…]` behind its first bracket.
  mutating func classExpression(from place: Int) throws(IRegexpError) -> ScalarClass {
    var scalars = ScalarClass()
    if peek == UInt8(ascii: "^") {
      scalars.isNegated = true
      offset += 1
    }
    var isFirst = true
    while true {
      guard let byte = peek else {
        throw IRegexpError(offset: place, message: "the class is never closed")
      }
      let itemPlace = offset
      switch byte {
      case UInt8(ascii: "]"):
        guard !isFirst else {
          throw IRegexpError(offset: itemPlace, message: "a class is not empty; write \\]")
        }
        offset += 1
        return scalars
      case UInt8(ascii: "-"):
        offset += 1
        guard isFirst || peek == UInt8(ascii: "]") else {
          throw IRegexpError(
            offset: itemPlace, message: "a hyphen stands first or last in a class; write \\-")
        }
        scalars.insert(0x2D...0x2D)
      case UInt8(ascii: "["):
        throw IRegexpError(offset: itemPlace, message: "a bracket inside a class; write \\[")
      default: try parseItem(from: itemPlace, into: &scalars)
      }
      isFirst = false
    }
  }

  /// Reads a character, a range of them, or categories, inside brackets.
  private mutating func parseItem(
    from place: Int, into scalars: inout ScalarClass
  ) throws(IRegexpError) {
    guard let first = try classCharacter(into: &scalars) else { return }
    guard peek == UInt8(ascii: "-"), offset + 1 < pattern.count,
      pattern[offset + 1] != UInt8(ascii: "]")
    else { return scalars.insert(first.value...first.value) }
    offset += 1
    let lastPlace = offset
    var others = ScalarClass()
    guard peek != UInt8(ascii: "-"), peek != UInt8(ascii: "["),
      let last = try classCharacter(into: &others)
    else {
      throw IRegexpError(offset: lastPlace, message: "a range ends with a character")
    }
    guard first <= last else {
      throw IRegexpError(offset: place, message: "a range whose end comes before its start")
    }
    scalars.insert(first.value...last.value)
  }

  /// Reads a character, or categories into `scalars` and returns nil.
  private mutating func classCharacter(
    into scalars: inout ScalarClass
  ) throws(IRegexpError) -> Unicode.Scalar? {
    let place = offset
    let scalar = try nextScalar()
    return scalar == "\\" ? try parseEscape(from: place, into: &scalars) : scalar
  }

  /// Reads what follows a backslash: the character that it stands for, or categories into `scalars`.
  private mutating func parseEscape(
    from place: Int, into scalars: inout ScalarClass
  ) throws(IRegexpError) -> Unicode.Scalar? {
    guard offset < pattern.count else {
      throw IRegexpError(offset: place, message: "a backslash at the end")
    }
    let letter = try nextScalar()
    switch letter {
    case "(", ")", "*", "+", "-", ".", "?", "[", "\\", "]", "^", "{", "|", "}": return letter
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "p": scalars.categories |= try categories(from: place)
    case "P": scalars.categories |= ~(try categories(from: place)) & GeneralCategories.all
    default:
      let dollar = letter == "$" ? "; write [$]" : ""
      throw IRegexpError(
        offset: place,
        message: "\\\(Escaping.displayed(String(letter))) is no escape of an I-Regexp\(dollar)")
    }
    return nil
  }

  /// Reads `{Lu}`.
  private mutating func categories(from place: Int) throws(IRegexpError) -> UInt32 {
    guard peek == UInt8(ascii: "{"),
      let end = pattern[offset...].prefix(4).firstIndex(of: UInt8(ascii: "}")),
      let bits = GeneralCategories.bits(named: pattern[(offset + 1)..<end])
    else {
      throw IRegexpError(
        offset: place, message: "expected a general category such as \\p{L} or \\p{Lu}")
    }
    offset = end + 1
    return bits
  }

  private var peek: UInt8? { offset < pattern.count ? pattern[offset] : nil }
}
