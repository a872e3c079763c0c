import QrrotTesting
import Testing

@testable import QrrotCore

/// Patterns over keys, by table, beside a slow reference, and with hostile patterns.
@Suite("Globs")
struct GlobTests {
  private func matches(_ pattern: [UInt8], _ key: [UInt8]) throws -> Bool {
    let glob = try Glob(pattern)
    return try key.withUnsafeBytes { bytes throws(QrrotError) in try glob.matches(bytes) }
  }

  private func matches(_ pattern: String, _ key: String) throws -> Bool {
    try matches(Array(pattern.utf8), Array(key.utf8))
  }

  @Test(
    "a pattern matches whole keys",
    arguments: [
      ("", "", true), ("", "a", false), ("a", "a", true), ("a", "ab", false), ("ab", "a", false),
      ("*", "", true), ("*", "abc", true), ("**", "", true), ("a*", "a", true), ("a*", "ba", false),
      ("*a", "ba", true), ("*a", "bab", false), ("a*b", "ab", true), ("a*b", "axxb", true),
      ("a*b*c", "abxbxc", true), ("a*b*c", "acb", false), ("?", "a", true), ("?", "", false),
      ("?", "ab", false), ("??", "é", false), ("?", "é", true), ("?", "日", true), ("?", "😀", true),
      ("*?", "é", true), ("?*", "日本", true), ("*??", "日本", true), ("*???", "日本", false),
      ("[a-c]", "b", true), ("[a-c]", "d", false), ("[^a-c]", "d", true), ("[^a-c]", "b", false),
      ("[c-a]", "b", true), ("[abc]", "c", true), ("[a-]", "-", true), ("[a-]", "b", false),
      ("[-a]", "-", true), ("[à-ÿ]", "é", true), ("[à-ÿ]", "z", false), ("[^à-ÿ]", "z", true),
      ("[^a]", "日", true), ("[\\]]", "]", true), ("[\\^a]", "^", true), ("[a\\-c]", "b", false),
      ("[a\\-c]", "-", true), ("[[]", "[", true), ("[*?]", "*", true), ("[*?]", "a", false),
      ("[]", "a", false), ("[^]", "a", true), ("x[ab]y", "xay", true), ("x[ab]", "x", false),
      ("\\*", "*", true), ("\\*", "a", false), ("\\?", "?", true), ("\\[a]", "[a]", true),
      ("\\\\", "\\", true), ("\\a", "a", true), ("\\é", "é", true), ("]", "]", true),
      ("a\\", "", nil),
      ("[", "", nil), ("[a", "", nil), ("[^", "", nil), ("[a\\]", "", nil), ("[a-", "", nil),
    ] as [(String, String, Bool?)])
  func table(pattern: String, key: String, expected: Bool?) throws {
    guard let expected else {
      let error = #expect(throws: QrrotError.self) { try matches(pattern, key) }
      #expect(error?.code == .syntax)
      return
    }
    #expect(try matches(pattern, key) == expected)
  }

  @Test("in a key that is not UTF-8 a character is a byte")
  func bytes() throws {
    #expect(try matches(Array("?".utf8), [0xFF]))
    #expect(try matches(Array("??".utf8), [0xC3, 0x28]))
    #expect(
      try matches(Array("???".utf8), [0xC3, 0xA9, 0xFF]), "é is two bytes beside an invalid one")
    #expect(try !matches(Array("?".utf8), [0xC3, 0x28]))
    #expect(try matches(Array("[^a]*".utf8), [0x80, 0x00]))
    #expect(try matches([0xFF, 0x2A], [0xFF, 0x00]))
  }

  @Test("a pattern that is not UTF-8 holds bytes, inside brackets too")
  func byteSets() throws {
    let set = [UInt8(ascii: "["), 0xE2, UInt8(ascii: "]")]
    #expect(try matches(set, [0xE2]))
    #expect(try matches(set + Array("x*".utf8), [0xE2] + Array("xy".utf8)))
    #expect(try !matches(set + Array("x*".utf8), [0xE3] + Array("xy".utf8)))
  }

  @Test("the literal prefix is what every match begins with")
  func literalPrefix() throws {
    #expect(try Glob(Array("user:\\*1*".utf8)).literalPrefix == Array("user:*1".utf8))
    #expect(try Glob(Array("*a".utf8)).literalPrefix == [])
    #expect(try Glob(Array("abc".utf8)).isLiteral)
    #expect(try !Glob(Array("ab[c]".utf8)).isLiteral)
  }

  @Test("random patterns match as a slow reference says")
  func reference() throws {
    let seed = TestSettings.seed(20_264)
    var random = SeededGenerator(seed: seed)
    var matchCount = 0
    var mismatchCount = 0
    for _ in 0..<TestSettings.count(4_000) {
      let pattern = ReferenceGlob.pattern(&random)
      let characters = ["a", "b", "c", "é", "日", "-", "*", "]"]
      let key = (0..<Int.random(in: 0...7, using: &random))
        .map { _ in characters.randomElement(using: &random) ?? "" }.joined()
      let expected = ReferenceGlob.matches(pattern.elements[...], Array(key.unicodeScalars)[...])
      let got = try matches(pattern.text, key)
      #expect(got == expected, "TEST_SEED=\(seed): \(pattern.text) on \(key)")
      if expected { matchCount += 1 } else { mismatchCount += 1 }
    }
    #expect(matchCount > 200 && mismatchCount > 200)
  }

  @Test("hostile patterns end, by an answer or by error budget")
  func hostile() throws {
    let key = [UInt8](repeating: UInt8(ascii: "a"), count: 65_536)
    for unit in ["*a", "*?", "*[a-b]", "a*", "*aa"] {
      for tail in ["", "b"] {
        let pattern = Array(String(repeating: unit, count: 1_000).utf8) + Array(tail.utf8)
        do {
          let isMatch = try matches(pattern, key)
          #expect(isMatch == tail.isEmpty, "\(unit) … \(tail)")
        } catch {
          #expect((error as? QrrotError)?.code == .budget, "\(unit) … \(tail)")
        }
      }
    }
  }
}

/// A matcher that follows the definition and nothing else.
enum ReferenceGlob {
  enum Element {
    case run
    case one
    case literal(Unicode.Scalar)
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  static func matches(
    _ elements: ArraySlice<Element>, _ key: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    guard let first = elements.first else { return key.isEmpty }
    if case .run = first {
      return matches(elements.dropFirst(), key)
        || (!key.isEmpty && matches(elements, key.dropFirst()))
    }
    guard let character = key.first else { return false }
    let isMatch =
      switch first {
      case .run, .one: true
      case .literal(let scalar): scalar == character
      case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
      }
    return isMatch && matches(elements.dropFirst(), key.dropFirst())
  }

  static func pattern(_ random: inout SeededGenerator) -> (text: String, elements: [Element]) {
    var text = ""
    var elements: [Element] = []
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      switch Int.random(in: 0...7, using: &random) {
      case 0, 1:
        text += "*"
        elements.append(.run)
      case 2:
        text += "?"
        elements.append(.one)
      case 3:
        text += "\\*"
        elements.append(.literal("*"))
      case 4:
        let isNegated = Bool.random(using: &random)
        text += isNegated ? "[^a-bé]" : "[a-bé]"
        elements.append(.set(["a"..."b", "é"..."é"], isNegated: isNegated))
      default:
        let scalar =
          (["a", "b", "é", "日"] as [Unicode.Scalar]).randomElement(using: &random) ?? "a"
        text.unicodeScalars.append(scalar)
        elements.append(.literal(scalar))
      }
    }
    return (text, elements)
  }
}
