import QrrotCore
import Testing

@testable import QrrotParser

/// `ask` and `ai` take the rest of their line raw, unless the line is exactly a sub-command.
@Suite("Lines of text")
struct TextLineTests {
  @Test(
    "the rest of the line is the text: quotes and brackets mean nothing",
    arguments: [
      ("ask who is it's owner?", "ask text\"who is it's owner?\""),
      ("ask \"unclosed", "ask text\"\\\"unclosed\""),
      ("ask {[(", "ask text\"{[(\""),
      ("ask a \\n \"b\" 'c' #d", "ask text\"a \\\\n \\\"b\\\" 'c' #d\""),
      (" \tASK \t two  blanks \t ", "ask text\"two  blanks\""),
      ("Ai x\r\n", "ai text\"x\""),
      ("ask x\ry\r\n", "ask text\"x\\ry\""),
      ("ask where @.age > 30", "ask text\"where @.age > 30\""),
      ("ask reset", "ask text\"reset\""),
      ("ask -- x", "ask text\"-- x\""),
      ("ai $.x", "ai text\"$.x\""),
      ("ai füge hinzu 🦊", "ai text\"füge hinzu 🦊\""),
    ])
  func raw(line: String, expected: String) {
    #expect(Reading(line).texts == [expected])
  }

  @Test(
    "a line of exactly the form of a sub-command is one",
    arguments: [
      ("ai reset", "ai word\"reset\""), ("ai cost", "ai word\"cost\""),
      ("ai model", "ai word\"model\""), ("ai  MODEL \t x/y:1 ", "ai word\"model\" word\"x/y:1\""),
      ("ai model \"a b\"", "ai word\"model\" word\"a b\""),
      ("ai save out.qrrot", "ai word\"save\" word\"out.qrrot\""),
      ("ai save 'a b'", "ai word\"save\" word\"a b\""),
      ("ai save \"\\x41\"", "ai word\"save\" word\"A\""),
      ("ai save {x", "ai word\"save\" word\"{x\""),
      ("ai save $.x", "ai word\"save\" word\"$.x\""),
    ])
  func subcommands(line: String, expected: String) {
    #expect(Reading(line).texts == [expected])
  }

  @Test(
    "anything else is a request",
    arguments: [
      "reset everything", "cost of all orders", "model the data anew", "save", "save the day",
      "save \"a", "save 'a' b", "save a\"b", "\"reset\"", "resets", "reset.", "saved x", "--reset",
      "--help", "-- --", "reset -- x",
    ])
  func requests(text: String) {
    let line = Reading("ai \(text)").texts
    #expect(line.count == 1 && line[0].hasPrefix("ai text\""), "\(line)")
  }

  @Test(
    "two hyphens and a blank in front make any text a request",
    arguments: [
      ("ai -- reset", "ai text\"reset\""), ("ai --\tcost ", "ai text\"cost\""),
      ("ai --   save x", "ai text\"save x\""), ("ai -- -- x", "ai text\"-- x\""),
    ])
  func escaped(line: String, expected: String) {
    #expect(Reading(line).texts == [expected])
  }

  @Test("no text is an error of arity", arguments: ["ask", "ai", "ask  \t", "ai --", "AI -- \t"])
  func nothing(line: String) {
    #expect(Reading(line).texts == ["error[arity]"])
  }

  @Test("a text ends with its line, whatever it opens")
  func lines() {
    #expect(
      Reading("ask \"a\nsize\nai {\nget 'x'\n").texts
        == ["ask text\"\\\"a\"", "size", "ai text\"{\"", "get key\"x\""])
  }

  @Test(
    "a quote behind the word is wrong as behind every command", arguments: ["ask\"x\"", "ai'x'"])
  func names(line: String) {
    #expect(Reading(line).texts == ["error[syntax]"])
  }

  @Test("a sub-command completes, a text does not")
  func completion() {
    let words = CompletionContext.Expected.words(["reset", "cost", "model", "save"])
    for (text, offset) in [("ai ", 3), ("ai re", 3), ("AI\t  s", 5)] {
      let context = CompletionContext(text.utf8)
      #expect(context.expected == words, "\(text)")
      #expect(context.tokenOffset == offset, "\(text)")
    }
    #expect(CompletionContext("ai save ".utf8).expected == .file)
    #expect(CompletionContext("ai save \"a b".utf8).expected == .file)
    #expect(CompletionContext("ai save \"a b".utf8).content == Array("a b".utf8))
    for text in [
      "ask ", "ask re", "ai get iv", "ai -- re", "ai reset ", "ai save a b", "ai model ",
      "ai it's ",
      "ai \"re", "ai save a ",
    ] {
      #expect(CompletionContext(text.utf8).expected == .nothing, "\(text)")
    }
  }
}
