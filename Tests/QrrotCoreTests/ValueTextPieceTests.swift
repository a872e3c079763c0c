import QrrotTesting
import Testing

@testable import QrrotCore

@Suite("Values in text form, piece by piece")
struct ValueTextPieceTests {
  private static let parts: [[UInt8]] = [
    "a", "plain text of some length, longer than a word", "'", "\\\"", "\\\\", "é", "日本", "😀", "👩",
    "\u{200D}", "\u{FE0F}", "1", "\u{20E3}", "\u{1F3FD}", "ك", "\u{200C}", "\u{202E}", "\u{E0041}",
    "\u{180B}", "\u{1820}", "\\u00e9",
  ].map { Array($0.utf8) }
  /// What no JSON text has.
  private static let otherParts: [[UInt8]] = [
    [0x00], [0x07], [0x0A], [0x7F], [0xFF], [0xF0, 0x9F], [0xE2, 0x80], [0x80], [0x22], [0x5C],
  ]

  private func content(
    _ parts: [[UInt8]], _ random: inout SeededGenerator
  ) -> [UInt8] {
    (0..<Int.random(in: 0...40, using: &random)).flatMap { _ in
      parts.randomElement(using: &random) ?? []
    }
  }

  private func value(_ random: inout SeededGenerator) -> (ValueType, [UInt8]) {
    let quote = [UInt8(ascii: "\"")]
    return switch Int.random(in: 0..<6, using: &random) {
    case 0...2: (.string, content(Self.parts + Self.otherParts, &random))
    case 3: (.json, quote + content(Self.parts, &random) + quote)
    case 4: (.json, [0x5B] + quote + content(Self.parts, &random) + quote + [0x5D])
    default: (.json, Array(String(repeating: "7", count: 50).utf8))
    }
  }

  @Test("whatever the pieces, it is the text that is made at once")
  func pieces() {
    let seed = TestSettings.seed(91)
    var random = SeededGenerator(seed: seed)
    var pieceCount = 0
    for _ in 0..<TestSettings.count(3_000) {
      let (type, bytes) = value(&random)
      var whole: [UInt8] = []
      var text: [UInt8] = []
      bytes.withUnsafeBytes { bytes in
        TextForm.append(stored: bytes, type, to: &whole)
        var pieces = ValueTextPieces()
        let limit = Int.random(in: 1...60, using: &random)
        while pieces.append(stored: bytes, type, byteLimit: limit, to: &text) { pieceCount += 1 }
      }
      #expect(text == whole, "seed \(seed), \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(pieceCount > 10_000)
  }

  @Test("a piece reads no more of the value than it was told, and appends in proportion")
  func limit() {
    let bytes = [UInt8](repeating: 0x01, count: 100_000)
    bytes.withUnsafeBytes { bytes in
      var pieces = ValueTextPieces()
      var text: [UInt8] = []
      #expect(pieces.append(stored: bytes, .string, byteLimit: 1_000, to: &text))
      #expect((3_900...4_001).contains(text.count))
    }
  }

  @Test("an int is one piece")
  func int() {
    var text: [UInt8] = []
    let hasMore = withUnsafeBytes(of: Int64(-42).littleEndian) { bytes in
      var pieces = ValueTextPieces()
      return pieces.append(stored: bytes, .int, byteLimit: 1, to: &text)
    }
    #expect(!hasMore && text == Array("-42".utf8))
  }
}
