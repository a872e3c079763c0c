import QrrotCore
import QrrotTesting
import Testing

private func select(
  _ path: String, in document: String, stepLimit: Int = JSONScratch.defaultStepLimit
) throws -> [String] {
  let bytes = [UInt8](document.utf8)
  return try PathsCheck.matches(
    of: JSONPath([UInt8](path.utf8)), in: bytes, stepLimit: stepLimit
  ).map { String(decoding: bytes[$0], as: UTF8.self) }
}

private func holds(_ filter: String, for document: String) throws -> Bool {
  var scratch = JSONScratch()
  let bytes = [UInt8](document.utf8)
  let filter = try JSONFilter([UInt8](filter.utf8))
  return try bytes.withUnsafeBytes { try filter.matches($0, scratch: &scratch) }
}

private func pathError(_ text: String) -> String? {
  do { _ = try JSONPath([UInt8](text.utf8)) } catch { return error.description }
  return nil
}

private func filterError(_ text: String) -> String? {
  do { _ = try JSONFilter([UInt8](text.utf8)) } catch { return error.description }
  return nil
}

@Suite("JSON path")
struct JSONPathTests {
  @Test(
    "an error names the byte, what was expected and what was found",
    arguments: [
      ("", "byte 0 of the path: expected $, with which a path begins, found the end"),
      ("a.b", "byte 0 of the path: expected $, with which a path begins, found a"),
      ("$.", "byte 2 of the path: expected a name or * after the dot, found the end"),
      ("$.1", "byte 2 of the path: expected a name or * after the dot, found 1"),
      ("$..", "byte 3 of the path: expected a name, * or [ after .., found the end"),
      ("$.a b", "byte 3 of the path: expected a segment (., .. or [) or the end, found a space"),
      (
        "$[",
        "byte 2 of the path: expected a name in quotes, an index, a slice, * or ?, found the end"
      ),
      ("$[a]", "byte 2 of the path: expected a name in quotes, an index, a slice, * or ?, found a"),
      ("$[0", "byte 3 of the path: expected a comma or ], found the end"),
      ("$[01]", "byte 3 of the path: expected no digit after a leading 0, found 1"),
      ("$[-0]", "byte 2 of the path: -0 is no index"),
      (
        "$[9007199254740992]",
        "byte 2 of the path: the number is beyond 9007199254740991 (2^53 - 1)"
      ),
      ("$['a]", "byte 5 of the path: expected a closing quote, found the end"),
      (
        "$[\"\\x\"]",
        #"byte 4 of the path: expected one of " \ / b f n r t u after the backslash, found x"#
      ),
      ("$['\\udc00']", "byte 3 of the path: a low surrogate without a high one in front of it"),
      ("$[?@.a=1]", "byte 6 of the path: expected a comma or ], found ="),
      ("$[?@.é é]", "byte 8 of the path: expected a comma or ], found é"),
    ])
  func pathErrors(text: String, expected: String) {
    #expect(pathError(text) == "error[path]: " + expected)
  }

  @Test(
    "the errors of filters",
    arguments: [
      (
        "",
        "byte 0 of the filter: expected a value, a path that begins with @ or $, a function, ! or (, found the end"
      ),
      (
        "@.a ==",
        "byte 6 of the filter: expected a value, a path that begins with @ or $, a function, ! or (, found the end"
      ),
      ("@.a = 1", "byte 4 of the filter: expected &&, || or the end, found ="),
      ("@.a == 1 == 2", "byte 9 of the filter: expected &&, || or the end, found ="),
      ("5", "byte 1 of the filter: expected ==, !=, <, <=, > or >= after a value, found the end"),
      ("(@.a", "byte 4 of the filter: expected &&, || or ), found the end"),
      ("!@.a == 1", "byte 1 of the filter: ! in front of a comparison needs parentheses around it"),
      (
        "@.* == 1",
        "byte 0 of the filter: a path that is compared must have names and single indices only; for others there are value() and count()"
      ),
      (
        "@[ 'a'] == 1",
        "byte 0 of the filter: a path that is compared has no blanks inside its brackets"
      ),
      (
        "match(@.a, 'x') == 1",
        "byte 0 of the filter: this function says yes or no and can't be compared"
      ),
      ("match(@.a)", "byte 9 of the filter: expected a comma and the pattern of match, found )"),
      ("count(1) == 1", "byte 6 of the filter: expected a path as the argument of count, found 1"),
      (
        "length(@.a == 1",
        "byte 11 of the filter: expected ) after the arguments of length, found ="
      ),
      (
        "size(@) == 1",
        "byte 0 of the filter: expected one of the functions length, count, match, search, value, found s"
      ),
    ])
  func filterErrors(text: String, expected: String) {
    #expect(filterError(text) == "error[filter]: " + expected)
  }

  @Test("invalid UTF-8 is refused where it stands")
  func invalidUTF8() {
    #expect(throws: QrrotError.self) { try JSONPath([UInt8]("$.a".utf8) + [0xC3]) }
    #expect(throws: QrrotError.self) { try JSONPath([UInt8]("$['".utf8) + [0xFF, 0x27, 0x5D]) }
  }

  @Test("the last member of a name counts, however it is written")
  func duplicates() throws {
    #expect(try select("$.a", in: #"{"a":1,"b":2,"\u0061":3}"#) == ["3"])
    #expect(try select("$.a", in: #"{"\u0061":3,"b":2,"a":1}"#) == ["1"])
    #expect(try select("$.*", in: #"{"a":1,"b":2,"\u0061":3}"#) == ["2", "3"])
    #expect(try select("$..a", in: #"{"a":{"a":1},"a":{"a":2,"a":[{"a":3}]}}"#).count == 3)
    #expect(try holds("@.a == 3 && length(@) == 2", for: #"{"a":1,"b":2,"\u0061":3}"#))
    #expect(try holds("@.a == @.b", for: #"{"a":{"x":1,"y":2,"x":3},"b":{"y":2e0,"\u0078":3.0}}"#))
    let many = (0..<40).map { "\"k\($0 % 20)\":\($0)" }.joined(separator: ",")
    #expect(try select("$.*", in: "{\(many)}") == (20..<40).map { String($0) })
  }

  @Test("numbers compare exactly, whatever their length")
  func numbers() throws {
    #expect(try holds("@ == 12345678901234567890", for: "12345678901234567890"))
    #expect(try holds("@ < 12345678901234567891", for: "12345678901234567890"))
    #expect(try holds("@ != 9007199254740992", for: "9007199254740993"))
    #expect(try holds("@ == 0.1", for: "1e-1"))
    #expect(try holds("@ == 0", for: "-0.000e99"))
    #expect(try holds("@ > 1e400", for: "1e401"))
    #expect(try holds("@ < 1e-400", for: "1e-401"))
    #expect(try holds("@ == 1e99999999999999999999", for: "1e99999999999999999999"))
    let nines = String(repeating: "9", count: 10_000)
    #expect(try holds("@ < 1e10000", for: nines))
    #expect(try holds("@ == \(nines)", for: nines))
    #expect(try holds("@ > \(nines)", for: nines + ".1"))
  }

  @Test("names are found at every place in a block of 64 bytes")
  func alignment() throws {
    for length in 0...140 {
      let filler = String(repeating: "y", count: length)
      for name in [
        "", "a", "abcdef", "abcdefg",
        "a name of more than sixty-four bytes, which is longer than a block is",
      ] {
        let document =
          "{\"\(filler)x\":[{\"\(name)\":1}],\"\(name)\":{\"\(name)\":[2]},\"z\":\"\(filler)\"}"
        #expect(try select("$['\(name)']", in: document) == ["{\"\(name)\":[2]}"])
        #expect(try select("$['\(name)']['\(name)'][0]", in: document) == ["2"])
        #expect(try holds("@['\(name)']['\(name)'][0] == 2 && @.z == '\(filler)'", for: document))
      }
      #expect(try select("$.b", in: "{\"a\":\"\(filler)\\\"\",\"b\":\"\\\\\"}") == [#""\\""#])
    }
  }
}

@Suite("JSON path, hostile")
struct JSONPathHostileTests {
  @Test("brackets and parentheses beyond 64 levels are an error, not a crash")
  func nesting() throws {
    let limit = "at most 64 levels of filters, parentheses and functions"
    for (open, close) in [
      ("(", ")"), ("!(", ")"), ("@[?", "]"), ("length(", ")"), ("$[?@[?", "]]"),
    ] {
      let text =
        String(repeating: open, count: 10_000) + "@" + String(repeating: close, count: 10_000)
      #expect(filterError(text)?.contains(limit) == true, "\(open)")
      #expect(pathError("$[?" + text + "]")?.contains(limit) == true, "\(open)")
    }
    #expect(
      try holds(
        String(repeating: "(", count: 64) + "@" + String(repeating: ")", count: 64), for: "1"))
    let filters = String(repeating: "@[?", count: 64) + "@" + String(repeating: "]", count: 64)
    let arrays = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    #expect(try holds(filters, for: arrays))
  }

  @Test("a path of 10,000 segments and a filter of 10,000 terms do no harm")
  func long() throws {
    let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    #expect(try select("$" + String(repeating: "[0]", count: 511), in: deep) == ["[]"])
    #expect(try select("$" + String(repeating: "[0]", count: 10_000), in: deep) == [])
    #expect(throws: QrrotError.self) {
      try select("$" + String(repeating: "..[0]", count: 500), in: deep, stepLimit: 0)
    }
    let terms = String(repeating: "@.a == 1 || ", count: 10_000) + "@.b == 2"
    #expect(try holds(terms, for: #"{"b":2}"#))
    #expect(try !holds(terms, for: #"{"b":3}"#))
  }

  @Test("what grows beyond its document ends with budget, and says what to do")
  func budget() throws {
    let row = "[" + (0..<50).map { String($0) }.joined(separator: ",") + "]"
    let document = "[" + (0..<50).map { _ in row }.joined(separator: ",") + "]"
    #expect(try select("$..*", in: document).count == 2_550)
    let error = #expect(throws: QrrotError.self) {
      try select("$[?count(@[?count($..*) > 1]) > 1]", in: document, stepLimit: 10_000)
    }
    #expect(error?.code == .budget)
    #expect(error?.message.contains("fewer segments with .. or *") == true)
    let nested = String(repeating: "[[1,2],", count: 60) + "1" + String(repeating: "]", count: 60)
    #expect(throws: QrrotError.self) { try select("$..*..*..*..*", in: nested, stepLimit: 10_000) }
  }

  @Test("a search is stopped when somebody asks for it")
  func interrupt() throws {
    let interrupt = Interrupt()
    interrupt.raise()
    let document = [UInt8](("[" + String(repeating: "1,", count: 20_000) + "1]").utf8)
    let path = try JSONPath([UInt8]("$[?@ == 2]".utf8))
    var scratch = JSONScratch(interrupt: interrupt)
    let error = #expect(throws: QrrotError.self) {
      try document.withUnsafeBytes { try path.forEach(in: $0, scratch: &scratch) { _ in true } }
    }
    #expect(error?.code == .interrupted)
  }

  @Test("indices and slices at the limits of numbers select what is there")
  func extremes() throws {
    let most = "9007199254740991"
    #expect(try select("$[\(most),-\(most)]", in: "[1,2]") == [])
    #expect(try select("$[-\(most):\(most):\(most)]", in: "[1,2]") == ["1"])
    #expect(
      try select("$[\(most):-\(most):-1]", in: #"[1,"a\\",{"x":["]"]},[2,"\""]]"#)
        == [#"[2,"\""]"#, #"{"x":["]"]}"#, #""a\\""#, "1"])
    #expect(try select("$[::-\(most)]", in: "[1,2]") == ["2"])
    #expect(try select("$[::0]", in: "[1,2]") == [])
  }

  @Test("a regular expression that kills backtrackers takes its time and no more")
  func patterns() throws {
    let text = String(repeating: "a", count: 10_000)
    #expect(try !holds("match(@, '(a*)*b')", for: "\"\(text)\""))
    #expect(try !holds("match(@, '(a|aa)+b') || search(@, '[')", for: "\"\(text)\""))
    #expect(throws: QrrotError.self) { try holds("match(@, '(a{999}){999}')", for: "\"a\"") }
  }

  @Test("bytes that are no JSON are searched without harm")
  func noJSON() throws {
    var choices = SeededChoices(seed: TestSettings.seed(77))
    let bytes = [UInt8](#"{}[]",:\a1"#.utf8)
    var matchCount = 0
    for _ in 0..<3_000 {
      let document = (0..<choices.number(below: 90)).map { _ in choices.choose(bytes) }
      for path in ["$.a", "$..*", "$[::-1]", "$[?@.a == 1]", "$[-1]", "$[?@ == $]"] {
        let found = try? PathsCheck.matches(
          of: JSONPath([UInt8](path.utf8)), in: document, stepLimit: 1_000)
        matchCount += found?.count ?? 0
      }
    }
    #expect(matchCount > 100)
  }
}
