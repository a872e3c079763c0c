import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotParser

/// What is printed for a value can be pasted back and is the same typed value.
@Suite("Printed values read back")
struct LiteralRoundTripTests {
  private func readBack(_ value: Value) -> Value? {
    var line = Array("put k ".utf8)
    TextForm.append(value, to: &line)
    var parser = Parser()
    var command = Command()
    let step = try? parser.parse(line.span, isFinal: true, into: &command)
    guard step?.outcome == .command, step?.byteCount == line.count, command.arguments.count == 2
    else {
      return nil
    }
    let argument = command.arguments[1]
    switch argument.kind {
    case .value(.string): return .string(command.content(1))
    case .value(.json): return .json(command.content(1))
    case .value(.int): return .int(argument.integer)
    default: return nil
    }
  }

  @Test("integers do")
  func integers() {
    for integer in [0, 1, -1, 9, 10, 99, -10, Int64.max, .min, .max - 1, .min + 1] {
      #expect(readBack(.int(integer)) == .int(integer))
    }
    var random = SeededGenerator(seed: TestSettings.seed(1))
    for _ in 0..<TestSettings.count(500) {
      let integer =
        Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
      #expect(readBack(.int(integer)) == .int(integer))
    }
  }

  @Test("strings of any bytes do")
  func strings() {
    for byte in UInt8.min...UInt8.max { #expect(readBack(.string([byte])) == .string([byte])) }
    #expect(readBack(.string([])) == .string([]))
    let seed = TestSettings.seed(2)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(2_000) {
      let bytes = RandomText.bytes(&random)
      #expect(readBack(.string(bytes)) == .string(bytes), "TEST_SEED=\(seed)")
    }
  }

  /// In text a hidden character of a json value prints as `\uXXXX`: the same JSON value, with other
  /// bytes. So the comparison is of the bytes with those characters escaped.
  @Test("json does, but for hidden characters, which come back escaped")
  func json() {
    let seed = TestSettings.seed(3)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(2_000) {
      let text = RandomText.json(&random, depth: 4)
      var shown: [UInt8] = []
      Escaping.appendJSONText(text.span, to: &shown)
      #expect(
        readBack(.json(text)) == .json(shown), "TEST_SEED=\(seed): \(Escaping.displayed(text))")
      #expect(readBack(.json(shown)) == .json(shown), "TEST_SEED=\(seed)")
    }
  }

  @Test("keys do, wherever a key stands")
  func keys() {
    let seed = TestSettings.seed(4)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(2_000) {
      let key = RandomText.bytes(&random)
      if key.isEmpty { continue }
      var line = Array("exists ".utf8)
      Escaping.appendKey(key.span, to: &line)
      line += Array(" ".utf8)
      Escaping.appendKey(key.span, to: &line)
      var parser = Parser()
      var command = Command()
      let step = try? parser.parse(line.span, isFinal: true, into: &command)
      #expect(step?.outcome == .command, "TEST_SEED=\(seed): \(Escaping.displayed(line))")
      #expect(command.arguments.indices.map { command.content($0) } == [key, key])
    }
  }
}

/// Texts that are hard to print and to read.
enum RandomText {
  private static let pieces: [[UInt8]] =
    [
      "a", "B", "5", "-", "\"", "'", "\\", " ", "\t", "\n", "\r", "\0", "\u{1B}[31m", "{", "}", "[",
      "]", "$", "#",
      "é", "日本", "😀", "\u{200B}", "\u{202E}", "\u{200D}", "\u{FEFF}", "\u{2028}", "\u{E0041}",
      "\u{85}",
      "as json ", "\\u0041", "\\x41",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90]]

  static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
      pieces.randomElement(using: &random) ?? []
    }
  }

  /// A valid, compact JSON text.
  static func json(_ random: inout SeededGenerator, depth: Int) -> [UInt8] {
    switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
    case 0: return Array("null".utf8)
    case 1: return Array(Bool.random(using: &random) ? "true".utf8 : "false".utf8)
    case 2: return Array("\(Int64.random(in: .min ... .max, using: &random))".utf8)
    case 3: return Array("-0.0\(UInt64.random(in: 0 ... .max, using: &random))e+99".utf8)
    case 4, 5: return string(&random)
    case 6:
      let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        json(&random, depth: depth - 1)
      }
      return Array("[".utf8) + Array(items.joined(separator: Array(",".utf8))) + Array("]".utf8)
    default:
      let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        string(&random) + Array(":".utf8) + json(&random, depth: depth - 1)
      }
      return Array("{".utf8) + Array(items.joined(separator: Array(",".utf8))) + Array("}".utf8)
    }
  }

  private static func string(_ random: inout SeededGenerator) -> [UInt8] {
    let plain = [
      "a", "it's", "\\\"", "\\\\", "\\/", "\\n", "\\ud800", "\\u00e9", "é", "😀", " ", "}", "]",
      "\u{200B}", "\u{202E}", "\u{2028}", "\u{7F}", "\u{85}",
    ]
    let body = (0..<Int.random(in: 0...6, using: &random)).map { _ in
      plain.randomElement(using: &random) ?? ""
    }
    return Array("\"\(body.joined())\"".utf8)
  }
}
