/// One token of a command line: a range of the input, nothing copied.
struct Token {
  enum Kind {
    /// A run of bytes without blanks and quotes.
    case bare
    /// `"…"`, with escapes.
    case doubleQuoted
    /// `'…'`, verbatim.
    case singleQuoted
    /// `{…}` or `[…]` where a value may stand.
    case literal
    /// `$`, `$.…` or `$[…` where a path may stand.
    case path
    /// What stands behind `where`, raw.
    case filter
    /// A comma between the columns of `select`.
    case comma
  }

  var kind: Kind
  /// The content without its quotes.
  var range: Range<Int>
  /// Whether a double-quoted token holds a backslash.
  var hasEscape = false
  /// For a path: whether a bracket of it is still open at the end of the line, where it then ends.
  var isUnclosed = false
}

/// What a command that is not complete yet waits for.
public enum Opening: Equatable, Sendable {
  /// The line's end.
  case line
  /// The closing `"`.
  case doubleQuote
  /// The closing `'`.
  case singleQuote
  /// The closing `'` inside a filter, where a backslash takes its meaning away.
  case filterQuote
  /// The closing bracket of a JSON literal.
  case literal
}

/// Why the lexer stopped in front of the end of a command.
enum LexicalStop: Error {
  /// More input is needed; what is open began at this byte.
  case incomplete(Opening, start: Int)
  /// A token is wrong; reading goes on at the line after `position`.
  case wrong(Code, String, range: Range<Int>, position: Int)

  enum Code { case syntax, json }
}
