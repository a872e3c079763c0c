import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotParser

/// A text that arrives in parts is read as the whole text is.
@Suite("Text that arrives in parts")
struct StreamingTests {
  private static let texts = [
    "put a \"x\\\"y\\n\\u00e9\\ud83d\\ude00\"\r\nput 'b\nc' {\"d\": [\"}\\\"\",\n2]}\nsize\n",
    "put a as json '{\"a\":\n1}'\n# it's \"a comment\n\n\r\nget\r\nget a b\nput a b\"c\nkeys [a'\nsize",
    "put a [1}\nput b [\"x\\\\\"]\nput c \"a\"b\nput d 'x\r\n'\r\nget a $['x y']\ndel a $[\nsize\r\n",
    "put a \"never\n closed\\\" ' [ {",
    "put a [1, \"two\n\", {\"x\": ",
  ]

  @Test("wherever it is cut in two", arguments: texts)
  func everyCut(text: String) {
    let bytes = Array(text.utf8)
    let whole = Reading(bytes)
    for cut in 0...bytes.count {
      let parted = Reading(parts: [bytes[..<cut], bytes[cut...]])
      #expect(parted == whole, "cut at \(cut)")
    }
  }

  @Test("byte by byte", arguments: texts)
  func everyByte(text: String) {
    let bytes = Array(text.utf8)
    #expect(Reading(parts: bytes.indices.map { bytes[$0...$0] }) == Reading(bytes))
  }

  @Test("and when it is random bytes, which never crash the parser")
  func random() {
    let seed = TestSettings.seed(20_262)
    var random = SeededGenerator(seed: seed)
    let pieces: [[UInt8]] =
      [
        "\nput a 1\n", "\nget 'b'\n", "\nput ", "\nget ", "del ", "\nsize\n", "a", "key:1", "'",
        "\"", "\\", "{", "}", "[", "]", "\n",
        "\r\n",
        " ", "\t", ",", ":", "1", "-", "as json ", "as int ", "$.x", "$['", "#", "\\u", "\\x4", "é",
        "\0",
      ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80]]
    var commandCount = 0
    var errorCount = 0
    for round in 0..<TestSettings.count(1_500) {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        text += pieces.randomElement(using: &random) ?? []
      }
      let whole = Reading(text)
      commandCount += whole.texts.count { !$0.hasPrefix("error") }
      errorCount += whole.texts.count { $0.hasPrefix("error") }
      let cut = Int.random(in: 0...text.count, using: &random)
      let second = Int.random(in: cut...text.count, using: &random)
      let parted = Reading(parts: [text[..<cut], text[cut..<second], text[second...]])
      #expect(
        parted == whole,
        "TEST_SEED=\(seed), round \(round), cut at \(cut) and \(second): \(Escaping.displayed(text))"
      )
      if parted != whole { break }
    }
    #expect(commandCount > 100 && errorCount > 100)
  }

  @Test("noise of any bytes never crashes the parser, and is read to its end")
  func noise() {
    let seed = TestSettings.seed(20_263)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(300) {
      let count = Int.random(in: 0...300, using: &random)
      let text = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let reading = Reading(text)
      #expect(
        reading.lineCount == text.count { $0 == 0x0A },
        "TEST_SEED=\(seed): \(Escaping.displayed(text))")
    }
  }
}
