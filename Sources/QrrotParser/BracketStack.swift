/// The kinds of the brackets that are open, one bit each.
struct BracketStack: Sendable {
  static let limit = 512
  /// The innermost levels, down to the last multiple of 64, the innermost lowest. Only what is
  /// nested deeper than one word needs memory.
  private var word: UInt64 = 0
  /// 64 levels each, the outermost first.
  private var outerWords: [UInt64] = []
  private var depth = 0

  var isEmpty: Bool { depth == 0 }

  /// - Returns: false if that is nested too deep.
  mutating func push(_ bracket: UInt8) -> Bool {
    guard depth < Self.limit else { return false }
    if depth > 0, depth % 64 == 0 {
      outerWords.append(word)
      word = 0
    }
    word = word << 1 | (bracket == UInt8(ascii: "{") ? 1 : 0)
    depth += 1
    return true
  }

  /// - Returns: false if the innermost open bracket is of the other kind.
  mutating func pop(_ bracket: UInt8) -> Bool {
    guard depth > 0 else { return false }
    guard (word & 1 == 1) == (bracket == UInt8(ascii: "}")) else { return false }
    word >>= 1
    depth -= 1
    if depth > 0, depth % 64 == 0 { word = outerWords.removeLast() }
    return true
  }
}
