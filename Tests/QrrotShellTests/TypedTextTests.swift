import Testing

@testable import qrrot

/// What reaches readline of what is typed. readline 8.2 was seen to loop for ever in vi's motions
/// over bytes that are no characters; only SIGKILL ended the program.
@Suite("Typed text")
struct TypedTextTests {
  private func pass(_ bytes: [UInt8]) -> [UInt8] {
    var typed = TypedText()
    var passed: [UInt8] = []
    for byte in bytes {
      typed.take(byte)
      while let next = typed.next() { passed.append(next) }
    }
    return passed
  }

  @Test("whole characters pass, byte for byte", arguments: ["get a", "über ß", "日本 👋", "\u{1B}[A"])
  func wholeCharacters(text: String) {
    #expect(pass(Array(text.utf8)) == Array(text.utf8))
  }

  @Test(
    "bytes that are no character come as their escapes, and what follows is kept",
    arguments: [
      ([0xFF], "\\xFF"), ([0x80], "\\x80"), ([0xC3], "\\xC3"), ([0xE2, 0x82], "\\xE2\\x82"),
      ([0xC0, 0xAF], "\\xC0\\xAF"), ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"),
      ([0xF4, 0x90, 0x80, 0x80], "\\xF4\\x90\\x80\\x80"),
    ] as [([UInt8], String)])
  func brokenCharacters(bytes: [UInt8], escapes: String) {
    #expect(String(decoding: pass([0x61] + bytes + [0x62]), as: UTF8.self) == "a\(escapes)b")
    #expect(String(decoding: pass(bytes + [0xC3, 0xA9]), as: UTF8.self) == "\(escapes)é")
  }
}
