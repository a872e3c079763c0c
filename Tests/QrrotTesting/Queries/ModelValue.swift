/// A JSON value as a tree, with the text that it was made of: for models that are slow and plain.
public indirect enum ModelValue: Sendable {
  case null
  case bool(Bool)
  /// A number that a double holds exactly, as it is written.
  case number(Double, text: String)
  /// Characters, and the string as it is written.
  case string(String, text: String)
  case array([ModelValue])
  case object([(name: String, value: ModelValue)])

  /// The JSON text.
  public var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(_, let text), .string(_, let text): text
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }

  /// The text that all equal values share, as the engine shows groups.
  public var canonical: String {
    switch self {
    case .null, .bool: text
    case .number(let value, _): Self.text(of: value)
    case .string(let characters, _): "\"\(characters)\""
    case .array(let elements): "[" + elements.map(\.canonical).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.name < $1.name }.map { "\"\($0.name)\":\($0.value.canonical)" }
        .joined(separator: ",") + "}"
    }
  }

  /// A number as the engine prints it, as long as it is neither very large nor very small.
  public static func text(of value: Double) -> String {
    value == value.rounded() ? String(Int64(value)) : "\(value)"
  }

  var rank: Int {
    switch self {
    case .null: 0
    case .bool(false): 1
    case .bool(true): 2
    case .number: 3
    case .string: 4
    case .array, .object: 5
    }
  }

  /// Below, at or above 0.
  public static func compare(_ left: ModelValue, _ right: ModelValue) -> Int {
    switch (left, right) {
    case (.number(let a, _), .number(let b, _)): return a < b ? -1 : a > b ? 1 : 0
    case (.string(let a, _), .string(let b, _)):
      if a == b { return 0 }
      return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    default: return (left.rank - right.rank).signum()
    }
  }

  /// The member of this name, or nil.
  public subscript(name: String) -> ModelValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  /// What a path of the few kinds that a model knows finds: `$`, `$.a`, `$.a.b`, each with `[*]` behind
  /// it or not.
  public func values(at path: String) -> [ModelValue] {
    var steps = path.dropFirst().split(separator: ".").map(String.init)
    let isWild = path.hasSuffix("[*]")
    if isWild, let last = steps.popLast(), last != "[*]" { steps.append(String(last.dropLast(3))) }
    var value = self
    for step in steps {
      guard let next = value[step] else { return [] }
      value = next
    }
    guard isWild else { return [value] }
    switch value {
    case .array(let elements): return elements
    case .object(let members): return members.map(\.value)
    default: return []
    }
  }
}

extension ModelValue {
  /// A small document with members of all kinds, some of them missing.
  public static func document(using random: inout SeededGenerator) -> ModelValue {
    var members: [(name: String, value: ModelValue)] = []
    for name in ["a", "b", "s", "t"] where Int.random(in: 0..<6, using: &random) > 0 {
      let value: ModelValue =
        switch name {
        case "s": string(using: &random)
        case "t":
          .array(
            (0..<Int.random(in: 0...3, using: &random)).map { _ in scalar(using: &random) })
        case "b":
          .object(
            [("c", scalar(using: &random)), ("d", number(using: &random))].shuffled(using: &random))
        default:
          Int.random(in: 0..<5, using: &random) == 0
            ? scalar(using: &random) : number(using: &random)
        }
      members.append((name, value))
    }
    return .object(members.shuffled(using: &random))
  }

  /// Any value but an array or object.
  public static func scalar(using random: inout SeededGenerator) -> ModelValue {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .null
    case 1: .bool(true)
    case 2: .bool(false)
    case 3...5: number(using: &random)
    default: string(using: &random)
    }
  }

  static func number(using random: inout SeededGenerator) -> ModelValue {
    let whole = Int.random(in: -4...12, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return .number(Double(whole) + 0.5, text: "\(Double(whole) + 0.5)")
    case 1: return .number(Double(whole), text: "\(whole).0")
    case 2: return .number(Double(whole) * 10, text: "\(whole)e1")
    default: return .number(Double(whole), text: "\(whole)")
    }
  }

  static func string(using random: inout SeededGenerator) -> ModelValue {
    let all = [
      ("x", "x"), ("y", "\\u0079"), ("é", "é"), ("é", "\\u00e9"), ("", ""), ("xx", "x\\u0078"),
    ]
    let (characters, written) = all.randomElement(using: &random) ?? ("x", "x")
    return .string(characters, text: "\"\(written)\"")
  }
}
