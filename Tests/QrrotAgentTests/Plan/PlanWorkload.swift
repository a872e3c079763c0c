import QrrotAgent
import QrrotCore
import QrrotStore
import QrrotTesting

/// Random commands for a scene: everything that writes, and some that read.
struct PlanWorkload {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func chance(of one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

  private static let keys: [[UInt8]] =
    ["a", "b", "user:1", "k → v", "→", "\u{202E}evil", "with space", "$.a", "naïve", "q\"t'", "#c"]
    .map { Array($0.utf8) } + [[0xFF, 0x41], [0x1B, 0x5B, 0x33, 0x31, 0x6D]]

  private static let strings: [String] = [
    "x", "", "a → b", "\n~ fake  1 → 2", "\u{1B}[31m", "\u{202E}\u{200B}", "😀", "5", "{}",
    "it's \"q\"",
  ]

  /// A command's line.
  mutating func line(in scene: PlanScene) -> [UInt8] {
    var line: [UInt8] = []
    func key(_ random: inout SeededGenerator) {
      let isOneOfFew = Int.random(in: 0..<4, using: &random) > 0
      let key = Self.keys.prefix(isOneOfFew ? 6 : .max).randomElement(using: &random) ?? [97]
      Escaping.appendKey(key.span, to: &line)
    }
    func add(_ text: String) { line += text.utf8 }
    switch Int.random(in: 0..<24, using: &random) {
    case 0...3:
      add("put ")
      key(&random)
      add(" ")
      add(literal())
    case 4...12:
      return edit(in: scene)
    case 13...14:
      add(Bool.random(using: &random) ? "incr " : "decr ")
      key(&random)
      add(" \(Int.random(in: 1...9, using: &random))")
    case 15:
      add("del ")
      key(&random)
    case 16:
      add("del ")
      for _ in 0...2 {
        key(&random)
        add(" ")
      }
    case 17...18:
      add("expire ")
      key(&random)
      add(" \(Int.random(in: 0...3, using: &random) * 50)")
    case 19:
      add("expireat ")
      key(&random)
      add(" \(scene.clock.milliseconds + Int64.random(in: 1...100_000_000_000, using: &random))")
    case 20:
      add("persist ")
      key(&random)
    case 21 where chance(of: 4):
      add("clear")
    default:
      add(["get ", "exists ", "ttl "].randomElement(using: &random) ?? "get ")
      key(&random)
    }
    return line
  }

  /// A value as a token.
  private mutating func literal() -> String {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return String(Int.random(in: -9...9, using: &random))
    case 1:
      var text: [UInt8] = []
      let content = Array((Self.strings.randomElement(using: &random) ?? "").utf8)
      Escaping.appendQuoted(content.span, to: &text)
      return String(decoding: text, as: UTF8.self)
    default: return literal(WrittenJSON.random(levels: chance(of: 3) ? 1 : 3, using: &random))
    }
  }

  /// A JSON text as a token; some strings in it hold what is hidden.
  private mutating func literal(_ tree: WrittenJSON) -> String {
    let text = chance(of: 4) ? tree.text.replacing("é", with: "\u{202E}é\u{2028}") : tree.text
    if case .scalar = tree {
      var token: [UInt8] = []
      Escaping.appendQuoted(Array(text.utf8).span, to: &token)
      return "as json " + String(decoding: token, as: UTF8.self)
    }
    return text
  }

  /// The tree with other numbers in some of the places where it has numbers.
  private mutating func countingOn(_ tree: WrittenJSON) -> WrittenJSON {
    switch tree {
    case .scalar(let text):
      guard let number = Int(text), chance(of: 2) else { return tree }
      return .scalar(String(number &+ 1))
    case .array(let elements): return .array(elements.map { countingOn($0) })
    case .object(let members):
      return .object(
        members.map { .init(name: $0.name, text: $0.text, value: countingOn($0.value)) })
    }
  }

  /// A change inside a json value that is there, by its path or by putting all of it anew.
  private mutating func edit(in scene: PlanScene) -> [UInt8] {
    // A copy: what is looked at here is not read.
    var session = scene.staging.transaction == nil ? scene.other : scene.staging
    var documents: [(key: [UInt8], tree: WrittenJSON)] = []
    for key in Self.keys {
      guard let record = (try? scene.engine.record(of: key, in: &session)) ?? nil,
        case .json(let text) = record.value
      else { continue }
      documents.append((key, WrittenJSON(parsing: text)))
    }
    guard let (key, tree) = documents.randomElement(using: &random) else {
      return Array("put a \(literal(WrittenJSON.random(levels: 3, using: &random)))".utf8)
    }
    var token: [UInt8] = []
    Escaping.appendKey(key.span, to: &token)
    let name = String(decoding: token, as: UTF8.self)
    let path = WrittenPath.random(into: tree, using: &random)
    let text = path.text(using: &random)
    switch Int.random(in: 0..<11, using: &random) {
    case 8...10: return Array("put \(name) \(literal(countingOn(tree)))".utf8)
    case 0: return Array("incr \(name) \(text)".utf8)
    case 1...2: return Array("del \(name) \(text)".utf8)
    case 3:
      let several = WrittenPath.random(singular: false, using: &random)
      return Array("del \(name) \(several.text(using: &random))".utf8)
    case 4...5:
      let value = WrittenJSON.random(levels: 1, using: &random)
      return Array("put \(name) \(text) \(literal(value))".utf8)
    default:
      var edited = tree
      for _ in 0...1 {
        guard let place = path.places(in: edited).first, !place.isEmpty else { break }
        edited[place] =
          chance(of: 2)
          ? .scalar(String(Int.random(in: 0...9, using: &random)))
          : WrittenJSON.random(levels: 1, using: &random)
      }
      if chance(of: 3), case .object(let members) = edited {
        edited = .object(members.shuffled(using: &random))
      }
      if chance(of: 3), case .array(let elements) = edited {
        edited = .array(elements + [.scalar("7")])
      }
      return Array("put \(name) ".utf8) + Array(literal(edited).utf8)
    }
  }
}
