/// One text that a key may appear as, found in all the ways in which JSON and addresses write it.
///
/// Each character may stand as itself, as `\u0041` or `\x41` behind one or more backslashes (a JSON
/// text inside a JSON string has two), as `\u{41}`, behind a backslash alone, or as `%41`, where the
/// percent sign may be encoded again: in any mixture.
struct SecretPattern: Sendable {
  /// What was found at a place.
  struct Match {
    /// Where the longest reading ends; nil if there is none.
    var end: Int?
    /// Whether there might be one, or a longer one, if the text went on.
    var isOpen = false
  }

  private let characters: [UInt8]

  init(_ characters: [UInt8]) { self.characters = characters }

  /// The bytes that a match can begin with.
  var firstBytes: [UInt8] {
    [characters.first ?? 0, UInt8(ascii: "\\"), UInt8(ascii: "%")]
  }

  /// Looks for the pattern at `start`.
  ///
  /// - Complexity: O(length of the pattern); a run of backslashes or of encoded percent signs counts
  ///   up to a fixed length.
  func match(in text: Span<UInt8>, at start: Int) -> Match {
    // Nearly always it is decided within a few bytes, without any escape and without memory.
    var offset = start
    for character in characters {
      guard offset < text.count else { return Match(isOpen: true) }
      let byte = text[offset]
      if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%") {
        return matchEscaped(in: text, at: start)
      }
      guard byte == character else { return Match() }
      offset += 1
    }
    return Match(end: offset)
  }

  private func matchEscaped(in text: Span<UInt8>, at start: Int) -> Match {
    // More than one reading is possible only where the key itself has a backslash or a percent sign.
    var ends = [start]
    var isOpen = false
    for character in characters {
      var next: [Int] = []
      for end in ends {
        Self.read(character, in: text, at: end, into: &next, isOpen: &isOpen)
      }
      if next.isEmpty { return Match(isOpen: isOpen) }
      ends = next
    }
    return Match(end: ends.max(), isOpen: isOpen)
  }

  /// Adds to `ends` the offset behind each way of reading `character` at `offset`.
  private static func read(
    _ character: UInt8, in text: Span<UInt8>, at offset: Int, into ends: inout [Int],
    isOpen: inout Bool
  ) {
    guard offset < text.count else { return isOpen = true }
    if text[offset] == character { add(offset + 1, to: &ends) }
    switch text[offset] {
    case UInt8(ascii: "\\"):
      readEscape(character, in: text, at: offset, into: &ends, isOpen: &isOpen)
    case UInt8(ascii: "%"):
      var digits = offset + 1
      for _ in 0...repetitionLimit {
        readHexadecimal(
          character, in: text, at: digits, digitCount: 2, into: &ends, isOpen: &isOpen)
        guard digits + 1 < text.count, text[digits] == UInt8(ascii: "2"),
          text[digits + 1] == UInt8(ascii: "5")
        else { break }
        digits += 2
      }
    default: break
    }
  }

  private static func readEscape(
    _ character: UInt8, in text: Span<UInt8>, at offset: Int, into ends: inout [Int],
    isOpen: inout Bool
  ) {
    var letter = offset + 1
    while letter < text.count, letter - offset <= repetitionLimit {
      if text[letter] == character { add(letter + 1, to: &ends) }
      guard text[letter] == UInt8(ascii: "\\") else { break }
      letter += 1
    }
    guard letter < text.count else { return isOpen = true }
    if text[letter] == UInt8(ascii: "x") {
      readHexadecimal(
        character, in: text, at: letter + 1, digitCount: 2, into: &ends, isOpen: &isOpen)
    } else if text[letter] == UInt8(ascii: "u") {
      readHexadecimal(
        character, in: text, at: letter + 1, digitCount: 4, into: &ends, isOpen: &isOpen)
      guard letter + 1 < text.count else { return }
      guard text[letter + 1] == UInt8(ascii: "{") else { return }
      var behind: [Int] = []
      readHexadecimal(
        character, in: text, at: letter + 2, digitCount: 2, into: &behind, isOpen: &isOpen)
      for end in behind {
        guard end < text.count else {
          isOpen = true
          continue
        }
        if text[end] == UInt8(ascii: "}") { add(end + 1, to: &ends) }
      }
    }
  }

  /// Reads `digitCount` hexadecimal digits, of which those in front of the last two are zeros.
  private static func readHexadecimal(
    _ character: UInt8, in text: Span<UInt8>, at offset: Int, digitCount: Int,
    into ends: inout [Int], isOpen: inout Bool
  ) {
    for index in 0..<digitCount {
      guard offset + index < text.count else { return isOpen = true }
      let shift = 4 * (digitCount - 1 - index)
      let wanted = shift > 4 ? 0 : character >> UInt8(shift) & 0xF
      guard value(ofDigit: text[offset + index]) == wanted else { return }
    }
    add(offset + digitCount, to: &ends)
  }

  private static func add(_ end: Int, to ends: inout [Int]) {
    if !ends.contains(end) { ends.append(end) }
  }

  private static func value(ofDigit byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// How many backslashes, and how many encoded percent signs, are looked through.
  private static let repetitionLimit = 8
}
