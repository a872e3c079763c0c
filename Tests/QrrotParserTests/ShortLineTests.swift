import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotParser

/// A server carries out some lines without the parser. That pass must accept nothing that the parser
/// reads otherwise.
@Suite("Short lines")
struct ShortLineTests {
  /// What a short line says, as a command is written by ``Reading``, and how long it is.
  private static func reading(_ input: [UInt8]) -> (text: String, byteCount: Int)? {
    input.withUnsafeBytes { bytes in
      guard let line = ShortLine(bytes) else { return nil }
      var command = Command()
      command.reset(to: line.isPut ? .put : .get, lineByteCount: line.byteCount)
      command.append(.key, Array(line.key))
      if line.isPut { command.append(Value.string(Array(line.value))) }
      return (Reading.text(of: command), line.byteCount)
    }
  }

  /// What the parser makes of the first line of `input`.
  private static func full(_ input: [UInt8]) -> (text: String, byteCount: Int)? {
    var parser = Parser()
    var command = Command()
    let line = input.prefix { $0 != 0x0A }
    let end = line.last == 0x0D ? line.count - 1 : line.count
    guard
      let step = try? parser.parse(Array(line.prefix(end)).span, isFinal: true, into: &command),
      step.outcome == .command, step.byteCount == end
    else { return nil }
    return (Reading.text(of: command), line.count + 1)
  }

  private static let pieces: [[UInt8]] =
    [
      "user:1", "a", "as", "As", "string", "42", "-7", "-", "007", "1.5", "v1.5", "HTTP/1.1",
      "\"some value\"", "\"\"", "\"a long enough value, of several words\"", "\"é\"", "\"\t\"",
      "\"\\n\"", "\"v\"x", "'single'", "\"open", "it's", "\\", "{}", "[1]", "x{", "$.x", "$",
      "!#$%&", "#", "\0", "\u{1}", "\u{7F}", "é", "abcdefgh", "abcdefghijklmnop",
      String(repeating: "k", count: 127), String(repeating: "k", count: 128),
      String(repeating: "k", count: 129), "\"" + String(repeating: "v", count: 128) + "\"",
      "\"" + String(repeating: "v", count: 129) + "\"",
    ].map { Array($0.utf8) } + [[0xFF], [0x80]]

  private static func line(_ random: inout SeededGenerator) -> [UInt8] {
    let names = ["get", "put", "GET", "Put", "del", "g\0t", "get\0", "gets", " get", "put\t"]
    let isCommon = Int.random(in: 0..<6, using: &random) > 0
    let name =
      isCommon ? ["get", "put"].randomElement(using: &random) : names.randomElement(using: &random)
    var line = Array((name ?? "get").utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      line += Int.random(in: 0..<20, using: &random) > 0 ? [0x20] : Array(" \t".utf8)
      line += pieces.randomElement(using: &random) ?? []
    }
    return line + (Bool.random(using: &random) ? [0x0A] : [0x0D, 0x0A])
  }

  @Test("are read as the parser reads them, whatever follows")
  func sameAsParser() {
    let seed = TestSettings.seed(20_265)
    var random = SeededGenerator(seed: seed)
    var count = 0
    for round in 0..<TestSettings.count(20_000) {
      let line = Self.line(&random)
      let input = line + (Bool.random(using: &random) ? Self.line(&random) : [])
      guard let short = Self.reading(input) else { continue }
      count += 1
      let full = Self.full(input)
      let isSame = full.map { $0 == short } ?? false
      #expect(isSame, "TEST_SEED=\(seed), round \(round): \(Escaping.displayed(line))")
      if !isSame { break }
    }
    #expect(count > TestSettings.count(20_000) / 20)
  }

  @Test(
    "the common forms are read",
    arguments: [
      "get user:1\n", "GET user:1\r\n", "get key:000000000001\n", "put k value\n", "put k v\r\n",
      "put k \"a b\"\n", "put key:000000000001 \"01234567890123456789012345678901\"\n",
      "put k \"12\"\n", "put k asx\n", "put k \"é\"\n", "get ké\u{7F}k\n",
    ])
  func common(line: String) throws {
    let bytes = Array(line.utf8)
    let short = try #require(Self.reading(bytes))
    let full = try #require(Self.full(bytes))
    #expect(short == full)
    // Not all there yet: nothing is read, and nothing behind the end is looked at.
    for end in bytes.indices { #expect(Self.reading(Array(bytes[..<end])) == nil) }
  }

  @Test(
    "what the parser or the reader of requests has to look at is left to it",
    arguments: [
      "put k 12\n", "put k -x\n", "put k as\n", "put k {}\n", "put k [1]\n", "put k \"a\\n\"\n",
      "put k a b\n", "get k $.x\n", "get \"k\"\n", "put /x HTTP/1.1\n", "get user.1\n", "get  k2\n",
      "put k \"a\" \n", "get k\u{1}kkk\n", "put k it's\n", "del key1\n",
    ])
  func leftAlone(line: String) {
    #expect(Self.reading(Array(line.utf8)) == nil)
  }
}
