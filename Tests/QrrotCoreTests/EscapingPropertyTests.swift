import QrrotCore
import QrrotTesting
import Testing

@Suite("Escaping, with random bytes")
struct EscapingPropertyTests {
  @Test("the quoted form reads back as the same bytes", arguments: 1...20 as ClosedRange<UInt64>)
  func readsBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let bytes = Self.bytes(using: &generator)
      var output: [UInt8] = []
      Escaping.appendQuoted(bytes.span, to: &output)
      let isText = Escaping.isValidUTF8(output.span)
      #expect(isText, "seed \(seed)")
      #expect(try Self.unquoted(output) == bytes, "seed \(seed)")
    }
  }

  @Test(
    "displaying twice is displaying once, and shows nothing hidden",
    arguments: 1...20 as ClosedRange<UInt64>)
  func idempotent(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var changedCount = 0
    for _ in 0..<100 {
      let bytes = Self.bytes(using: &generator)
      for keepsLines in [false, true] {
        var once: [UInt8] = []
        Escaping.appendDisplayed(bytes.span, to: &once, keepingLineFeedsAndTabs: keepsLines)
        var twice: [UInt8] = []
        Escaping.appendDisplayed(once.span, to: &twice, keepingLineFeedsAndTabs: keepsLines)
        #expect(once == twice, "seed \(seed)")
        #expect(Self.isHarmless(once, allowingLines: keepsLines), "seed \(seed)")
        if once != bytes { changedCount += 1 }
      }
      var printed: [UInt8] = []
      Escaping.appendKey(bytes.span, to: &printed)
      #expect(Self.isHarmless(printed, allowingLines: false), "seed \(seed)")
      let isBare = Escaping.isBareWord(bytes.span)
      #expect(isBare == (printed == bytes), "seed \(seed)")
    }
    #expect(changedCount > 20 && changedCount < 200, "seed \(seed)")
  }

  @Test("JSON strings and texts stay JSON", arguments: 1...20 as ClosedRange<UInt64>)
  func jsonStaysJSON(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let bytes = Self.bytes(using: &generator)
      var string: [UInt8] = []
      Escaping.appendJSONString(bytes.span, to: &string)
      try JSONText.validate(string.span)
      #expect(Self.isHarmless(string, allowingLines: false), "seed \(seed)")
      var text: [UInt8] = []
      Escaping.appendJSONText(string.span, to: &text)
      #expect(text == string, "seed \(seed)")
      // Only quotes, backslashes and C0 escaped, which is what JSON itself demands.
      guard Escaping.isValidUTF8(bytes.span) else { continue }
      var raw = [UInt8(ascii: "\"")]
      for byte in bytes where byte >= 0x20 && byte != 0x22 && byte != 0x5C { raw.append(byte) }
      raw.append(UInt8(ascii: "\""))
      try JSONText.validate(raw.span)
      text = []
      Escaping.appendJSONText(raw.span, to: &text)
      try JSONText.validate(text.span)
      #expect(Self.isHarmless(text, allowingLines: false), "seed \(seed)")
    }
  }

  @Test(
    "UTF-8 is judged as the standard library judges it", arguments: 1...20 as ClosedRange<UInt64>)
  func utf8(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let bytes = Self.bytes(using: &generator)
      let isValid = Escaping.isValidUTF8(bytes.span)
      #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "seed \(seed)")
    }
  }

  /// Random pieces: text of several scripts, what hides, what is invalid.
  private static func bytes(using generator: inout SeededGenerator) -> [UInt8] {
    let pieces: [[UInt8]] =
      [
        "a", "key:17", "1", "#", "\"", "\\", "'", " ", "\t", "\n", "\r", "\u{0}", "\u{1B}",
        "\u{7F}",
        "\u{85}", "é", "漢字", "ی", "क्", "ᠠ", "😀", "❤", "👩", "🏽", "🇳", "🇴", "\u{200D}", "\u{200D}",
        "\u{200C}", "\u{FE0F}", "\u{FE0F}", "\u{FE0E}", "\u{20E3}", "\u{180B}", "\u{202E}",
        "\u{2066}",
        "\u{FEFF}", "\u{E0067}", "\u{AD}", "plain text of some length", "\u{10FFFF}", "\u{301}",
      ].map { [UInt8]($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0x80]]
    var bytes: [UInt8] = []
    let usesPieces = Int.random(in: 0..<8, using: &generator) > 0
    for _ in 0..<Int.random(in: 0...10, using: &generator) {
      if usesPieces {
        // Two thirds of the texts draw from the first pieces only, which leaves some unchanged.
        let last = bytes.isEmpty && Bool.random(using: &generator) ? 3 : pieces.count
        bytes += pieces[Int.random(in: 0..<last, using: &generator)]
      } else {
        bytes.append(UInt8.random(in: 0...255, using: &generator))
      }
    }
    return bytes
  }

  /// An independent look: valid UTF-8 with no control, no format character out of place.
  private static func isHarmless(_ bytes: [UInt8], allowingLines: Bool) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x0A, 0x09: return allowingLines
      case 0x200C, 0x200D, 0xFE0F, 0x180B: return true
      case 0xFE00...0xFE0E: return false
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
      }
    }
  }

  private struct BadEscape: Error {}

  /// Reads a double-quoted literal, following the language's description only.
  private static func unquoted(_ literal: [UInt8]) throws -> [UInt8] {
    guard literal.count >= 2, literal.first == 0x22, literal.last == 0x22 else { throw BadEscape() }
    let inner = literal[1..<(literal.count - 1)]
    var bytes: [UInt8] = []
    var rest = inner
    while let byte = rest.popFirst() {
      if byte == 0x22 { throw BadEscape() }
      guard byte == 0x5C else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst().map({ Character(Unicode.Scalar($0)) }) {
      case "\"": bytes.append(0x22)
      case "\\": bytes.append(0x5C)
      case "b": bytes.append(0x08)
      case "f": bytes.append(0x0C)
      case "n": bytes.append(0x0A)
      case "r": bytes.append(0x0D)
      case "t": bytes.append(0x09)
      case "0": bytes.append(0x00)
      case "x":
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
          throw BadEscape()
        }
        rest = rest.dropFirst(2)
        bytes.append(value)
      case "u":
        guard rest.popFirst() == 0x7B, let end = rest.firstIndex(of: 0x7D) else {
          throw BadEscape()
        }
        let digits = String(decoding: rest[..<end], as: UTF8.self)
        guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
          throw BadEscape()
        }
        rest = rest[(end + 1)...]
        bytes += String(scalar).utf8
      default: throw BadEscape()
      }
    }
    return bytes
  }
}
