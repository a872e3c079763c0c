import QrrotCore
import QrrotTesting
import Testing

private func quoted(_ bytes: [UInt8]) -> String {
  var output: [UInt8] = []
  Escaping.appendQuoted(bytes.span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

private func json(_ text: String) -> String {
  var output: [UInt8] = []
  Escaping.appendJSONString([UInt8](text.utf8).span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

private func jsonText(_ text: String) -> String {
  var output: [UInt8] = []
  Escaping.appendJSONText([UInt8](text.utf8).span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

private func lines(_ text: String) -> String {
  var output: [UInt8] = []
  Escaping.appendDisplayed([UInt8](text.utf8).span, to: &output, keepingLineFeedsAndTabs: true)
  return String(decoding: output, as: UTF8.self)
}

private func key(_ text: String) -> String {
  var output: [UInt8] = []
  Escaping.appendKey([UInt8](text.utf8).span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

private func base64(_ text: String) -> String {
  var output: [UInt8] = []
  Escaping.appendBase64([UInt8](text.utf8).span, to: &output)
  return String(decoding: output, as: UTF8.self)
}

@Suite("Escaping")
struct EscapingTests {
  @Test("plain text of any script is shown as it is")
  func plain() {
    for text in ["", "plain", "a\"b\\c'd", "Gérard", "漢字かな", "שלום", "नमस्ते", "한국어", "\u{A0}|"] {
      #expect(Escaping.displayed(text) == text)
    }
  }

  @Test("control characters have their short or hexadecimal form")
  func controls() {
    #expect(Escaping.displayed("\u{0}\u{8}\t\n\u{C}\r") == #"\0\b\t\n\f\r"#)
    #expect(Escaping.displayed("\u{1B}[31m\u{7F}\u{1}") == #"\x1B[31m\x7F\x01"#)
    #expect(Escaping.displayed("\u{9B}31m") == #"\u{9B}31m"#)
  }

  @Test("every scalar that hides is escaped, its neighbours are not")
  func hiddenRanges() throws {
    let ranges: [ClosedRange<UInt32>] = [
      0x80...0x9F, 0xAD...0xAD, 0x034F...0x034F, 0x061C...0x061C, 0x17B4...0x17B5,
      0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F,
      0xFEFF...0xFEFF, 0xFFF0...0xFFFB, 0x1_BCA0...0x1_BCA3, 0x1_D173...0x1_D17A,
      0xE_0000...0xE_0FFF,
    ]
    // All of the hidden scalars, their neighbours, and a sample of the rest.
    var values = Set(stride(from: UInt32(0xA0), through: 0x10_FFFF, by: 251))
    for range in ranges { values.formUnion(range.lowerBound - 1...range.upperBound + 1) }
    for value in values {
      guard value >= 0x80, let scalar = Unicode.Scalar(value) else { continue }
      let isHidden = ranges.contains { $0.contains(value) }
      let expected =
        isHidden ? "\\u{" + String(value, radix: 16, uppercase: true) + "}" : String(scalar)
      #expect(Escaping.displayed(String(scalar)) == expected)
    }
  }

  @Test("the quoted form escapes quotes, backslashes and invalid bytes")
  func quotedForm() {
    #expect(quoted([UInt8]("a\"b\\c'd/".utf8)) == #""a\"b\\c'd/""#)
    #expect(quoted([]) == #""""#)
    #expect(quoted([0x61, 0xFF, 0x80, 0x0A, 0x00, 0x31]) == #""a\xFF\x80\n\01""#)
    #expect(quoted([0xE2, 0x82]) == #""\xE2\x82""#)
    #expect(quoted([0xED, 0xA0, 0x80]) == #""\xED\xA0\x80""#)
    #expect(quoted([UInt8]("\u{202E}\u{E0041}é".utf8)) == #""\u{202E}\u{E0041}é""#)
    #expect(Escaping.displayed([0x61, 0xC3, 0x28]) == #"a\xC3("#)
  }

  @Test(
    "joiners and selectors stay inside an emoji",
    arguments: [
      "👩\u{200D}👩\u{200D}👧\u{200D}👦", "❤\u{FE0F}", "❤\u{FE0F}\u{200D}🔥", "👩🏽\u{200D}🚀",
      "🏳\u{FE0F}\u{200D}🌈", "1\u{FE0F}\u{20E3}", "#\u{FE0F}\u{20E3}*\u{FE0F}\u{20E3}", "🇳🇴",
      "©\u{FE0F}",
      "☝\u{FE0F}🏽", "🐈\u{200D}⬛", "x😀y",
    ])
  func emoji(text: String) {
    #expect(Escaping.displayed(text) == text)
    #expect(key(text) == text)
  }

  @Test(
    "joiners and selectors elsewhere are escaped",
    arguments: [
      ("a\u{200D}b", #"a\u{200D}b"#), ("a\u{200C}b", #"a\u{200C}b"#), ("a\u{FE0F}", #"a\u{FE0F}"#),
      ("1\u{FE0F}", #"1\u{FE0F}"#), ("漢\u{FE00}", #"漢\u{FE00}"#), ("😀\u{200D}", #"😀\u{200D}"#),
      ("😀\u{200D}a", #"😀\u{200D}a"#), ("\u{200D}😀", #"\u{200D}😀"#),
      ("😀\u{200D}\u{200D}😀", #"😀\u{200D}\u{200D}😀"#), ("😀\u{FE0E}", #"😀\u{FE0E}"#),
      ("😀\u{FE0F}\u{FE0F}", "😀\u{FE0F}" + #"\u{FE0F}"#), ("😀\u{200C}😀", #"😀\u{200C}😀"#),
      ("🇳\u{200D}😀", #"🇳\u{200D}😀"#), ("a🏽\u{200D}😀", #"a🏽\u{200D}😀"#),
      ("\u{7}\u{FE0F}\u{20E3}", #"\x07\u{FE0F}"# + "\u{20E3}"),
    ])
  func strayJoiners(text: String, expected: String) {
    // Compared as bytes: characters of Swift strings are equal more often than their scalars.
    #expect(Array(Escaping.displayed(text).utf8) == Array(expected.utf8))
  }

  @Test("joiners stay after a letter that joins, once")
  func joiningLetters() {
    for text in [
      "می\u{200C}خواهم", "क्\u{200D}ष", "ශ්\u{200D}රී", "ന്\u{200D}", "ᠠ\u{180B}", "ߒ\u{200D}",
    ] {
      #expect(Array(Escaping.displayed(text).utf8) == Array(text.utf8))
    }
    #expect(Escaping.displayed("ی\u{200C}\u{200C}") == "ی\u{200C}" + #"\u{200C}"#)
    #expect(Escaping.displayed("٣\u{200C}") == #"٣\u{200C}"#)
    #expect(Escaping.displayed("a\u{180B}") == #"a\u{180B}"#)
  }

  @Test("line feeds and tabs stay where they may, CR LF becomes LF, a lone CR does not stay")
  func lineFeeds() {
    #expect(lines("a\n\tb\r\nc\rd\u{1B}") == "a\n\tb\nc\\rd\\x1B")
    #expect(lines("\r\r\n\r") == "\\r\n\\r")
  }

  @Test("a JSON string has short forms and surrogate pairs")
  func jsonStrings() {
    #expect(json("a/\"\\\u{8}\u{C}\n\r\t\u{0}\u{1B}é😀") == #""a/\"\\\b\f\n\r\t\u0000\u001Bé😀""#)
    #expect(json("\u{7F}\u{202E}\u{E0041}") == #""\u007F\u202E\uDB40\uDC41""#)
    var output: [UInt8] = []
    let notText: [UInt8] = [0x61, 0xFF]
    Escaping.appendJSONString(notText.span, to: &output)
    #expect(output == [UInt8](#""a\uFFFD""#.utf8))
  }

  @Test("a JSON text keeps everything but hidden scalars")
  func jsonTexts() {
    let text = #"{"a\"b":[1.50e3,"x\n\u0041é",null],"e":"\\"}"#
    #expect(jsonText(text) == text)
    #expect(jsonText("[\"\u{7F}\u{200B}\u{E0041}\"]") == #"["\u007F\u200B\uDB40\uDC41"]"#)
  }

  @Test("a key is bare only if it reads back as one bare token")
  func keys() {
    for text in ["user:1", "a\\b", "{tag}:1", "$.x", "#", "naïve", "漢", "😀", "x" + "\u{A0}"] {
      #expect(key(text) == text)
    }
    #expect(key("") == #""""#)
    #expect(key("a b") == #""a b""#)
    #expect(key("a\tb") == #""a\tb""#)
    #expect(key("it's") == #""it's""#)
    #expect(key("say\"") == #""say\"""#)
    #expect(key("a longer key, with a blank") == #""a longer key, with a blank""#)
    #expect(key("a\u{200B}") == #""a\u{200B}""#)
    let notText: [UInt8] = [0x61, 0xFF]
    let isBare = Escaping.isBareWord(notText.span)
    #expect(!isBare)
  }

  @Test("base64 follows the vectors of RFC 4648")
  func base64Vectors() {
    let vectors = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
      "foobar": "Zm9vYmFy",
    ]
    for (text, expected) in vectors { #expect(base64(text) == expected) }
    var output: [UInt8] = []
    let bytes: [UInt8] = [0xFB, 0xEF, 0xFF, 0xFF]
    Escaping.appendBase64(bytes.span, to: &output)
    #expect(String(decoding: output, as: UTF8.self) == "++///w==")
  }
}
