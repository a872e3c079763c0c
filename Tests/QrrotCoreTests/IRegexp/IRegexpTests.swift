import QrrotCore
import QrrotTesting
import Testing

/// Whether `pattern` matches, with steps enough for any test but the hostile ones.
private func matches(
  _ pattern: String, _ text: String, _ extent: IRegexp.Extent = .whole
) throws -> Bool {
  var matcher = IRegexpMatcher(try IRegexp(Array(pattern.utf8)), extent)
  var steps = 100_000_000
  let bytes = Array(text.utf8)
  let first = bytes.withUnsafeBytes { matcher.matches($0, steps: &steps) }
  // The second time the states are there already.
  let second = bytes.withUnsafeBytes { matcher.matches($0, steps: &steps) }
  #expect(first == second)
  guard let second else { throw OutOfSteps() }
  return second
}

private struct OutOfSteps: Error {}

private func failure(_ pattern: String) -> IRegexpError? {
  do throws(IRegexpError) {
    _ = try IRegexp(Array(pattern.utf8))
    return nil
  } catch {
    return error
  }
}

@Suite("I-Regexp")
struct IRegexpTests {
  @Test(
    "matches whole texts",
    arguments: [
      ("", ""), ("a", "a"), ("a|b", "b"), ("a|", ""), ("|a", "a"), ("()", ""), ("(a|b)*", "abba"),
      ("a?b+c*", "bb"), ("a{3}", "aaa"), ("a{2,}", "aaaaa"), ("a{0}", ""), ("a{0,2}b", "aab"),
      ("(ab){2,3}", "ababab"), (".", "é"), (".", "\u{2028}"), ("a.b", "a😀b"), ("[abc]+", "cab"),
      ("[^abc]", "d"), ("[a-cx-z]*", "axbz"), ("[-a]+", "a-"), ("[a-]+", "-a"), ("[-]", "-"),
      ("[--]", "-"), ("[^-]", "a"), ("[\\]\\[\\^\\-]+", "]-[^"), ("[a^]+", "^a"), ("[.]", "."),
      ("\\(\\)\\*\\+\\-\\.\\?\\[\\\\\\]\\^\\{\\|\\}", "()*+-.?[\\]^{|}"), ("\\n\\r\\t", "\n\r\t"),
      ("\\p{Lu}\\p{Ll}+", "Äpfel"), ("\\P{L}+", "12 !"), ("[\\p{Nd}x]+", "1x٣"),
      ("[^\\p{L}]", "1"), ("[\\P{L}a]+", "1a2"), ("\\p{Sc}", "€"), ("\\p{C}", "\u{0}"),
      ("\\p{Cn}", "\u{0378}"), ("\\p{Zs}", "\u{3000}"), ("\\p{Po}", "!"), ("^a$", "a"),
      ("^^a$$", "a"),
      ("(^|b)a($|c)", "a"), ("a$|b^", "a"), ("[$]\\^", "$^"),
      ("~,-/:;<=>@_'\"&%#! ", "~,-/:;<=>@_'\"&%#! "),
      ("(a*)*", "aaa"), ("(a*)+b", "b"), ("((a|b)?){3}", "ab"), ("^$", ""), ("$^", ""),
    ])
  func wholeMatches(pattern: String, text: String) throws {
    #expect(try matches(pattern, text))
    #expect(try matches(pattern, text, .part))
  }

  @Test(
    "does not match",
    arguments: [
      ("", "a"), ("a", "A"), ("a", "ab"), ("a|b", "ab"), ("a{3}", "aa"), ("a{2,3}", "aaaa"),
      (".", "\n"),
      (".", "\r"), (".", ""), ("..", "😀"), ("[^abc]", "a"), ("[a-c]", "d"), ("\\p{Lu}", "a"),
      ("\\P{Lu}", "A"), ("[\\P{L}]", "a"), ("[^\\P{L}]", "1"), ("a^b", "ab"), ("a$b", "ab"),
      ("a{0}", "a"), ("\\p{Nd}", "x"), ("$^", "a"),
    ])
  func mismatches(pattern: String, text: String) throws {
    #expect(try !matches(pattern, text))
  }

  @Test("finds a part of a text, and what is tied to its start and end only there")
  func parts() throws {
    #expect(try matches("b+", "aabbcc", .part))
    #expect(try matches("", "anything", .part))
    #expect(try !matches("bbb", "aabbcc", .part))
    #expect(try matches("^aa", "aab", .part))
    #expect(try !matches("^ab", "aab", .part))
    #expect(try matches("b$", "aab", .part))
    #expect(try !matches("a$", "aab", .part))
    #expect(try matches("(^|,)x(,|$)", "a,x", .part))
    #expect(try !matches("(^|,)x(,|$)", "a,xy", .part))
    #expect(try matches("\\n.\\n", "a\nb\nc", .part))
  }

  @Test(
    "an error names the byte",
    arguments: [
      ("a**", 2), ("*", 0), ("a|?", 2), ("(+a)", 1), ("{2}", 0), ("a{2}{3}", 4), ("a{", 2),
      ("a{2", 3),
      ("a{,2}", 2), ("a{2,1}", 1), ("a{x}", 2), ("(a", 0), ("a(b(c)", 1), ("a)", 1), ("]", 0),
      ("a}", 1),
      ("[", 0), ("[a", 0), ("[]", 1), ("[^]", 2), ("[a-b-c]", 4), ("[--a]", 2), ("[b-a]", 1),
      ("[a[b]", 2), ("[a-[b]", 3), ("[a-\\p{L}]", 3), ("[\\p{L}-a]", 6), ("\\", 0), ("\\d", 0),
      ("\\$", 0), ("\\p", 0), ("\\p{}", 0), ("\\p{X}", 0), ("\\p{Lx}", 0), ("\\p{Cs}", 0),
      ("\\p{C\u{0}}", 0), ("\\p{L", 0), ("\\p{Letter}", 0), ("\\pL", 0), ("(?:a)", 1), ("a*?", 2),
      ("[a\\d]", 2),
    ])
  func errors(pattern: String, offset: Int) {
    let error = failure(pattern)
    #expect(error?.offset == offset, "\(pattern): \(error?.description ?? "no error")")
    #expect(error?.isTooLarge == false)
  }

  @Test("what is not UTF-8 is no pattern, and matches nothing as a text")
  func invalidBytes() throws {
    for pattern: [UInt8] in [[0xFF], [0x61, 0xC3], [0x5B, 0xED, 0xA0, 0x80, 0x5D]] {
      #expect(throws: IRegexpError.self) { try IRegexp(pattern) }
    }
    var matcher = IRegexpMatcher(try IRegexp(Array(".|[^a]|\\P{L}".utf8)), .part)
    var steps = 1_000
    let invalid: [UInt8] = [0xFF, 0xC3]
    #expect(invalid.withUnsafeBytes { matcher.matches($0, steps: &steps) } == false)
    let partly: [UInt8] = [0xFF, 0x62]
    #expect(partly.withUnsafeBytes { matcher.matches($0, steps: &steps) } == true)
  }

  @Test(
    "beyond a limit it is an error that says so",
    arguments: [
      String(repeating: "(", count: 257), "a{16385}", "a{0,99999999999999999999}",
      "((((a{100}){100}){100}){100})", "(^){1000000000}", String(repeating: "a", count: 65_537),
      String(repeating: "a", count: 16_385), String(repeating: "|", count: 10_000),
    ])
  func limits(pattern: String) throws {
    let error = try #require(failure(pattern))
    #expect(error.isTooLarge, "\(error)")
  }

  @Test("up to the limits it is taken")
  func withinLimits() throws {
    let deep = String(repeating: "(", count: 256) + "a" + String(repeating: ")", count: 256)
    #expect(try matches(deep, "a"))
    #expect(try matches(deep.replacing(")", with: ")*"), "aaa"))
    #expect(failure("a{16383}") == nil && failure("a{0,8000}") == nil)
    #expect(try matches("(){1000000000}", ""))
    #expect(try matches("a{2000}", String(repeating: "a", count: 2_000)))
    #expect(try matches("[ab]{0,2000}", String(repeating: "ab", count: 1_000)))
    #expect(try !matches("[ab]{0,2000}", String(repeating: "ab", count: 1_001)))
  }
}

@Suite("I-Regexp, hostile")
struct IRegexpHostileTests {
  /// Steps of 40 a byte: what these need if a state is made once, and far from what backtracking needs.
  private static func isMatch(
    _ pattern: String, _ text: [UInt8], _ extent: IRegexp.Extent = .whole
  ) throws -> Bool {
    var matcher = IRegexpMatcher(try IRegexp(Array(pattern.utf8)), extent)
    var steps = 40 * text.count
    guard let answer = text.withUnsafeBytes({ matcher.matches($0, steps: &steps) }) else {
      throw OutOfSteps()
    }
    return answer
  }

  @Test(
    "patterns that kill backtrackers take one pass over a megabyte",
    arguments: [
      "(a+)+$", "(a|a)*", "(a*)*", "(a|aa)+", "(.*)*x", "(.*a){12}", "((a?){20}a{20})*",
      "(a*a*a*a*)*",
      "(x+x+)+y|a*", "([a-z]+)*$", "((a{1,10}){1,10}){1,5}",
    ])
  func backtrackers(pattern: String) throws {
    var text = Array(repeating: UInt8(ascii: "a"), count: 1 << 20)
    _ = try Self.isMatch(pattern, text)
    text.append(UInt8(ascii: "!"))
    #expect(try !Self.isMatch(pattern, text))
    _ = try Self.isMatch(pattern, text, .part)
  }

  @Test("too many states are forgotten and made anew, and the answer stays right")
  func manyStates() throws {
    // Whether the 13th character from the end is an a: 8,192 states.
    let pattern = "[ab]*a[ab]{12}"
    var generator = SeededGenerator(seed: TestSettings.seed(171))
    var text = (0..<20_000).map { _ in Bool.random(using: &generator) ? UInt8(97) : 98 }
    var matcher = IRegexpMatcher(try IRegexp(Array(pattern.utf8)), .whole)
    for last in [UInt8(97), 98] {
      text[text.count - 13] = last
      var steps = 200 * text.count
      #expect(text.withUnsafeBytes { matcher.matches($0, steps: &steps) } == (last == 97))
    }
  }

  @Test("more kinds of characters than there are symbols are told apart")
  func manySymbols() throws {
    // Every second scalar of a long run is a class of its own in the middle of others.
    let members = (0..<2_000).map { Unicode.Scalar(0x4E00 + 2 * $0).map(Character.init) ?? "?" }
    let others = (0..<2_000).map { Unicode.Scalar(0x4E01 + 2 * $0).map(Character.init) ?? "?" }
    let pattern = "[a" + String(members) + "]*"
    #expect(try Self.isMatch(pattern, Array(String(members).utf8)))
    #expect(try Self.isMatch(pattern, Array(("a" + String(members.reversed())).utf8)))
    #expect(try !Self.isMatch(pattern, Array((String(members) + String(others[7])).utf8)))
    #expect(try Self.isMatch("[^" + String(members) + "]*", Array(String(others).utf8)))
    let everyCategory = "(\\p{L}|\\p{N}|\\p{P}|[" + String(members) + "])*"
    #expect(try Self.isMatch(everyCategory, Array(String(members + others).utf8)))
  }

  @Test("it stops when its steps are spent")
  func steps() throws {
    var matcher = IRegexpMatcher(try IRegexp(Array("[ab]*a[ab]{200}".utf8)), .whole)
    var generator = SeededGenerator(seed: TestSettings.seed(198))
    let text = (0..<100_000).map { _ in Bool.random(using: &generator) ? UInt8(97) : 98 }
    var steps = 100_000
    #expect(text.withUnsafeBytes { matcher.matches($0, steps: &steps) } == nil)
    #expect(steps < 0 && steps > -1_000)
  }
}
