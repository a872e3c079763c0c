import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotShell

/// A model's text comes in pieces; it is shown as if it had come in one.
@Suite("A text that comes in pieces")
struct TextStreamTests {
  private static let parts = [
    "a", "1", " ", "\n", "\r\n", "\r", "\t", "é", "漢", "字", "ㅎ", "👨‍👩‍👧", "1️⃣", "🏳️‍🌈", "\u{200D}",
    "\u{FE0F}",
    "\u{1B}[31m", "\u{9B}", "\u{202E}", "\u{200B}", "نامه‌ای", "क्‍ष", "\u{E0041}", "🇩🇪", "\\", "\"",
  ]

  private func escaped(_ text: String) -> String {
    var shown: [UInt8] = []
    Escaping.appendDisplayed(Array(text.utf8).span, to: &shown, keepingLineFeedsAndTabs: true)
    return String(decoding: shown, as: UTF8.self)
  }

  /// Without line feeds around, and with at most two in a row inside.
  private func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    var kept: [Substring] = []
    for line in lines where !(line.isEmpty && kept.last?.isEmpty == true) { kept.append(line) }
    return kept.joined(separator: "\n")
  }

  @Test("wherever it is cut, the same is shown")
  func pieces() {
    var random = SeededGenerator(seed: 6)
    var heldCount = 0
    for _ in 0..<3_000 {
      let text = (0..<Int.random(in: 0...12, using: &random))
        .map { _ in Self.parts.randomElement(using: &random) ?? "" }.joined()
      let scalars = Array(text.unicodeScalars)
      var stream = TextStream()
      var shown: [UInt8] = []
      var index = 0
      while index < scalars.count {
        let end = min(scalars.count, index + Int.random(in: 1...3, using: &random))
        var piece = String.UnicodeScalarView()
        piece.append(contentsOf: scalars[index..<end])
        shown += stream.append(String(piece))
        index = end
      }
      let rest = stream.finish()
      if !rest.isEmpty { heldCount += 1 }
      let result = String(decoding: shown + rest, as: UTF8.self)
      #expect(result == trimmed(escaped(text)), "\(text.debugDescription)")
    }
    #expect(heldCount > 1_000)
  }

  @Test("a long text without a place to cut is shown before its end all the same")
  func bounded() {
    var stream = TextStream()
    var count = 0
    for _ in 0..<2_000 { count += stream.append("ж").count }
    #expect(count > 3_400)
    stream = TextStream()
    #expect(stream.append("漢字").count == 3)
  }

  @Test("many empty lines shrink to one")
  func emptyLines() {
    var stream = TextStream()
    let shown =
      stream.append("\n\na\n" + String(repeating: "\n", count: 9_999) + "b\n\n") + stream.finish()
    #expect(String(decoding: shown, as: UTF8.self) == "a\n\nb")
  }
}
