import QrrotCore
import Testing

@testable import QrrotParser

/// What a line is read as, by table. The transcripts show the same rules with their sentences.
@Suite("Tokens")
struct TokenTests {
  @Test(
    "a line becomes a command",
    arguments: [
      ("size", "size"),
      (" \t size \t ", "size"),
      ("SIZE\r", "error[unknown-command]"),
      ("SiZe\r\n", "size"),
      ("get a", "get key\"a\""),
      ("get \"a\"", "get key\"a\""),
      ("get\t'a'", "get key\"a\""),
      ("get a#b", "get key\"a#b\""),
      ("get #", "get key\"#\""),
      ("get a\r", "get key\"a\\r\""),
      ("get a\rb\r\n", "get key\"a\\rb\""),
      ("get [a", "get key\"[a\""),
      ("get {\"", "error[syntax]"),
      ("get $x", "get key\"$x\""),
      ("get $.x", "get key\"$.x\""),
      ("put a b", "put key\"a\" string\"b\""),
      ("put a 5", "put key\"a\" int 5"),
      ("put 5 5", "put key\"5\" int 5"),
      ("put 99999999999999999999 5", "put key\"99999999999999999999\" int 5"),
      ("put a \"5\"", "put key\"a\" string\"5\""),
      ("put a {}", "put key\"a\" json\"{}\""),
      ("put a { }", "put key\"a\" json\"{}\""),
      ("put {} {}", "put key\"{}\" json\"{}\""),
      ("put a ]", "put key\"a\" string\"]\""),
      ("put a }{", "put key\"a\" string\"}{\""),
      ("put a as", "put key\"a\" string\"as\""),
      ("put as as int 5", "put key\"as\" int 5"),
      ("put a as string as", "put key\"a\" string\"as\""),
      ("put a as json '5'", "put key\"a\" json\"5\""),
      ("put a as json [ 5 ]", "put key\"a\" json\"[5]\""),
      ("put a as string [ 5 ]", "put key\"a\" string\"[ 5 ]\""),
      ("put a as string ''", "put key\"a\" string\"\""),
      ("put a as int \"\\x35\"", "put key\"a\" int 5"),
      ("put a as int '-0'", "put key\"a\" int 0"),
      ("put a $", "put key\"a\" string\"$\""),
      ("put a $.x", "put key\"a\" string\"$.x\""),
      ("put a \u{A0}", "put key\"a\" string\"\u{A0}\""),
      ("del a b c", "del key\"a\" key\"b\" key\"c\""),
      ("incr a", "incr key\"a\""),
      ("incr a 2", "incr key\"a\" number 2"),
      ("incr a '2'", "incr key\"a\" number 2"),
      ("incr a \"2\"", "incr key\"a\" number 2"),
      ("incr a -0", "incr key\"a\" number 0"),
      ("keys", "keys"),
      ("keys [a-z]*", "keys pattern\"[a-z]*\""),
      ("keys \"\"", "keys pattern\"\""),
      ("undo", "undo"),
      ("undo 3", "undo number 3"),
      ("output text", "output word\"text\""),
      ("output \"text\"", "output word\"text\""),
      ("source 'a b'", "source word\"a b\""),
      ("help PUT", "help word\"PUT\""),
    ])
  func lines(line: String, expected: String) {
    #expect(Reading(line).texts == [expected])
  }

  /// The text of argument 2 counts, and text is what stands between the quotes without escapes.
  @Test(
    "a second argument that looks like a path is one, quoted or not",
    arguments: [
      ("$", "$"), ("$.a", "$.a"), ("$[0]", "$[0]"), ("$['a b']", "$['a b']"), ("\"$.a\"", "$.a"),
      ("'$'", "$"), ("\"\\x24\"", "$"), ("\"\\u0024.a\"", "$.a"),
    ])
  func paths(written: String, path: String) {
    let read = "key\"a\" path\"\(path)\""
    #expect(Reading("get a \(written)").texts == ["get \(read)"])
    #expect(Reading("del a \(written)").texts == ["del \(read)"])
    #expect(Reading("incr a \(written)").texts == ["incr \(read)"])
    #expect(Reading("decr a \(written) -1").texts == ["decr \(read) number -1"])
    #expect(Reading("put a \(written) 1").texts == ["put \(read) json\"1\""])
  }

  @Test(
    "behind a path a value is JSON",
    arguments: [
      ("true", "true"), ("null", "null"), ("-0", "-0"), ("1e5", "1e5"),
      ("12345678901234567890", "12345678901234567890"),
      ("007", "\"007\""), ("nul", "\"nul\""), ("x", "\"x\""), ("$.b", "\"$.b\""), ("as", "\"as\""),
      ("\"true\"", "\"true\""), ("'a\"b'", "\"a\\\"b\""), ("\"\\0\"", "\"\\u0000\""),
      ("{\"a\": [1]}", "{\"a\":[1]}"),
      ("as string 5", "\"5\""), ("as int \"5\"", "5"), ("as json '[ ]'", "[]"),
    ])
  func pathValues(written: String, json: String) {
    var quoted: [UInt8] = []
    Escaping.appendQuoted(Array(json.utf8).span, to: &quoted)
    let value = "json" + String(decoding: quoted, as: UTF8.self)
    #expect(Reading("put a $.a \(written)").texts == ["put key\"a\" path\"$.a\" \(value)"])
  }

  @Test("a path that does not parse is error path, never arity")
  func wrongPaths() {
    for line in [
      "get a b", "get a b c", "get a $b", "get a $.", "get a ''", "put a b c", "put a {} 1",
      "put a as x", "put a $.. 1", "put a as as json 1", "del a $.", "incr a $[01]",
      "decr a $.a. 2",
      "get a \"$.\\xff\"",
    ] {
      #expect(Reading(line).texts == ["error[path]"], "\(line)")
    }
    for line in [
      "put a b c d", "put a $.a 1 2", "put a $.a as json", "put a as json", "put a $[1 2]",
      "get a $.a $.b", "incr a $.a 1 2", "incr a 1 2",
    ] {
      #expect(Reading(line).texts == ["error[arity]"], "\(line)")
    }
    #expect(Reading("put a $.a \"\\xff\"").texts == ["error[type]"])
    #expect(Reading("put a $.a {x}").texts == ["error[json]"])
    #expect(Reading("incr a $.a x").texts == ["error[type]"])
    #expect(Reading("get \"\" $.a").texts == ["error[syntax]"])
  }

  @Test(
    "an unclosed bracket of a path is error path, and the next line is not touched",
    arguments: ["$[", "$['", "$['a b", "$[?@.a == 'x", "$['a b']['c", "$[\"a\"][\"b c", "$[(1 2"])
  func unclosedPaths(path: String) {
    #expect(Reading("get a \(path)\nsize").texts == ["error[path]", "size"])
    #expect(Reading("put a \(path) 5\nsize").texts == ["error[path]", "size"])
  }

  @Test("a number may be quoted with escapes, as any token may")
  func escapedNumbers() {
    #expect(Reading(#"incr a "\x35""#).texts == ["incr key\"a\" number 5"])
    #expect(Reading(#"undo "\u0031""#).texts == ["undo number 1"])
  }

  @Test("where keys stand a dollar is bare and ends at the next blank")
  func dollarKeys() {
    #expect(
      Reading("del a $[x y] b").texts == ["del key\"a\" key\"$[x\" key\"y]\" key\"b\""])
    #expect(Reading("exists $.a $").texts == ["exists key\"$.a\" key\"$\""])
  }

  @Test("names are known in any case and nothing else is")
  func names() {
    for name in CommandName.allCases where name.spec.minimumArgumentCount == 0 {
      #expect(Reading(name.text).texts == [name.text])
      #expect(Reading(name.text.uppercased()).texts == [name.text])
      #expect(Reading(name.text + "x").texts == ["error[unknown-command]"])
      #expect(Reading("@" + name.text.dropFirst()).texts == ["error[unknown-command]"])
    }
    #expect(Reading("s\u{17F}ize").texts == ["error[unknown-command]"])
    #expect(Reading([0x73, 0x49, 0x5A, 0x45, 0x00]).texts == ["error[unknown-command]"])
  }

  @Test("NUL bytes and bytes that are not UTF-8 are bytes like any other")
  func binary() {
    #expect(
      Reading(Array("put a".utf8) + [0x00, 0xFF, 0x20, 0xC3, 0x28, 0x00]).texts == [
        #"put key"a\0\xFF" string"\xC3(\0""#
      ])
    #expect(
      Reading(Array("put a '".utf8) + [0x80, 0x00, 0x27]).texts == [#"put key"a" string"\x80\0""#])
    #expect(
      Reading(Array("put a {\"x\":\"".utf8) + [0xFF] + Array("\"}".utf8)).texts == ["error[json]"])
    #expect(Reading([0x00]).texts == ["error[unknown-command]"])
    #expect(Reading([0xFF, 0xFE, 0x0A, 0x0A]).texts == ["error[unknown-command]"])
  }

  @Test("integers up to the edges of 64 bits, and not beyond")
  func integers() {
    #expect(Reading("put a 9223372036854775807").texts == ["put key\"a\" int \(Int64.max)"])
    #expect(Reading("put a -9223372036854775808").texts == ["put key\"a\" int \(Int64.min)"])
    for text in [
      "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" + zeros,
    ] {
      #expect(Reading("put a \(text)").texts == ["error[range]"])
      #expect(Reading("put a as int '\(text)'").texts == ["error[range]"])
      #expect(Reading("incr a \(text)").texts == ["error[range]"])
    }
    for text in ["", "-", "+1", "01", "-01", "00", "1.0", "1e1", "0x1", " 1", "1 ", "1_0", "½"] {
      #expect(Reading("put a as int '\(text)'").texts == ["error[type]"], "\(text)")
      #expect(Reading("incr a '\(text)'").texts == ["error[type]"], "\(text)")
    }
  }

  private let zeros = String(repeating: "0", count: 10_000)
}
