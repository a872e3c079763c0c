internal import QrrotCore

/// Escapes a text that comes in pieces, just as it would be escaped in one piece.
///
/// Whether a joiner is shown depends on what stands around it, so a piece is handed out up to a place
/// where nothing reaches across: in front of an ASCII character, or of one that joins with nothing. Line
/// feeds at the very beginning and the very end are left out.
struct TextStream {
  /// Bytes that are not handed out yet.
  private var rest: [UInt8] = []
  /// Line feeds that were handed in, and that only more text brings out.
  private var waitingLineFeedCount = 0
  /// Whether anything has been handed out.
  private(set) var hasBegun = false

  /// Takes the next piece.
  ///
  /// - Returns: what can be shown now, escaped; line feeds and tabs stay as they are.
  mutating func append(_ piece: String) -> [UInt8] {
    rest.append(contentsOf: piece.utf8)
    return take(rest.prefix(Self.cut(in: rest)).count)
  }

  /// Ends the text.
  ///
  /// - Returns: the rest of it.
  mutating func finish() -> [UInt8] {
    let shown = take(rest.count)
    self = TextStream()
    return shown
  }

  private mutating func take(_ byteCount: Int) -> [UInt8] {
    var escaped: [UInt8] = []
    Escaping.appendDisplayed(
      Array(rest[..<byteCount]).span, to: &escaped, keepingLineFeedsAndTabs: true)
    rest.removeSubrange(..<byteCount)
    var shown: [UInt8] = []
    for byte in escaped {
      if byte == UInt8(ascii: "\n") {
        if hasBegun { waitingLineFeedCount = min(waitingLineFeedCount + 1, Self.lineFeedLimit) }
        continue
      }
      shown.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: waitingLineFeedCount))
      waitingLineFeedCount = 0
      hasBegun = true
      shown.append(byte)
    }
    return shown
  }

  /// Where the last character begins that nothing before it reaches into; what is longer than any
  /// cluster is cut anywhere between characters.
  private static func cut(in bytes: [UInt8]) -> Int {
    var index = bytes.count
    while index > 0 {
      index -= 1
      let byte = bytes[index]
      if byte == UInt8(ascii: "\n"), index > 0, bytes[index - 1] == UInt8(ascii: "\r") {
        return index - 1
      }
      if byte < 0x80 { return index }
      // U+4E00 to U+9FFF, the ideographs that are no emoji.
      if (0xE4...0xE9).contains(byte),
        byte != 0xE4 || index + 1 >= bytes.count || bytes[index + 1] >= 0xB8
      {
        return index
      }
      if bytes.count - index > clusterByteCount, byte & 0xC0 != 0x80 { return index }
    }
    return 0
  }

  /// More empty lines than these in a row tell nobody anything.
  private static let lineFeedLimit = 2
  /// No emoji and no word of letters that join is longer than this.
  private static let clusterByteCount = 256
}
