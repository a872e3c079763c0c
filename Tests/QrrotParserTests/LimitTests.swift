import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotParser

/// What is as big as it may be, and what is one bigger.
@Suite("Limits of the language")
struct LimitTests {
  private func code(_ text: [UInt8]) -> String {
    let text = Reading(text).texts.first ?? ""
    return text.hasPrefix("error[") ? text : "command"
  }

  @Test("a key has at most 64 KiB, after its escapes are read")
  func keys() {
    let longest = [UInt8](repeating: UInt8(ascii: "k"), count: 65_536)
    for (before, after) in [
      ("get ", ""), ("get '", "'"), ("get \"", "\""), ("put ", " 1"), ("del a ", ""),
    ] {
      let (head, tail) = (Array(before.utf8), Array(after.utf8))
      #expect(code(head + longest + tail) == "command")
      #expect(code(head + longest + [0x6B] + tail) == "error[too-large]")
    }
    let escaped = Array(repeating: Array("\\x41".utf8), count: 65_536).joined()
    #expect(code(Array("get \"".utf8) + escaped + [0x22]) == "command")
    #expect(code(Array("get \"".utf8) + escaped + [0x41, 0x22]) == "error[too-large]")
  }

  @Test("a pattern, a value and a wrong name may be longer than a key")
  func longTexts() {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
    #expect(code(Array("keys ".utf8) + long) == "command")
    #expect(code(Array("put a ".utf8) + long) == "command")
    #expect(code(long) == "error[unknown-command]")
    let error = QrrotError(.type, QrrotError.excerpt(long))
    #expect(error.message.utf8.count < 200)
  }

  @Test("JSON may be 512 deep, in a literal and in quotes, and not deeper")
  func depth() {
    func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
      Array((String(repeating: open, count: depth) + String(repeating: close, count: depth)).utf8)
    }
    for (before, after) in [("put a ", ""), ("put a as json '", "'"), ("put a as json ", "")] {
      let (head, tail) = (Array(before.utf8), Array(after.utf8))
      #expect(code(head + nested(512, "[", "]") + tail) == "command")
      #expect(code(head + nested(513, "[", "]") + tail) == "error[json]")
      let objects = Array("{\"a\":".utf8)
      let inner = Array(repeating: objects, count: 511).joined() + Array("{}".utf8)
      let closing = [UInt8](repeating: UInt8(ascii: "}"), count: 511)
      #expect(code(head + inner + closing + tail) == "command")
      let deeper = objects + inner + closing + [UInt8(ascii: "}")]
      #expect(code(head + deeper + tail) == "error[json]")
    }
  }

  @Test("a hundred thousand brackets are an error, and the next line is read")
  func manyBrackets() {
    let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    let text = Array("put a ".utf8) + brackets + Array("\nsize\n".utf8)
    #expect(Reading(text).items.map(\.description) == ["1: error[json]", "2: size"])
  }

  @Test("many arguments and long lines take time in proportion")
  func manyArguments() {
    let line = Array("del".utf8) + Array(repeating: Array(" k".utf8), count: 50_000).joined()
    #expect(code(line) == "command")
    let quotes = Array("del".utf8) + Array(repeating: Array(" 'a\nb'".utf8), count: 20_000).joined()
    #expect(Reading(quotes + Array("\nsize".utf8)).items.last?.description == "20002: size")
  }

  @Test(
    "a line of 600 MB and a value over 512 MiB are too large", .enabled(if: TestSettings.isLong))
  func hugeLines() {
    let line = Array("put a \"".utf8) + [UInt8](repeating: 0x78, count: 600_000_000) + [0x22]
    #expect(Reading(line + Array("\nsize".utf8)).texts == ["error[too-large]", "size"])
    let value = [UInt8](repeating: 0x78, count: Limits.valueByteCount)
    #expect(code(Array("put a ".utf8) + value) == "command")
    #expect(code(Array("put a ".utf8) + value + [0x78]) == "error[too-large]")
  }
}
