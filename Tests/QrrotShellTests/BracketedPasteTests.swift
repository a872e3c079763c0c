import Testing

@testable import qrrot

/// Where a paste begins and ends in what a terminal sends.
@Suite("Bracketed paste")
struct BracketedPasteTests {
  private func follow(_ text: String) -> BracketedPaste {
    var paste = BracketedPaste()
    for byte in text.utf8 { paste.take(byte) }
    return paste
  }

  @Test("a paste lasts from its first mark to its last")
  func marks() {
    #expect(!follow("abc").isInside)
    #expect(!follow("\u{1B}[200").isInside)
    #expect(follow("\u{1B}[200~").isInside)
    #expect(follow("a\u{1B}[200~b\u{1B}[200~c").isInside)
    #expect(!follow("a\u{1B}[200~b\u{1B}[201~").isInside)
    #expect(follow("\u{1B}\u{1B}[200~").isInside)
    #expect(!follow("\u{1B}[200~\u{1B}[20\u{1B}[201~").isInside)
    #expect(!follow("\u{1B}[201~").isInside)
  }

  @Test(
    "a paste that was cut short can be ended, also in the middle of its last mark",
    arguments: ["\u{1B}[200~abc", "\u{1B}[200~abc\u{1B}", "\u{1B}[200~abc\u{1B}[201"])
  func ending(text: String) {
    var paste = follow(text)
    var ending = ""
    while let byte = paste.nextByteOfEnd(), ending.count < 10 {
      ending.unicodeScalars.append(Unicode.Scalar(byte))
      paste.take(byte)
    }
    #expect(text + ending == "\u{1B}[200~abc\u{1B}[201~")
    #expect(!paste.isInside)
  }
}
