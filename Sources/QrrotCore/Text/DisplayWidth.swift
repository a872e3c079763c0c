/// How many columns of a terminal a text takes.
///
/// The text should be escaped already (``Escaping``); what is hidden counts 0 here. A grapheme
/// cluster counts
///
/// - 2 if it is wide or fullwidth in the sense of UAX 11, an emoji (by itself, with U+FE0F, a
///   joined sequence or a keycap) or a flag;
/// - 0 if it is nothing but combining marks and format characters;
/// - else 1, ambiguous widths too; and 1 more for a halfwidth kana sound mark in it.
///
/// Bytes that are not UTF-8 count 1 each, and the scalars around them by themselves.
///
/// Terminals differ: one that draws the parts of a joined emoji side by side, or that gives each
/// letter of an Indic conjunct its own column, takes more.
///
/// Source: UAX 11 (East Asian width), UAX 29 (grapheme clusters), UTS 51 (emoji); clusters and
/// properties are the standard library's.
public enum DisplayWidth {
  /// The columns of all of `bytes`.
  ///
  /// - Complexity: O(n); ASCII costs eight bytes at a time, other text a copy of what follows it.
  public static func columns(of bytes: Span<UInt8>) -> Int {
    prefix(of: bytes, fitting: Int.max).columns
  }

  /// The columns of all of `bytes`.
  public static func columns(of bytes: [UInt8]) -> Int {
    columns(of: bytes.span)
  }

  /// The longest beginning of `bytes` that takes at most `columns` columns, cut between grapheme
  /// clusters. Clusters without width right after it belong to it.
  ///
  /// - Parameter columns: the room there is; below 0 counts as 0.
  /// - Returns: the beginning's length in bytes, and the columns that it takes.
  /// - Complexity: O(n), also when little fits, unless the text is ASCII.
  public static func prefix(
    of bytes: Span<UInt8>, fitting columns: Int
  ) -> (byteCount: Int, columns: Int) {
    let limit = max(columns, 0)
    var fitted = asciiPrefix(of: bytes)
    if fitted > limit { return (limit, limit) }
    // The last ASCII character may begin a cluster that goes on: an accent, a keycap.
    if fitted > 0, fitted < bytes.count { fitted -= 1 }
    var (byteCount, used) = (fitted, fitted)
    let rest = bytes.extracting(byteCount..<bytes.count)
    guard UTF8Decoding.isValid(rest) else {
      return prefixByScalars(of: bytes, from: fitted, fitting: limit)
    }
    for character in rest.withUnsafeBufferPointer({ String(decoding: $0, as: UTF8.self) }) {
      let width = width(of: character)
      guard width <= limit - used else { break }
      used += width
      byteCount += character.utf8.count
    }
    return (byteCount, used)
  }

  /// The longest beginning of `bytes` that takes at most `columns` columns.
  public static func prefix(
    of bytes: [UInt8], fitting columns: Int
  ) -> (byteCount: Int, columns: Int) {
    prefix(of: bytes.span, fitting: columns)
  }

  /// The number of printable ASCII bytes at the start.
  private static func asciiPrefix(of bytes: Span<UInt8>) -> Int {
    var offset = 0
    while offset + ByteWord.byteCount <= bytes.count {
      let word = ByteWord.load(bytes, at: offset)
      let marks =
        ByteWord.below(word, 0x20) | ByteWord.equal(word, 0x7F) | ByteWord.nonASCII(word)
      let index = ByteWord.firstIndex(of: marks)
      offset += index
      if index < ByteWord.byteCount { return offset }
    }
    while offset < bytes.count, (0x20..<0x7F).contains(bytes[offset]) { offset += 1 }
    return offset
  }

  /// The same for bytes that are not all UTF-8, where each scalar counts by itself.
  private static func prefixByScalars(
    of bytes: Span<UInt8>, from start: Int, fitting limit: Int
  ) -> (byteCount: Int, columns: Int) {
    var (byteCount, used) = (start, start)
    while byteCount < bytes.count {
      var (width, length) = (1, 1)
      if let decoded = UTF8Decoding.decode(bytes, at: byteCount),
        let scalar = Unicode.Scalar(decoded.scalar)
      {
        (width, length) = (Self.width(of: Character(scalar)), decoded.byteCount)
      }
      guard width <= limit - used else { break }
      used += width
      byteCount += length
    }
    return (byteCount, used)
  }

  /// The columns of one grapheme cluster.
  private static func width(of character: Character) -> Int {
    var width = 0
    var regionalIndicatorCount = 0
    var soundMarkCount = 0
    var previous: UInt32 = 0
    for scalar in character.unicodeScalars {
      let value = scalar.value
      switch value {
      case 0xFE0F where EmojiScalars.isBase(previous), 0x20E3 where previous == 0xFE0F:
        width = 2
      case 0x1_F1E6...0x1_F1FF:
        regionalIndicatorCount += 1
        width = max(width, min(regionalIndicatorCount, 2))
      case 0xFF9E...0xFF9F:
        // Halfwidth sound marks belong to the kana before them, but have a column of their own.
        soundMarkCount += 1
      default:
        width = max(width, Self.width(of: scalar))
      }
      previous = value
    }
    return width + soundMarkCount
  }

  /// The columns of one scalar by itself.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x0300 { return value >= 0x20 && !(0x7F...0x9F).contains(value) ? 1 : 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .lineSeparator, .paragraphSeparator:
      return 0
    case .format where HiddenScalars.visibility(of: value) != .shown:
      return 0
    default:
      break
    }
    if value < 0x1100 { return 1 }
    if WideScalars.contains(value) { return 2 }
    return scalar.properties.isEmojiPresentation ? 2 : 1
  }
}

/// Scalars of East Asian width W or F, apart from emoji.
enum WideScalars {
  /// Whether `scalar` is wide or fullwidth.
  ///
  /// - Complexity: O(log of the number of ranges).
  static func contains(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar)
  }

  /// In order. Unassigned scalars between wide ones of a block count as wide.
  /// Source: EastAsianWidth.txt of Unicode 16.
  private static let ranges: [ClosedRange<UInt32>] = [
    0x1100...0x115F,  // Hangul initial consonants
    0x2329...0x232A,  // angle brackets
    0x2630...0x2637, 0x268A...0x268F,  // trigrams, monograms and digrams
    0x2E80...0x303E, 0x3041...0x3247, 0x3250...0xA4C6,  // CJK, kana, Yi
    0xA960...0xA97C,  // Hangul initial consonants, extended
    0xAC00...0xD7A3,  // Hangul syllables
    0xF900...0xFAFF,  // CJK compatibility
    0xFE10...0xFE19, 0xFE30...0xFE6B,  // vertical and small forms
    0xFF01...0xFF60, 0xFFE0...0xFFE6,  // fullwidth forms
    0x1_6FE0...0x1_6FF6, 0x1_7000...0x1_8DF2,  // ideographic signs, Tangut, Khitan
    0x1_AFF0...0x1_B2FB,  // kana supplements, Nushu
    0x1_D300...0x1_D356, 0x1_D360...0x1_D376,  // Tai Xuan Jing, counting rods
    0x1_F200...0x1_F265,  // enclosed ideographs
    0x2_0000...0x2_FFFD, 0x3_0000...0x3_FFFD,  // CJK extensions
  ]
}
