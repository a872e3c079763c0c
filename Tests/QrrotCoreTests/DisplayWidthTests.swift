import QrrotCore
import QrrotTesting
import Testing

private func columns(_ text: String) -> Int {
  DisplayWidth.columns(of: [UInt8](text.utf8))
}

private func prefix(_ text: String, _ columns: Int) -> (text: String, columns: Int) {
  let bytes = [UInt8](text.utf8)
  let fitted = DisplayWidth.prefix(of: bytes, fitting: columns)
  return (String(decoding: bytes[..<fitted.byteCount], as: UTF8.self), fitted.columns)
}

@Suite("Display width")
struct DisplayWidthTests {
  @Test(
    "letters take one column, wide ones two, marks none",
    arguments: [
      ("", 0), ("plain text", 10), ("é", 1), ("e\u{301}", 1), ("ae\u{301}\u{302}b", 3),
      ("\u{301}", 0),
      ("漢字", 4), ("ｆｕｌｌ", 8), ("ﾊﾝ", 2), ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("かﾞ", 3),
      ("Ω→±", 3), ("שָׁלוֹם", 4), ("ไทย", 3), ("\u{3000}", 2), ("\u{303F}", 1), ("\u{20000}", 2),
      ("a\u{20DD}", 1), ("می\u{200C}خواهم", 7), ("x\u{A0}y", 3),
    ])
  func text(text: String, expected: Int) {
    #expect(columns(text) == expected)
  }

  @Test(
    "an emoji takes two columns, however many scalars it is made of",
    arguments: [
      ("😀", 2), ("👩\u{200D}👩\u{200D}👧\u{200D}👦", 2), ("👍🏽", 2), ("🇳🇴🇸🇪", 4), ("🇳", 1),
      ("❤", 1), ("❤\u{FE0F}", 2), ("1\u{FE0F}\u{20E3}", 2), ("a1\u{FE0F}\u{20E3}b", 4), ("⌚", 2),
      ("🏳\u{FE0F}\u{200D}🌈!", 3), ("©", 1), ("©\u{FE0F}", 2),
    ])
  func emoji(text: String, expected: Int) {
    #expect(columns(text) == expected)
  }

  @Test("a text is cut between clusters and never takes more than it may")
  func cutting() {
    #expect(prefix("plain text", 5) == ("plain", 5))
    #expect(prefix("plain", 9) == ("plain", 5))
    #expect(prefix("plain", 0) == ("", 0))
    #expect(prefix("plain", -3) == ("", 0))
    #expect(prefix("漢字", 3) == ("漢", 2))
    #expect(prefix("ae\u{301}b", 2) == ("ae\u{301}", 2))
    #expect(prefix("ab👩\u{200D}🚀c", 3) == ("ab", 2))
    #expect(prefix("ab👩\u{200D}🚀c", 4) == ("ab👩\u{200D}🚀", 4))
    #expect(prefix("x1\u{FE0F}\u{20E3}", 2) == ("x", 1))
  }

  @Test("bytes that are not UTF-8 count one each")
  func invalid() {
    #expect(DisplayWidth.columns(of: [0x61, 0xFF, 0xE6, 0xBC, 0xA2, 0xC3]) == 5)
    #expect(DisplayWidth.prefix(of: [0x61, 0xFF, 0xE6, 0xBC, 0xA2], fitting: 3) == (2, 2))
  }

  @Test("every cut of a random text fits, and the next cluster would not")
  func randomCuts() {
    let seed: UInt64 = 77
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "a", "word ", "é", "e\u{301}", "漢", "😀", "❤\u{FE0F}", "👩🏽\u{200D}🚀", "🇳🇴", "क्ष",
      "9\u{FE0F}\u{20E3}",
    ]
    for _ in 0..<200 {
      let text = (0..<Int.random(in: 0...8, using: &generator))
        .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let total = columns(text)
      #expect(total == text.reduce(0) { $0 + columns(String($1)) }, "seed \(seed): \(text)")
      for limit in 0...(total + 1) {
        let fitted = prefix(text, limit)
        #expect(fitted.columns == columns(fitted.text) && fitted.columns <= limit, "seed \(seed)")
        #expect(text.hasPrefix(fitted.text) && limit - fitted.columns < 2 || limit > total)
      }
      #expect(prefix(text, total).text == text, "seed \(seed): \(text)")
    }
  }
}
