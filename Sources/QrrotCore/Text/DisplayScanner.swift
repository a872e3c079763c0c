/// The next piece of a text, by whether it is shown as it is.
enum DisplayedUnit: Equatable {
  /// So many bytes that are shown as they are: a run of ASCII without `"` and `\`, or one scalar.
  case shown(byteCount: Int)
  /// `"` or `\`: shown as it is, but with a meaning inside quotes.
  case mark(UInt8)
  /// A well-formed scalar that must not reach a terminal as it is.
  case hidden(UInt32)
  /// One byte that is no part of well-formed UTF-8.
  case invalid(UInt8)
}

/// The single decision of what is shown as it is and what is escaped.
///
/// Hidden are the ranges of ``HiddenScalars``, and joiners and selectors (U+200C, U+200D, U+FE00 to
/// U+FE0F, U+180B to U+180D, U+180F) except where a reader can see what they do:
///
/// - a zero width joiner between two emoji;
/// - the emoji selector U+FE0F after an emoji beyond ASCII, or in a keycap (`1`, U+FE0F, U+20E3);
/// - a joiner after a letter or sign of a script whose letters join (``JoiningScripts``), and a
///   Mongolian selector after a Mongolian letter.
///
/// None of them is ever shown twice in a row. What is decided for a scalar depends on the scalars
/// shown before it, never on a hidden one, and on the one after it; so escaping a text that is
/// already escaped changes nothing.
///
/// Source: Unicode Technical Report 36, section 3; UTS 51 (emoji sequences); UAX 31, section 2.3
/// (joiners), made simpler.
struct DisplayScanner {
  /// The byte to look at next.
  private(set) var offset = 0
  /// The scalar shown last; 0 at the start and after a hidden one.
  private var previous: UInt32 = 0
  /// The scalar shown before that one. After an ASCII run it is stale, which no rule looks at.
  private var beforePrevious: UInt32 = 0

  /// Makes a scanner at the start of a text.
  init() {}

  /// Takes the next unit, or nil at the end. `bytes` must be the same at each call.
  ///
  /// - Complexity: O(length of the unit); ASCII goes eight bytes at a time.
  @inline(__always)
  mutating func next(in bytes: Span<UInt8>) -> DisplayedUnit? {
    let start = offset
    skipPlainASCII(in: bytes)
    if offset > start {
      previous = UInt32(bytes[offset - 1])
      return .shown(byteCount: offset - start)
    }
    guard offset < bytes.count else { return nil }
    return nextSpecial(in: bytes)
  }

  /// Moves past printable ASCII other than `"` and `\`.
  @inline(__always)
  private mutating func skipPlainASCII(in bytes: Span<UInt8>) {
    while offset + ByteWord.byteCount <= bytes.count {
      let word = ByteWord.load(bytes, at: offset)
      let marks =
        ByteWord.below(word, 0x20) | ByteWord.equal(word, 0x7F) | ByteWord.nonASCII(word)
        | ByteWord.equal(word, UInt8(ascii: "\"")) | ByteWord.equal(word, UInt8(ascii: "\\"))
      let index = ByteWord.firstIndex(of: marks)
      offset += index
      if index < ByteWord.byteCount { return }
    }
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7F...: return
      default: offset += 1
      }
    }
  }

  /// Takes a unit that begins with anything but plain ASCII.
  private mutating func nextSpecial(in bytes: Span<UInt8>) -> DisplayedUnit {
    let byte = bytes[offset]
    guard let decoded = UTF8Decoding.decode(bytes, at: offset) else {
      offset += 1
      (previous, beforePrevious) = (0, 0)
      return .invalid(byte)
    }
    offset += decoded.byteCount
    let scalar = decoded.scalar
    let isShown: Bool
    switch HiddenScalars.visibility(of: scalar) {
    case .shown: isShown = true
    case .hidden: isShown = false
    case .inContext:
      let following = UTF8Decoding.decode(bytes, at: offset)
      isShown = isShownInContext(scalar, before: following?.scalar ?? 0)
    }
    guard isShown else {
      (previous, beforePrevious) = (0, 0)
      return .hidden(scalar)
    }
    (previous, beforePrevious) = (scalar, previous)
    if scalar < 0x80 { return .mark(byte) }
    return .shown(byteCount: decoded.byteCount)
  }

  /// Whether a joiner or selector is shown between what was shown before and `following`, which is
  /// 0 at the end of the text and before an invalid byte.
  private func isShownInContext(_ scalar: UInt32, before following: UInt32) -> Bool {
    switch scalar {
    case 0xFE0F:
      let isKeycap = following == 0x20E3 && EmojiScalars.isKeycapBase(previous)
      return isKeycap || EmojiScalars.isBase(previous)
    case 0x200D:
      if JoiningScripts.contains(previous) { return true }
      // After U+FE0F, which is only ever shown after an emoji, or after a skin tone.
      let endsEmoji =
        EmojiScalars.isBase(previous) || previous == 0xFE0F
        || EmojiScalars.isSkinTone(previous)
          && (EmojiScalars.isBase(beforePrevious) || beforePrevious == 0xFE0F)
      return endsEmoji && EmojiScalars.isBase(following)
    case 0x200C:
      return JoiningScripts.contains(previous)
    case 0x180B...0x180D, 0x180F:
      return JoiningScripts.isMongolian(previous)
    default:
      return false
    }
  }
}
