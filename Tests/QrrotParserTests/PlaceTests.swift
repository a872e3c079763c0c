import QrrotCore
import Testing

@testable import QrrotParser

/// Where commands and errors stand, and where reading goes on.
@Suite("Places of commands and errors")
struct PlaceTests {
  @Test(
    "each command and each error has the line on which it begins",
    arguments: [
      ("size\nkeys\n", ["1: size", "2: keys"]),
      ("size\r\n\r\nkeys\r\n", ["1: size", "3: keys"]),
      ("\n\n# x \"\n \t\nsize", ["5: size"]),
      ("put a \"x\ny\nz\"\nsize", [#"1: put key"a" string"x\ny\nz""#, "4: size"]),
      ("put a 'x\r\ny'\r\nsize", [#"1: put key"a" string"x\r\ny""#, "3: size"]),
      ("put a [1,\n\n2]\nsize", ["1: put key\"a\" json\"[1,2]\"", "4: size"]),
      ("put a {\"x\":\n[1\r\n]}\r\nsize", [#"1: put key"a" json"{\"x\":[1]}""#, "4: size"]),
      ("x\nsize", ["1: error[unknown-command]", "2: size"]),
      ("put a b\"c\nsize", ["1: error[syntax]", "2: size"]),
      ("put a \"b\"c \"d\nsize", ["1: error[syntax]", "2: size"]),
      ("put a \"x\ny\"z\nsize", ["1: error[syntax]", "3: size"]),
      ("put a \"\\q\ny\"\nsize", ["1: error[syntax]", "3: size"]),
      ("put a \"x\\\ny\"\nsize", ["1: error[syntax]", "3: size"]),
      ("put a [1,\n}\nsize", ["1: error[json]", "3: size"]),
      ("put a [1,\n} \"\nsize", ["1: error[json]", "3: size"]),
      ("put a [\"x\\\ny\"]\nsize", ["1: error[json]", "3: size"]),
      ("put a [\n,]\nsize", ["1: error[json]", "3: size"]),
      ("get \"x\ny\" z\nsize", ["1: error[path]", "3: size"]),
      ("put \"x\ny\" $. 1\nsize", ["1: error[path]", "3: size"]),
      ("size\nput a \"x\ny", ["1: size", "2: error[syntax]"]),
      ("put a 'x\ny' \"z\nw", ["2: error[syntax]"]),
      ("put a [1,\n2\n{", ["1: error[syntax]"]),
      ("put a {\"x\": \"y\n", ["1: error[syntax]"]),
      ("put a 'x\n' [\n\"\n", ["2: error[syntax]"]),
    ])
  func lines(text: String, expected: [String]) {
    #expect(Reading(text).items.map(\.description) == expected)
  }

  @Test("a failure says how far to go on, in bytes and in lines")
  func failures() throws {
    func failure(_ text: String) -> ParseFailure? {
      var parser = Parser()
      var command = Command()
      do throws(ParseFailure) {
        _ = try parser.parse(Array(text.utf8).span, isFinal: true, into: &command)
        return nil
      } catch {
        return error
      }
    }
    let quote = try #require(failure("get it's\nsize\n"))
    #expect((quote.byteCount, quote.lineCount, quote.lineOffset) == (9, 1, 0))
    #expect(quote.error.range == 6..<7)
    let late = try #require(failure("put a 'x\ny'z\nsize"))
    #expect((late.byteCount, late.lineCount, late.lineOffset) == (13, 2, 0))
    let open = try #require(failure("put 'a\nb' \"c\nd"))
    #expect((open.byteCount, open.lineCount, open.lineOffset) == (14, 2, 1))
    #expect(open.error.range == 10..<11)
    let bracket = try #require(failure("put a [\n}"))
    #expect((bracket.byteCount, bracket.lineCount, bracket.lineOffset) == (9, 1, 0))
    let name = try #require(failure("  nope\r\nsize"))
    #expect((name.byteCount, name.lineCount, name.lineOffset) == (8, 1, 0))
    #expect(name.error.range == 2..<6)
    let json = try #require(failure("put a [,]"))
    #expect(json.error.message.contains("byte 1"))
  }

  @Test("a step says how far it went, in bytes and in lines")
  func steps() throws {
    func step(_ text: String, isFinal: Bool = true) throws -> Parser.Step {
      var parser = Parser()
      var command = Command()
      return try parser.parse(Array(text.utf8).span, isFinal: isFinal, into: &command)
    }
    #expect(try step("size\nkeys") == .init(outcome: .command, byteCount: 5, lineCount: 1))
    #expect(try step("size") == .init(outcome: .command, byteCount: 4, lineCount: 0))
    #expect(try step("\r\nsize") == .init(outcome: .blank, byteCount: 2, lineCount: 1))
    #expect(try step(" # 'x") == .init(outcome: .blank, byteCount: 5, lineCount: 0))
    #expect(try step("") == .init(outcome: .blank, byteCount: 0, lineCount: 0))
    #expect(
      try step("put a '\n\n'\nx") == .init(outcome: .command, byteCount: 11, lineCount: 3))
    for (text, opening, offset) in [
      ("", Opening.line, 0), ("siz", .line, 0), ("# x", .line, 0), ("get 'a'", .line, 0),
      ("get \"a\"x", .line, 0), ("get 'a", .singleQuote, 4), ("get \"a'\n", .doubleQuote, 4),
      ("put a \"\\\"", .doubleQuote, 6), ("put a [\"x", .literal, 6), ("put a {\n", .literal, 6),
      ("put a [}", .line, 0),
    ] {
      #expect(
        try step(text, isFinal: false)
          == .init(
            outcome: .incomplete(opening), byteCount: 0, lineCount: 0, openOffset: offset),
        "\(text)")
    }
  }
}
