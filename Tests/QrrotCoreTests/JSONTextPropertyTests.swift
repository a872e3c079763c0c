import QrrotCore
import QrrotTesting
import Testing

@Suite("JSON text, with random documents")
struct JSONTextPropertyTests {
  @Test(
    "a document with blanks becomes the same document without",
    arguments: 1...40 as ClosedRange<UInt64>)
  func compaction(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      var tokens: [String] = []
      Self.appendValue(to: &tokens, levelsLeft: 5, using: &generator)
      let dense = [UInt8](tokens.joined().utf8)
      var output: [UInt8] = []
      try JSONText.appendCompact(Self.withBlanks(tokens, using: &generator).span, to: &output)
      #expect(output == dense, "seed \(seed)")
      output = []
      try JSONText.appendCompact(dense.span, to: &output)
      #expect(output == dense, "seed \(seed)")
    }
  }

  @Test("mutated documents are accepted or rejected, and compacting them twice changes nothing")
  func mutations() throws {
    let seed: UInt64 = 20_240_607
    var generator = SeededGenerator(seed: seed)
    var (acceptedCount, rejectedCount) = (0, 0)
    for _ in 0..<3_000 {
      var tokens: [String] = []
      Self.appendValue(to: &tokens, levelsLeft: 3, using: &generator)
      var bytes = Self.withBlanks(tokens, using: &generator)
      for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
        let index = bytes.indices.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(Self.telling.randomElement(using: &generator) ?? 0, at: index)
        default: bytes.removeSubrange(index...)
        }
      }
      var once: [UInt8] = []
      do {
        try JSONText.appendCompact(bytes.span, to: &once)
      } catch {
        rejectedCount += 1
        #expect(once.isEmpty && (0...bytes.count).contains(error.offset), "seed \(seed)")
        #expect(error.found == (error.offset < bytes.count ? bytes[error.offset] : nil))
        continue
      }
      acceptedCount += 1
      var twice: [UInt8] = []
      try JSONText.appendCompact(once.span, to: &twice)
      #expect(once == twice, "seed \(seed)")
    }
    #expect(acceptedCount > 100 && rejectedCount > 100)
  }

  /// Bytes that mean something in JSON.
  private static let telling = [UInt8]("{}[]\",:\\0-.eE+ \ntu\u{0}".utf8)

  /// Appends the tokens of a random value.
  private static func appendValue(
    to tokens: inout [String], levelsLeft: Int, using generator: inout SeededGenerator
  ) {
    switch Int.random(in: 0..<(levelsLeft > 0 ? 9 : 6), using: &generator) {
    case 0: tokens.append(["true", "false", "null"].randomElement(using: &generator) ?? "null")
    case 1: tokens.append(String(Int64.random(in: .min ... .max, using: &generator)))
    case 2:
      let number = ["0", "-0", "0.10", "1e9999", "-2.50E-07", "123456789012345678901234567890"]
      tokens.append(number.randomElement(using: &generator) ?? "0")
    case 3...5: tokens.append(string(using: &generator))
    case 6:
      tokens.append("[")
      for index in 0..<Int.random(in: 0...5, using: &generator) {
        if index > 0 { tokens.append(",") }
        appendValue(to: &tokens, levelsLeft: levelsLeft - 1, using: &generator)
      }
      tokens.append("]")
    default:
      tokens.append("{")
      for index in 0..<Int.random(in: 0...5, using: &generator) {
        if index > 0 { tokens.append(",") }
        tokens.append(string(using: &generator))
        tokens.append(":")
        appendValue(to: &tokens, levelsLeft: levelsLeft - 1, using: &generator)
      }
      tokens.append("}")
    }
  }

  /// A random string token.
  private static func string(using generator: inout SeededGenerator) -> String {
    let parts = [
      "a", "name", " ", "  two  ", "é", "漢字", "😀", #"\""#, #"\\"#, #"\n"#, #"\/"#, #"\u00e9"#,
      #"\uD800"#, "{", "]", ":", ",", "\u{7F}", "a longer run of plain text",
    ]
    let count = Int.random(in: 0...6, using: &generator)
    let text = (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
    return "\"" + text + "\""
  }

  /// The tokens with blanks around some of them.
  private static func withBlanks(
    _ tokens: [String], using generator: inout SeededGenerator
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for token in tokens + [""] {
      if Bool.random(using: &generator) {
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
          bytes.append(Array("  \n\r\t  ".utf8).randomElement(using: &generator) ?? 0x20)
        }
      }
      bytes += token.utf8
    }
    return bytes
  }
}
