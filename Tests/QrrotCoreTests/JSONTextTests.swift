import Foundation
import QrrotCore
import QrrotTesting
import Testing

/// The public suite's folder, beside the folder of the package.
private let suiteFolder: URL = {
  var root = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { root.deleteLastPathComponent() }
  return root.deletingLastPathComponent()
    .appendingPathComponent("shared/conformance/JSONTestSuite/test_parsing")
}()

private let hasSuite = FileManager.default.fileExists(atPath: suiteFolder.path)

private func compact(_ text: String) throws(JSONSyntaxError) -> String {
  var output: [UInt8] = []
  try JSONText.appendCompact([UInt8](text.utf8).span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

/// The error for a text, nil if it is JSON; validating and compacting must agree on it.
private func failure(_ bytes: [UInt8]) -> JSONSyntaxError? {
  var validated: JSONSyntaxError?
  do { try JSONText.validate(bytes.span) } catch { validated = error }
  var compacted: JSONSyntaxError?
  var output: [UInt8] = [1, 2, 3]
  do { try JSONText.appendCompact(bytes.span, to: &output) } catch { compacted = error }
  #expect(validated == compacted)
  if compacted != nil { #expect(output == [1, 2, 3]) }
  return compacted
}

private func failure(_ text: String) -> JSONSyntaxError? {
  failure([UInt8](text.utf8))
}

@Suite("JSON text")
struct JSONTextTests {
  @Test(
    "the public suite holds: 95 accepted, 188 rejected, 35 either way",
    .enabled(if: hasSuite, "shared/conformance/JSONTestSuite is not beside the package"))
  func conformance() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: suiteFolder, includingPropertiesForKeys: nil)
    var counts: [Character: Int] = [:]
    for file in files where file.pathExtension == "json" {
      let bytes = [UInt8](try Data(contentsOf: file))
      let kind = try #require(file.lastPathComponent.first)
      counts[kind, default: 0] += 1
      let error = failure(bytes)
      switch kind {
      case "y": #expect(error == nil, "\(file.lastPathComponent)")
      case "n": #expect(error != nil, "\(file.lastPathComponent)")
      default: break
      }
    }
    #expect(counts == ["y": 95, "n": 188, "i": 35])
  }

  @Test("insignificant blanks go, every other byte stays")
  func compaction() throws {
    #expect(try compact(" 1 ") == "1")
    #expect(try compact("\t\r\n [ ] \n") == "[]")
    #expect(
      try compact("{ \"a b\" : [ 1 , -0.0e+10 , { } ] ,\n\n\"a b\"\t: \"x \\u00e9 \\/ é\" }")
        == "{\"a b\":[1,-0.0e+10,{}],\"a b\":\"x \\u00e9 \\/ é\"}")
    #expect(try compact("12345678901234567890.10") == "12345678901234567890.10")
    #expect(try compact("1E99999") == "1E99999")
    #expect(try compact(#""\uD800 \udc00\uD83D\uDE00""#) == #""\uD800 \udc00\uD83D\uDE00""#)
    #expect(try compact("[true , false , null]") == "[true,false,null]")
    #expect(try compact("[\n" + String(repeating: " ", count: 37) + "7]") == "[7]")
  }

  @Test("the text goes behind what the output held")
  func appends() throws {
    var output: [UInt8] = [UInt8(ascii: "x")]
    try JSONText.appendCompact([UInt8]("[ 1 ]".utf8).span, to: &output)
    try JSONText.appendCompact([UInt8](" 2".utf8).span, to: &output)
    #expect(output == [UInt8]("x[1]2".utf8))
  }

  @Test(
    "an error names the byte, what was expected and what was found",
    arguments: [
      ("", "byte 0: expected a value, found the end of the text"),
      ("  ", "byte 2: expected a value, found the end of the text"),
      ("{\"a\":true x}", "byte 10: expected a comma or }, found x"),
      ("{\"a\":1]", "byte 6: expected a comma or }, found ]"),
      ("[1 2]", "byte 3: expected a comma or ], found 2"),
      ("[1,]", "byte 3: expected a value, found ]"),
      ("[,1]", "byte 1: expected a value or ], found ,"),
      ("{,}", "byte 1: expected a member name in double quotes or }, found ,"),
      ("{\"a\":1,}", "byte 7: expected a member name in double quotes, found }"),
      ("{\"a\" 1}", "byte 5: expected a colon, found 1"),
      ("[1", "byte 2: expected a comma or ], found the end of the text"),
      ("\"abc", "byte 4: expected a closing quote, found the end of the text"),
      ("\"a\nb\"", #"byte 2: expected an escape instead of a raw control character, found \n"#),
      (#""\x""#, #"byte 2: expected one of " \ / b f n r t u after the backslash, found x"#),
      (#""\u12g4""#, #"byte 5: expected four hexadecimal digits after \u, found g"#),
      ("01", "byte 1: expected no digit after a leading 0, found 1"),
      ("-", "byte 1: expected a digit, found the end of the text"),
      ("1.e", "byte 2: expected a digit, found e"),
      ("1e+ ", "byte 3: expected a digit, found a space"),
      ("nul", "byte 3: expected null, found the end of the text"),
      ("trUe", "byte 2: expected true, found U"),
      ("1 2", "byte 2: expected the end of the text, found 2"),
      ("é", #"byte 0: expected a value, found \xC3"#),
      ("\u{FEFF}1", #"byte 0: expected a value, not a byte order mark, found \xEF"#),
      ("[\u{0C}]", #"byte 1: expected a value or ], found \f"#),
    ])
  func wording(text: String, expected: String) {
    #expect(failure(text)?.description == expected)
  }

  @Test(
    "invalid UTF-8 is an error at its first byte",
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xBF], [0xFF], [0xC3],
      [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let error = failure([UInt8]("\"éa".utf8) + bytes + [UInt8(ascii: "\"")])
    #expect(error?.offset == 4)
    #expect(error?.expected == "valid UTF-8")
  }

  @Test("the edges of UTF-8 are accepted")
  func validUTF8() throws {
    for value: UInt32 in [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x10_FFFF] {
      let text = "\"\(try #require(Unicode.Scalar(value)))\""
      #expect(try compact(text) == text)
    }
  }

  @Test("512 levels are accepted, 513 are not, 100,000 brackets do no harm")
  func depth() throws {
    for (open, inner, close) in [("[", "", "]"), ("{\"a\":", "1", "}"), ("[{\"a\":", "1", "}]")] {
      let levels = open.hasPrefix("[{") ? 256 : 512
      let text =
        String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
      #expect(try compact(text) == text)
      let deeper = failure("[" + text + "]")
      #expect(deeper?.expected == "at most 512 levels of nesting")
    }
    let error = failure(String(repeating: "[", count: 100_000))
    #expect(error?.offset == 512)
    #expect(
      error?.description == "byte 512: expected at most 512 levels of nesting, found [")
  }

  @Test("each closing bracket must fit its opening one, at every depth")
  func bracketKinds() {
    for depth in [1, 2, 63, 64, 65, 66, 127, 128, 129, 300, 512] {
      var generator = SeededGenerator(seed: UInt64(depth))
      let kinds = (0..<depth).map { _ in Bool.random(using: &generator) }
      let opening = kinds.map { $0 ? "{\"a\":" : "[" }.joined()
      let closing = kinds.reversed().map { $0 ? "}" : "]" }
      #expect(failure(opening + "1" + closing.joined()) == nil)
      let index = Int.random(in: 0..<depth, using: &generator)
      var wrong = closing
      wrong[index] = closing[index] == "}" ? "]" : "}"
      let error = failure(opening + "1" + wrong.joined())
      #expect(error?.offset == opening.utf8.count + 1 + index, "depth \(depth)")
    }
  }

  @Test("a string's end, an escape and a control are found at every place in a word")
  func stringAlignment() {
    for length in 0...40 {
      let filler = String(repeating: "y", count: length)
      #expect(failure("[\"\(filler)\"]") == nil)
      #expect(failure("[\"\(filler)\\\"\"]") == nil)
      #expect(failure("[\"\(filler)é\(filler)\"]") == nil)
      #expect(failure("[\"\(filler)\u{7F}!\"]") == nil)
      #expect(failure("[\"\(filler)\u{1F}  \"]")?.offset == length + 2)
      #expect(failure("[\"\(filler)")?.offset == length + 2)
    }
  }
}
