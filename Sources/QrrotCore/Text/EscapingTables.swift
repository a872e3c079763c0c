/// Which scalars can hide in a text, reorder it or drive a terminal.
enum HiddenScalars {
  /// How a scalar is treated.
  enum Visibility {
    case shown
    case hidden
    /// A joiner or selector: what stands around it decides.
    case inContext
  }

  /// The treatment of one scalar.
  ///
  /// Beyond C0, DEL, C1, bidirectional controls and line separators these are the scalars with
  /// Default_Ignorable_Code_Point that take no width. Hangul fillers are shown: they are blank, as
  /// spaces are, but take their place.
  ///
  /// - Complexity: O(1); letters of most scripts need two comparisons.
  @inline(__always)
  static func visibility(of scalar: UInt32) -> Visibility {
    if scalar >= 0x3000, scalar < 0xFE00 { return .shown }
    if scalar >= 0xAE, scalar < 0x034F { return .shown }
    return rareVisibility(of: scalar)
  }

  private static func rareVisibility(of scalar: UInt32) -> Visibility {
    switch scalar {
    case 0..<0x20, 0x7F...0x9F, 0xAD: .hidden
    case 0x034F: .hidden  // combining grapheme joiner
    case 0x061C: .hidden  // Arabic letter mark
    case 0x17B4...0x17B5: .hidden  // Khmer inherent vowels
    case 0x180B...0x180D, 0x180F: .inContext
    case 0x180E: .hidden  // Mongolian vowel separator
    case 0x200C...0x200D: .inContext
    case 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F: .hidden
    case 0xFE00...0xFE0F: .inContext
    case 0xFEFF, 0xFFF0...0xFFFB: .hidden
    case 0x1_BCA0...0x1_BCA3, 0x1_D173...0x1_D17A: .hidden  // shorthand and music controls
    case 0xE_0000...0xE_0FFF: .hidden
    default: .shown
    }
  }
}

/// The parts that emoji are made of.
///
/// Source: UTS 51. Which scalars are emoji is the standard library's knowledge.
enum EmojiScalars {
  /// A pictograph that can stand in a joined sequence: an emoji beyond ASCII that is neither a skin
  /// tone nor half of a flag.
  static func isBase(_ scalar: UInt32) -> Bool {
    guard scalar > 0x7F, let known = Unicode.Scalar(scalar), known.properties.isEmoji else {
      return false
    }
    return !isSkinTone(scalar) && !isRegionalIndicator(scalar)
  }

  /// Whether an ASCII scalar begins keycaps: a digit, `#` or `*`.
  static func isKeycapBase(_ scalar: UInt32) -> Bool {
    (0x30...0x39).contains(scalar) || scalar == 0x23 || scalar == 0x2A
  }

  /// Whether a scalar gives the emoji before it a colour of skin.
  static func isSkinTone(_ scalar: UInt32) -> Bool {
    (0x1_F3FB...0x1_F3FF).contains(scalar)
  }

  /// Whether a scalar is half of a flag.
  static func isRegionalIndicator(_ scalar: UInt32) -> Bool {
    (0x1_F1E6...0x1_F1FF).contains(scalar)
  }
}

/// The scripts in which a joiner changes how letters are drawn.
enum JoiningScripts {
  /// Whether `scalar` is a letter, or a sign on a letter (vowel sign, virama), of such a script.
  ///
  /// - Complexity: O(number of ranges).
  static func contains(_ scalar: UInt32) -> Bool {
    guard ranges.contains(where: { $0.contains(scalar) }), let known = Unicode.Scalar(scalar) else {
      return false
    }
    switch known.properties.generalCategory {
    case .otherLetter, .modifierLetter, .uppercaseLetter, .lowercaseLetter, .nonspacingMark,
      .spacingMark:
      return true
    default:
      return false
    }
  }

  /// Whether `scalar` is a Mongolian letter, after which a variation selector has a meaning.
  static func isMongolian(_ scalar: UInt32) -> Bool {
    (0x1820...0x1878).contains(scalar) || (0x1880...0x18AA).contains(scalar)
  }

  /// Blocks, in order. Source: Blocks.txt; scripts with Joining_Type L, R or D, or with a virama.
  private static let ranges: [ClosedRange<UInt32>] = [
    0x0620...0x07FF,  // Arabic, Syriac, Thaana, N'Ko
    0x0840...0x08FF,  // Mandaic, Syriac and Arabic extensions
    0x0900...0x0DFF,  // Devanagari to Sinhala
    0x1000...0x109F,  // Myanmar
    0x1700...0x18AF,  // Philippine scripts, Khmer, Mongolian
    0x1A20...0x1AAF,  // Tai Tham
    0x1B00...0x1C4F,  // Balinese, Sundanese, Batak, Lepcha
    0x1CD0...0x1CFF,  // Vedic extensions
    0xA840...0xA8FF,  // Phags-pa, Saurashtra, Devanagari extended
    0xA980...0xA9FF,  // Javanese, Myanmar extended B
    0xAA60...0xAA7F,  // Myanmar extended A
    0xAAE0...0xAAFF,  // Meetei Mayek extensions
    0xABC0...0xABFF,  // Meetei Mayek
    0x1_0A00...0x1_0A5F,  // Kharoshthi
    0x1_0AC0...0x1_0AFF,  // Manichaean
    0x1_0B80...0x1_0BAF,  // Psalter Pahlavi
    0x1_0D00...0x1_0D3F,  // Hanifi Rohingya
    0x1_0EC0...0x1_0EFF,  // Arabic extended C
    0x1_0F30...0x1_0FDF,  // Sogdian, Old Uyghur, Chorasmian
    0x1_1000...0x1_1DFF,  // Brahmi to Gunjala Gondi
    0x1_1F00...0x1_1F5F,  // Kawi
    0x1_E900...0x1_E95F,  // Adlam
  ]
}
