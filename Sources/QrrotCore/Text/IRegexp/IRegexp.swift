/// An interoperable regular expression (I-Regexp), compiled.
///
/// What is accepted is exactly the grammar of RFC 9485: characters, `.`, `[…]`, `\p{…}` and `\P{…}`
/// with general categories, groups, `|`, and the quantifiers `* + ? {n} {n,} {n,m}`; nothing is
/// captured. `.` is any character but LF and CR. Outside brackets `^` and `$` hold at the start and
/// at the end of the text: the grammar has them as plain characters, but all mappings that the RFC
/// gives to other dialects, and the compliance suite of JSON Path, take them so.
///
/// An expression only says what it matches; an ``IRegexpMatcher`` does the matching, in time linear
/// in the expression and in the text. Bounded repeats are written out, so there is a limit to them.
///
/// Source: RFC 9485; K. Thompson, "Regular Expression Search Algorithm", CACM 11 (1968).
public struct IRegexp: Sendable {
  /// The longest pattern, in bytes.
  public static let patternByteCount = 64 << 10
  /// How deep groups may be nested.
  public static let groupDepth = 256
  /// How many instructions a pattern may take, its repeats written out; about one a character.
  public static let instructionCount = 1 << 14

  /// How much of a text an expression has to match.
  public enum Extent: Sendable {
    /// All of it.
    case whole
    /// Some part of it, anywhere.
    case part
  }

  let program: Program

  /// Compiles `pattern`, which is UTF-8.
  ///
  /// - Throws: ``IRegexpError``: not of the grammar, or beyond a limit.
  /// - Complexity: O(length), and no more than ``instructionCount`` for the repeats; iterative.
  public init(_ pattern: [UInt8]) throws(IRegexpError) {
    guard pattern.count <= Self.patternByteCount else {
      throw IRegexpError(
        offset: Self.patternByteCount,
        message: "a pattern may be \(Self.patternByteCount) bytes long", isTooLarge: true)
    }
    var parser = Parser(pattern)
    program = try parser.parse()
  }
}

/// Why a pattern is no I-Regexp, or none that is taken.
public struct IRegexpError: Error, Equatable, Sendable {
  /// The byte of the pattern, from 0, at which it shows.
  public var offset: Int
  /// What is wrong, in words.
  public var message: String
  /// Whether the pattern is beyond a limit of this program; it may well be of the grammar.
  public var isTooLarge = false
}

extension IRegexpError: CustomStringConvertible {
  /// One line: `byte 3: nothing to repeat`.
  public var description: String { "byte \(offset): \(message)" }
}
