import QrrotCore
import QrrotTesting
import Testing

/// A regular expression as a tree, with a matcher that is too simple to be wrong.
private indirect enum Expression {
  case scalar(Unicode.Scalar)
  case oneOf([Unicode.Scalar], isNegated: Bool)
  case dot, start, end
  case sequence([Expression])
  case choice([Expression])
  case repeated(Expression, Int, Int?)

  /// Where a match that begins at `start` can end.
  func ends(in text: [Unicode.Scalar], from start: Int) -> Set<Int> {
    switch self {
    case .scalar(let scalar):
      return start < text.count && text[start] == scalar ? [start + 1] : []
    case .oneOf(let scalars, let isNegated):
      return start < text.count && scalars.contains(text[start]) != isNegated ? [start + 1] : []
    case .dot:
      return start < text.count && text[start] != "\n" && text[start] != "\r" ? [start + 1] : []
    case .start: return start == 0 ? [start] : []
    case .end: return start == text.count ? [start] : []
    case .sequence(let parts):
      return parts.reduce([start]) { places, part in
        Set(places.flatMap { part.ends(in: text, from: $0) })
      }
    case .choice(let branches):
      return Set(branches.flatMap { $0.ends(in: text, from: start) })
    case .repeated(let part, let least, let most):
      // Past as many as there are characters, further repeats reach nothing new.
      var places: Set = [start]
      var reached: Set<Int> = least == 0 ? [start] : []
      for count in 1...max(1, min(most ?? .max, least + text.count + 1)) {
        if count > most ?? .max { break }
        places = Set(places.flatMap { part.ends(in: text, from: $0) })
        if count >= least { reached.formUnion(places) }
      }
      return reached
    }
  }

  /// As a pattern; what is no single atom stands in a group where one is needed.
  var pattern: String {
    switch self {
    case .scalar(let scalar): return Self.escaped(scalar)
    case .oneOf(let scalars, let isNegated):
      return "[\(isNegated ? "^" : "")\(scalars.map(Self.escaped).joined())]"
    case .dot: return "."
    case .start: return "^"
    case .end: return "$"
    case .sequence(let parts):
      return parts.map { part in
        if case .choice = part { return "(\(part.pattern))" }
        return part.pattern
      }.joined()
    case .choice(let branches): return branches.map(\.pattern).joined(separator: "|")
    case .repeated(let part, let least, let most):
      let atom: String
      switch part {
      case .scalar, .oneOf, .dot, .start, .end: atom = part.pattern
      default: atom = "(\(part.pattern))"
      }
      return atom + Self.quantifier(least, most)
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case ".", "-", "^", "]": "\\\(scalar)"
    default: String(Character(scalar))
    }
  }

  private static func quantifier(_ least: Int, _ most: Int?) -> String {
    switch (least, most) {
    case (0, nil): "*"
    case (1, nil): "+"
    case (0, 1): "?"
    case (_, nil): "{\(least),}"
    case (_, least): "{\(least)}"
    case (_, let most?): "{\(least),\(most)}"
    }
  }

  static let alphabet: [Unicode.Scalar] = ["a", "b", "é", "😀", "\n", ".", "-"]

  static func random(depth: Int, using generator: inout SeededGenerator) -> Expression {
    let scalar = alphabet.randomElement(using: &generator) ?? "a"
    switch Int.random(in: 0..<(depth > 0 ? 11 : 5), using: &generator) {
    case 0, 1: return .scalar(scalar)
    case 2:
      let members = alphabet.filter { _ in Bool.random(using: &generator) }
      return .oneOf(members.isEmpty ? [scalar] : members, isNegated: Bool.random(using: &generator))
    case 3: return .dot
    case 4:
      return [.start, .end, .scalar(scalar), .dot].randomElement(using: &generator) ?? .dot
    case 5, 6, 7:
      return .sequence(
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in
          random(depth: depth - 1, using: &generator)
        })
    case 8:
      return .choice(
        (0..<Int.random(in: 2...3, using: &generator)).map { _ in
          random(depth: depth - 1, using: &generator)
        })
    default:
      let least = Int.random(in: 0...2, using: &generator)
      let most =
        Bool.random(using: &generator) ? nil : least + Int.random(in: 0...2, using: &generator)
      return .repeated(random(depth: depth - 1, using: &generator), least, most)
    }
  }
}

@Suite("I-Regexp, beside a simple matcher")
struct IRegexpPropertyTests {
  @Test("random expressions match what they match there", arguments: 1...8 as ClosedRange<UInt64>)
  func agreement(ownSeed: UInt64) throws {
    let seed = TestSettings.seed(ownSeed)
    var generator = SeededGenerator(seed: seed)
    var counts = (matched: 0, unmatched: 0)
    for _ in 0..<TestSettings.count(150) {
      let expression = Expression.random(depth: 4, using: &generator)
      let compiled = try IRegexp(Array(expression.pattern.utf8))
      var whole = IRegexpMatcher(compiled, .whole)
      var part = IRegexpMatcher(compiled, .part)
      for _ in 0..<8 {
        let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
          Expression.alphabet.randomElement(using: &generator) ?? "a"
        }
        let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
        let isWhole = expression.ends(in: text, from: 0).contains(text.count)
        let isPart = (0...text.count).contains { !expression.ends(in: text, from: $0).isEmpty }
        var steps = 1_000_000
        bytes.withUnsafeBytes { bytes in
          #expect(
            whole.matches(bytes, steps: &steps) == isWhole,
            "seed \(seed): \(expression.pattern) and \(text)")
          #expect(
            part.matches(bytes, steps: &steps) == isPart,
            "seed \(seed): \(expression.pattern) in \(text)")
        }
        if isWhole { counts.matched += 1 } else { counts.unmatched += 1 }
      }
    }
    #expect(counts.matched > 100 && counts.unmatched > 100)
  }

  @Test("random bytes are an expression or an error, and nothing else")
  func randomPatterns() throws {
    let seed = TestSettings.seed(9_485)
    var generator = SeededGenerator(seed: seed)
    let telling = Array("ab()[]{}|*+?.\\^$-,019pPLuZs".utf8)
    var counts = (taken: 0, refused: 0)
    for _ in 0..<TestSettings.count(20_000) {
      let pattern = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        Int.random(in: 0..<20, using: &generator) == 0
          ? UInt8.random(in: 0...255, using: &generator)
          : telling.randomElement(using: &generator) ?? 0
      }
      do {
        var matcher = IRegexpMatcher(try IRegexp(pattern), .part)
        var steps = 100_000
        #expect(
          "ab01()".utf8.withContiguousStorageIfAvailable {
            matcher.matches(UnsafeRawBufferPointer($0), steps: &steps)
          } != nil)
        counts.taken += 1
      } catch {
        #expect((0...pattern.count).contains(error.offset), "seed \(seed)")
        counts.refused += 1
      }
    }
    #expect(counts.taken > 500 && counts.refused > 500)
  }
}
