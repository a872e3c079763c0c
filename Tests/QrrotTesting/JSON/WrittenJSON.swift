/// A JSON value as a tree that keeps how its parts are written: what paths and edits are held against.
///
/// It is as simple as can be: every operation copies what it needs.
public indirect enum WrittenJSON: Equatable, Sendable {
  /// A number, a word or a string, as it is written.
  case scalar(String)
  /// An array.
  case array([WrittenJSON])
  /// An object with all its members, in order.
  case object([Member])

  /// A member of an object.
  public struct Member: Equatable, Sendable {
    /// The name's characters.
    public var name: String
    /// The name as it is written, in quotes.
    public var text: String
    /// The value.
    public var value: WrittenJSON

    /// Makes a member.
    public init(name: String, text: String, value: WrittenJSON) {
      self.name = name
      self.text = text
      self.value = value
    }
  }

  /// The text, without blanks.
  public var text: String {
    switch self {
    case .scalar(let text): text
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\($0.text):\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }

  /// The parts, in order, whatever their names.
  public var parts: [WrittenJSON] {
    switch self {
    case .scalar: []
    case .array(let elements): elements
    case .object(let members): members.map(\.value)
    }
  }

  /// The indices of the parts that a path can see: of members with one name the last one only.
  public var visibleParts: [Int] {
    guard case .object(let members) = self else { return Array(parts.indices) }
    return members.indices.filter { index in
      !members[(index + 1)...].contains { $0.name == members[index].name }
    }
  }

  /// The part at a place: an index for each level.
  public subscript(place: [Int]) -> WrittenJSON {
    get { place.reduce(self) { $0.parts[$1] } }
    set {
      guard let first = place.first else {
        self = newValue
        return
      }
      var part = parts[first]
      part[Array(place.dropFirst())] = newValue
      switch self {
      case .scalar: break
      case .array(var elements):
        elements[first] = part
        self = .array(elements)
      case .object(var members):
        members[first].value = part
        self = .object(members)
      }
    }
  }

  /// The tree without the parts at these places, and without all members of their names.
  public func removing(_ places: Set<[Int]>) -> WrittenJSON { removing(places, at: []) }

  private func removing(_ places: Set<[Int]>, at place: [Int]) -> WrittenJSON {
    switch self {
    case .scalar: return self
    case .array(let elements):
      return .array(
        elements.indices.filter { !places.contains(place + [$0]) }.map {
          elements[$0].removing(places, at: place + [$0])
        })
    case .object(let members):
      let names = Set(
        members.indices.filter { places.contains(place + [$0]) }.map { members[$0].name })
      return .object(
        members.indices.filter { !names.contains(members[$0].name) }.map { index in
          var member = members[index]
          member.value = member.value.removing(places, at: place + [index])
          return member
        })
    }
  }
}

extension WrittenJSON {
  /// Names with characters that paths and JSON write in different ways.
  public static let names = [
    "a", "b", "c d", "é", "q\"t", "it's", "back\\slash", "", "0", "😀", "\n",
  ]

  /// A random tree of at most so many levels, with names that occur twice.
  public static func random(levels: Int, using generator: inout SeededGenerator) -> WrittenJSON {
    // The outer levels are mostly containers.
    let least = levels > 2 ? 3 : 0
    switch Int.random(in: least..<(levels > 0 ? 10 : 4), using: &generator) {
    case 0: return .scalar(["true", "false", "null"].randomElement(using: &generator) ?? "null")
    case 1: return .scalar(String(Int.random(in: -9...9, using: &generator)))
    case 2:
      let numbers = ["1.50", "-0", "1e2", "9223372036854775807", "12345678901234567890", "0.0"]
      return .scalar(numbers.randomElement(using: &generator) ?? "0")
    case 3:
      let name = names.randomElement(using: &generator) ?? "a"
      return .scalar(written(name, using: &generator))
    case 4, 5, 6:
      return .array(
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in
          random(levels: levels - 1, using: &generator)
        })
    default:
      return .object(
        (0..<Int.random(in: 0...5, using: &generator)).map { _ in
          let name = names.randomElement(using: &generator) ?? "a"
          return Member(
            name: name, text: written(name, using: &generator),
            value: random(levels: levels - 1, using: &generator))
        })
    }
  }

  /// A string as JSON writes it, with an escape here and there that need not be.
  static func written(_ content: String, using generator: inout SeededGenerator) -> String {
    "\"" + content.unicodeScalars.map { escaped($0, using: &generator) }.joined() + "\""
  }

  private static func escaped(
    _ scalar: Unicode.Scalar, using generator: inout SeededGenerator
  ) -> String {
    let isNeeded = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
    let isChosen = Int.random(in: 0..<5, using: &generator) == 0
    guard isNeeded || isChosen else { return String(Character(scalar)) }
    if !isChosen, scalar != "\n" { return "\\\(scalar)" }
    return String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
