import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotParser

/// Most lines are read in one pass, without tokens. That pass must accept nothing that the full
/// reader reads otherwise.
@Suite("Plain lines")
struct PlainLineTests {
  /// What came of one reading, in a form that can be compared.
  private struct Outcome: Equatable {
    var step: Parser.Step?
    var failure: ParseFailure?
    var command = ""
    var arguments: [Command.Argument] = []
  }

  private static func outcome(
    _ command: inout Command,
    _ read: (inout Command) throws(ParseFailure) -> Parser.Step
  ) -> Outcome {
    do throws(ParseFailure) {
      let step = try read(&command)
      guard step.outcome == .command else { return Outcome(step: step) }
      return Outcome(
        step: step, command: Reading.text(of: command), arguments: Array(command.arguments))
    } catch {
      return Outcome(failure: error)
    }
  }

  private static let pieces: [[UInt8]] =
    [
      "get", "put", "PUT", "del", "exists", "keys", "size", "incr", "rollback", "get", "put",
      "Type",
      "user:1", "a", "as", "as string", "42", "-7", "-", "007", "99999999999999999999", "1.5",
      "\"some \\\"quoted\\\" value\"", "\"\"", "\"a long enough value, of several words\"",
      "\"\\u00e9\"", "\"\\x41\"", "\"\\q\"", "\"$.x\"", "'single'", "\"open", "'", "\"", "\\",
      "{}", "[1, 2]", "$.x", "$", "$.a.b[0]", "$[01]", "$['a']", "!#$%&", "x!y", "user*", "#", "\0",
      "\u{1}", "\r", "\r\n", "\n",
      "é", "abcdefgh", "abcdefghijklmnopqrstuvwxyz",
    ].map { Array($0.utf8) } + [[0xFF]]

  @Test("are read as the full reader reads them")
  func sameAsFullReader() {
    let seed = TestSettings.seed(20_264)
    var random = SeededGenerator(seed: seed)
    var parser = Parser()
    var reader = Parser()
    var plain = Command()
    plain.reset(to: .size, lineByteCount: 1)
    var full = Command()
    var counts = (commands: 0, failures: 0)
    for round in 0..<TestSettings.count(20_000) {
      var line: [UInt8] = []
      for index in 0..<Int.random(in: 1...4, using: &random) {
        // Mostly well-formed: a name first, one blank between.
        let first = Self.pieces[0..<12].randomElement(using: &random) ?? []
        let other = Self.pieces.randomElement(using: &random) ?? []
        if index > 0, Int.random(in: 0..<12, using: &random) > 0 {
          line += Array((Bool.random(using: &random) ? " " : " \t ").utf8)
        }
        line += index == 0 && Int.random(in: 0..<10, using: &random) > 0 ? first : other
      }
      if Bool.random(using: &random) { line.append(0x0A) }
      let isFinal = Bool.random(using: &random)
      let quick = Self.outcome(&plain) { command throws(ParseFailure) in
        try parser.parse(line.span, isFinal: isFinal, into: &command)
      }
      let slow = Self.outcome(&full) { command throws(ParseFailure) in
        try line.withUnsafeBufferPointer { input throws(ParseFailure) in
          try reader.read(input, isFinal: isFinal, into: &command)
        }
      }
      if quick.failure != nil { counts.failures += 1 }
      if quick.step?.outcome == .command { counts.commands += 1 }
      #expect(quick == slow, "TEST_SEED=\(seed), round \(round): \(Escaping.displayed(line))")
      if quick != slow { break }
    }
    #expect(counts.commands > 1_000 && counts.failures > 1_000)
  }

  @Test("of any length up to the storage's, cut anywhere, stay within it")
  func lengths() {
    var parser = Parser()
    var command = Command()
    for count in 0..<700 {
      let value = (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) }
      let line = Array("put k \"".utf8) + value + Array("\"\n".utf8)
      let step = try? parser.parse(line.span, isFinal: false, into: &command)
      #expect(step?.byteCount == line.count)
      #expect(command.content(1) == value)
    }
  }

  @Test(
    "parsed again into the same command allocate nothing",
    arguments: ["get user:1", #"put user:1 "some \"quoted\" value""#])
  func storageStays(line: String) throws {
    var parser = Parser()
    var command = Command()
    let bytes = Array(line.utf8)
    _ = try parser.parse(bytes.span, isFinal: true, into: &command)
    let address = command.bytes.withUnsafeBytes { $0.baseAddress }
    for _ in 0..<100 { _ = try parser.parse(bytes.span, isFinal: true, into: &command) }
    #expect(command.bytes.withUnsafeBytes { $0.baseAddress } == address)
    #expect(command.arguments.count == (line.hasPrefix("put") ? 2 : 1))
  }

  @Test("a copy of a command keeps what it was")
  func copies() throws {
    var parser = Parser()
    var command = Command()
    let first = Array("put a b".utf8)
    let second = Array("get other".utf8)
    for _ in 0..<2 { _ = try parser.parse(first.span, isFinal: true, into: &command) }
    let copy = command
    _ = try parser.parse(second.span, isFinal: true, into: &command)
    #expect(Reading.text(of: copy) == #"put key"a" string"b""#)
    #expect(Reading.text(of: command) == #"get key"other""#)
  }
}
