import QrrotCore
import Testing

@testable import QrrotShell

@Suite("A JSON text found inside a value prints")
struct JSONCellTests {
  private static func printed(
    _ text: String, _ mode: OutputMode, onTerminal: Bool = false, isSingle: Bool = true
  ) -> String {
    var reply = Reply()
    if isSingle { reply.reset(.single) } else { reply.reset(.rows, columns: ["value"]) }
    reply.append(.json, Array(text.utf8))
    let renderer = ReplyRenderer(
      mode: mode, escapesForTerminal: onTerminal, isColored: false, columns: nil)
    var output: [UInt8] = []
    var parts = renderer.parts(of: reply)
    while parts.appendNext(to: &output) {}
    return String(decoding: output, as: UTF8.self)
  }

  @Test("as it stands in text and json", arguments: ["31", "null", #""Oslo""#, #"{"a":[1.0e5]}"#])
  func asItStands(text: String) {
    #expect(Self.printed(text, .text) == text + "\n")
    #expect(Self.printed(text, .json) == text + "\n")
    #expect(Self.printed(text, .json, isSingle: false) == "[{\"value\":\(text)}]\n")
  }

  @Test("its strings as characters, without quotes and escapes, in raw, csv and table")
  func charactersOfStrings() {
    let text = #""say \"hi\", \u00e9\ud83d\ude00\/""#
    #expect(Self.printed(text, .raw) == "say \"hi\", é😀/\n")
    #expect(Self.printed(text, .csv) == "\"say \"\"hi\"\", é😀/\"\n")
    #expect(Self.printed(text, .table) == "say \"hi\", é😀/\n")
    #expect(Self.printed("[\"a\"]", .raw) == "[\"a\"]\n")
    #expect(Self.printed("[\"a\"]", .csv) == "\"[\"\"a\"\"]\"\n")
  }

  @Test("hidden characters as \\uXXXX in text, json and table, and on a terminal")
  func hiddenCharacters() {
    let text = "\"a\u{202E}\\u001b\u{200B}\""
    let escaped = #"a\u202E\u001b\u200B"#
    #expect(Self.printed(text, .text) == "\"\(escaped)\"\n")
    #expect(Self.printed(text, .json) == "\"\(escaped)\"\n")
    let shown = #"a\u202E\u001B\u200B"#
    #expect(Self.printed(text, .table) == shown + "\n")
    #expect(Self.printed(text, .raw, onTerminal: true) == shown + "\n")
    #expect(Self.printed(text, .raw) == "a\u{202E}\u{1B}\u{200B}\n")
  }

  @Test("half of a surrogate pair as its escape, everywhere", arguments: OutputMode.allCases)
  func loneSurrogates(mode: OutputMode) {
    #expect(Self.printed(#""x\ud800y""#, mode).contains(#"x\ud800y"#))
    #expect(Self.printed(#""\udc00\ud800""#, mode).contains(#"\udc00\ud800"#))
    #expect(Self.printed(#""\ud800\ud83d\ude00""#, .raw) == "\\ud800😀\n")
  }

  @Test("numbers to the right of a table's column, with absent cells among them")
  func numbersAlignRight() {
    var reply = Reply()
    reply.reset(.rows, columns: ["key", "n"])
    for (key, number) in [("a", "1"), ("b", "-2.5e3")] {
      reply.append(.key, Array(key.utf8))
      reply.append(.json, Array(number.utf8))
    }
    reply.append(.key, Array("c".utf8))
    reply.appendAbsent()
    let renderer = ReplyRenderer(
      mode: .table, escapesForTerminal: false, isColored: false, columns: nil)
    var output: [UInt8] = []
    var parts = renderer.parts(of: reply)
    while parts.appendNext(to: &output) {}
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    #expect(lines[2] == " a   │      1")
    #expect(lines[3] == " b   │ -2.5e3")
  }
}
