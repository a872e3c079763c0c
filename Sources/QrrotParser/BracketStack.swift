/// The kinds of the brackets that are open, one bit each.
struct BracketStack: Sendable {
  static let limit = 512
  private var words: [UInt64] = []
  private var depth = 0

  var isEmpty: Bool { depth == 0 }

  /// - Returns: false if that is nested too deep.
  mutating func push(_ bracket: UInt8) -> Bool {
    guard depth < Self.limit else { return false }
    if depth % 64 == 0, depth / 64 == words.count { words.append(0) }
    let bit = UInt64(1) << UInt64(depth % 64)
    if bracket == UInt8(ascii: "{") {
      words[depth / 64] |= bit
    } else {
      words[depth / 64] &= ~bit
    }
    depth += 1
    return true
  }

  /// - Returns: false if the innermost open bracket is of the other kind.
  mutating func pop(_ bracket: UInt8) -> Bool {
    guard depth > 0 else { return false }
    let isBrace = words[(depth - 1) / 64] >> UInt64((depth - 1) % 64) & 1 == 1
    guard isBrace == (bracket == UInt8(ascii: "}")) else { return false }
    depth -= 1
    return true
  }
}
