/// What the beginning of a line says about the whole of it: whether it is a tag, although dressed up
/// as models like to.
///
/// Tolerated around a tag are blanks, `>`, list bullets and numbers, backticks, stars and underscores,
/// in any order; the letters' case does not matter. Anything else in front of it makes the line text.
enum TagLine {
  /// A run of marks that may come again at the other end of what it opens.
  struct Mark: Equatable {
    var byte: UInt8
    var count: Int
  }

  /// What is known of a line.
  enum Verdict: Equatable {
    /// It may still become anything.
    case open
    /// It is text.
    case text
    /// It is the border of a code block.
    case fence
    /// It is a tag, whose command begins at this byte; the marks are those that are still open there.
    case tag(AgentStep.Tag, commandOffset: Int, marks: [Mark])
  }

  /// Judges a line by what is there of it.
  ///
  /// - Parameter isWhole: whether nothing more of the line follows; it is never `open` then.
  /// - Complexity: O(1): a line that is open past ``openByteLimit`` bytes is text.
  static func judge(_ line: [UInt8], isWhole: Bool) -> Verdict {
    var reading = Reading(line: line, isWhole: isWhole)
    return reading.verdict()
  }

  /// The command on a line that is a tag: what stands behind its marks, without blanks around it.
  static func trimmed(_ command: some BidirectionalCollection<UInt8>) -> [UInt8] {
    var rest = Array(command.drop { isBlank($0) })
    while let last = rest.last, isBlank(last) || last == 0x0D || last == 0x0A { rest.removeLast() }
    return rest
  }

  /// The same without the marks at its end that belong to those in front of it.
  static func removing(_ marks: [Mark], from command: [UInt8]) -> [UInt8] {
    var command = command
    for mark in marks {
      let closing = command.suffix(mark.count)
      guard closing.count == mark.count, closing.allSatisfy({ $0 == mark.byte }) else { continue }
      command = trimmed(command.dropLast(mark.count))
    }
    return command
  }

  /// Past so many bytes a line is no tag.
  static let openByteLimit = 128

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}

/// One pass over the beginning of a line.
private struct Reading {
  let line: [UInt8]
  let isWhole: Bool
  var offset = 0
  var marks: [TagLine.Mark] = []
  var isFenced = false

  init(line: [UInt8], isWhole: Bool) {
    self.line = line
    self.isWhole = isWhole
  }

  /// What the line is if it is no tag.
  private var otherwise: TagLine.Verdict { isFenced ? .fence : .text }

  /// What it is if all that is there would fit a tag.
  private var unfinished: TagLine.Verdict {
    isWhole || line.count > TagLine.openByteLimit ? otherwise : .open
  }

  private var next: UInt8? { offset < line.count ? line[offset] : nil }

  mutating func verdict() -> TagLine.Verdict {
    while offset <= TagLine.openByteLimit {
      guard let byte = next else { return unfinished }
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ">"):
        offset += 1
      case 0x0D where isWhole && offset == line.count - 1:
        offset += 1
      case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "~"):
        guard let verdict = readMarks(byte) else { continue }
        return verdict
      case UInt8(ascii: "-"), UInt8(ascii: "+"):
        guard let verdict = readBullet(ofByteCount: 1) else { continue }
        return verdict
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard let verdict = readNumber() else { continue }
        return verdict
      case 0xE2 where line[offset...].starts(with: Self.bullet.prefix(line.count - offset)):
        guard let verdict = readBullet(ofByteCount: Self.bullet.count) else { continue }
        return verdict
      case UInt8(ascii: "Q"), UInt8(ascii: "q"):
        return readTag()
      default:
        return otherwise
      }
    }
    return otherwise
  }

  private static let bullet = Array("•".utf8)

  /// Reads a run of marks; a verdict if it ends the reading.
  private mutating func readMarks(_ byte: UInt8) -> TagLine.Verdict? {
    let start = offset
    while next == byte { offset += 1 }
    if next == nil, !isWhole { return unfinished }
    let count = offset - start
    if byte == UInt8(ascii: "*"), count == 1, next.map(TagLine.isBlank) == true { return nil }
    if byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~"), count >= 3 {
      if marks.isEmpty { isFenced = true }
    } else if byte == UInt8(ascii: "~") {
      return .text
    }
    marks.append(TagLine.Mark(byte: byte, count: count))
    return nil
  }

  /// Reads a bullet, behind which there is a blank.
  private mutating func readBullet(ofByteCount byteCount: Int) -> TagLine.Verdict? {
    guard offset + byteCount < line.count else { return unfinished }
    offset += byteCount
    return next.map(TagLine.isBlank) == true ? nil : otherwise
  }

  /// Reads the number of an entry in a list: `1.` or `1)`.
  private mutating func readNumber() -> TagLine.Verdict? {
    let start = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset - start <= 3 else { return otherwise }
    guard let byte = next else { return unfinished }
    guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: ")") else { return otherwise }
    return readBullet(ofByteCount: 1)
  }

  /// Reads `QUERY`, blanks, `READ` or `WRITE`, and a colon.
  private mutating func readTag() -> TagLine.Verdict {
    guard let isQuery = readWord("query") else { return unfinished }
    guard isQuery, next == nil || next.map(TagLine.isBlank) == true else { return otherwise }
    skipBlanks()
    guard let letter = next else { return unfinished }
    let claim: AgentStep.Tag = letter | 0x20 == UInt8(ascii: "r") ? .read : .write
    guard let isClaim = readWord(claim.rawValue) else { return unfinished }
    guard isClaim else { return otherwise }
    closeMarks()
    guard let colon = next, !isInsideMark else { return unfinished }
    guard colon == UInt8(ascii: ":"), offset < TagLine.openByteLimit else { return otherwise }
    offset += 1
    // What closes or opens behind the colon is known only once the rest of the line is there.
    guard isWhole else { return .tag(claim, commandOffset: offset, marks: marks) }
    closeMarks()
    if next == UInt8(ascii: "`") {
      let start = offset
      while next == UInt8(ascii: "`") { offset += 1 }
      marks.append(TagLine.Mark(byte: UInt8(ascii: "`"), count: offset - start))
    }
    return .tag(claim, commandOffset: offset, marks: marks)
  }

  /// Reads a word in any case; nil if what is there of the line ends inside it.
  private mutating func readWord(_ word: String) -> Bool? {
    for letter in word.utf8 {
      guard let byte = next else { return nil }
      guard byte | 0x20 == letter else { return false }
      offset += 1
    }
    return true
  }

  private mutating func skipBlanks() {
    while let byte = next, TagLine.isBlank(byte) { offset += 1 }
  }

  /// Whether what is there of the line ends inside a run of the innermost open mark.
  private var isInsideMark: Bool {
    guard !isWhole, let mark = marks.last else { return false }
    return line.count - offset < mark.count && line[offset...].allSatisfy { $0 == mark.byte }
  }

  /// Reads blanks and the marks that close the innermost open ones.
  private mutating func closeMarks() {
    skipBlanks()
    while let mark = marks.last,
      line[offset...].starts(with: repeatElement(mark.byte, count: mark.count))
    {
      offset += mark.count
      marks.removeLast()
      skipBlanks()
    }
  }
}
