/// Follows the marks that a terminal puts around what is pasted.
struct BracketedPaste {
  /// Whether the last bytes belong to a paste that has not ended.
  private(set) var isInside = false
  /// How many bytes of the mark that is looked for have come.
  private var matchedCount = 0

  private static let begin: [UInt8] = Array("\u{1B}[200~".utf8)
  private static let end: [UInt8] = Array("\u{1B}[201~".utf8)

  /// Takes the next byte that was typed or pasted.
  mutating func take(_ byte: UInt8) {
    let mark = isInside ? Self.end : Self.begin
    if byte == mark[matchedCount] {
      matchedCount += 1
      if matchedCount == mark.count {
        isInside.toggle()
        matchedCount = 0
      }
    } else {
      // Only its first byte is an escape, so a mark begins nowhere inside another.
      matchedCount = byte == mark[0] ? 1 : 0
    }
  }

  /// The next byte of what ends the paste, to be taken like one that was typed; nil outside of one.
  func nextByteOfEnd() -> UInt8? { isInside ? Self.end[matchedCount] : nil }
}
