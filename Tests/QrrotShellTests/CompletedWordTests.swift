import Testing

@testable import qrrot

/// How a completer's whole tokens become what readline puts in the place of its own word.
@Suite("Completed words")
struct CompletedWordTests {
  /// Completes at the end of `line`, where readline's word begins at `word` and the token at `token`.
  private func replacement(
    _ candidate: String, in line: String, word: Int, token: Int
  ) -> String? {
    let bytes = Array(line.utf8)
    let piece = CompletedWord(
      line: bytes, wordOffset: word, cursor: bytes.count, tokenOffset: token)
    return piece.replacement(for: Array(candidate.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("a token that is readline's word is taken whole")
  func plain() {
    #expect(replacement("user:1", in: "get us", word: 4, token: 4) == "user:1")
    #expect(replacement("\"a b\"", in: "get a", word: 4, token: 4) == "\"a b\"")
  }

  @Test("behind an open quote the quote is left out")
  func openQuote() {
    #expect(replacement("\"a b\"", in: "get \"a", word: 5, token: 4) == "a b\"")
    #expect(replacement("$['a b']", in: "get k $['a", word: 9, token: 6) == "a b']")
  }

  @Test("a candidate in other quotes, or in none, takes those that were opened")
  func otherQuotes() {
    #expect(replacement("user:1", in: "get \"us", word: 5, token: 4) == "user:1\"")
    #expect(replacement("\"a b\"", in: "get 'a", word: 5, token: 4) == "a b'")
    #expect(replacement("\"a\\tb\"", in: "get 'a", word: 5, token: 4) == nil)
    #expect(replacement("\"it's\"", in: "get 'i", word: 5, token: 4) == nil)
  }

  @Test("what stands in readline's word before the token stays")
  func tokenInsideWord() {
    #expect(replacement("@.name", in: "find where @.a==@.n", word: 11, token: 16) == "@.a==@.name")
  }

  @Test("a NUL and offsets outside the line do no harm")
  func strangeInput() {
    #expect(replacement("a\0b", in: "get a", word: 4, token: 4) == nil)
    #expect(replacement("b", in: "a", word: 9, token: -3) == nil)
  }

  @Test("what candidates have in common ends between characters")
  func commonPrefix() {
    let common = { (words: [String]) in
      String(
        decoding: CompletedWord.commonPrefix(of: words.map { Array($0.utf8) }), as: UTF8.self)
    }
    #expect(common(["user:1", "user:2"]) == "user:")
    #expect(common(["xä", "xö"]) == "x")
    #expect(common(["€1", "€2"]) == "€")
    #expect(common(["a", "b"]) == "")
    #expect(common(["same", "same"]) == "same")
    #expect(common([]) == "")
  }

  /// Among ten million keys, the one that was found in the time there is was inserted as if no other
  /// began like it.
  @Test("a single candidate is inserted only where all keys were looked at")
  func partialSingle() {
    let typed = Array("key:1".utf8)
    let found = Array("key:12".utf8)
    #expect(
      ReadlineReader.matches(of: [found], typed: typed, isPartial: false) == [found])
    #expect(
      ReadlineReader.matches(of: [found], typed: typed, isPartial: true) == [typed, found])
    #expect(
      ReadlineReader.matches(of: [found, found + [0x33]], typed: typed, isPartial: false)
        == [found, found, found + [0x33]])
  }
}
