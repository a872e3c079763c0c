import QrrotService
import QrrotTesting
import Testing

/// Random scripts of commands, cut anywhere.
@Suite("Conversations in pieces")
struct PieceTests {
  private let keys = ["a", "b", "c", "doc"]
  private let values = ["1", "-5", "x y", "", "3.5", String(repeating: "v", count: 9_000)]

  /// A random command of Redis.
  private func command(_ random: inout SeededGenerator) -> [String] {
    let key = keys.randomElement(using: &random) ?? "a"
    let value = values.randomElement(using: &random) ?? "1"
    let number = String(Int.random(in: -3...300, using: &random))
    let commands: [[String]] = [
      ["SET", key, value], ["SET", key, value, "EX", number], ["GET", key], ["GET", key],
      ["MGET"] + keys, ["INCR", key], ["APPEND", key, value], ["GETRANGE", key, "0", number],
      ["SETRANGE", key, number, value], ["DEL", key, "b"], ["EXPIRE", key, number], ["TTL", key],
      ["KEYS", "*"], ["SCAN", "0"], ["TYPE", key], ["RENAME", key, "c"], ["COPY", key, "b"],
      ["MULTI"], ["EXEC"], ["DISCARD"], ["WATCH", key], ["UNWATCH"], ["PING"], ["ECHO", value],
      ["NOPE", value], ["GET"], ["CLIENT", "LIST"], ["CLIENT", "REPLY", "SKIP"], ["HELLO", "3"],
      ["HELLO", "2"], ["AUTH", "secret"], ["AUTH", "x"], ["COMMAND", "DOCS", "get"], ["SAVE"],
      ["JSON.SET", "doc", "$", #"{"n":1,"l":[1,2]}"#], ["JSON.GET", key, "$..n"],
      ["JSON.NUMINCRBY", "doc", "$.n", number], ["JSON.DEL", "doc", "$.l"], ["JSON.TYPE", key],
      ["QRROT", "put \(key) 7"], ["QRROT", "all"], ["QRROT", "begin"], ["QRROT", "commit"],
      ["QRROT", "undo"], ["QRROT", "get \(key) $.n"], ["RESET"], ["DBSIZE"],
    ]
    return commands.randomElement(using: &random) ?? []
  }

  /// A random line of our own language.
  private func line(_ random: inout SeededGenerator) -> String {
    let key = keys.randomElement(using: &random) ?? "a"
    let lines = [
      "put \(key) 1", "put \(key) \"x y\"", "put \(key) {\"n\":[1,2]}", "get \(key)",
      "get \(key) $.n", "incr \(key)", "del \(key)", "keys", "all", "size", "begin", "commit",
      "rollback", "undo", "", "# nothing", "nope", "put \(key)", "put \"x", "auth secret",
      "find where @ > 0", "count by $.n[0]", "expire \(key) 5", "ttl \(key)", "clear",
    ]
    return (lines.randomElement(using: &random) ?? "")
      + (Bool.random(using: &random) ? "\n" : "\r\n")
  }

  private func script(_ random: inout SeededGenerator, isPlain: Bool) -> [UInt8] {
    let count = Int.random(in: 1...30, using: &random)
    if isPlain { return (0..<count).flatMap { _ in Array(line(&random).utf8) } }
    // Often a long value is read again and again, so that replies have to wait.
    let isLong = Int.random(in: 0..<3, using: &random) == 0
    return (0..<count).flatMap { index -> [UInt8] in
      var command = command(&random)
      if isLong, index == 0 { command = ["SET", "a", values[5]] }
      if isLong, index > 0, Bool.random(using: &random) { command = ["GET", "a"] }
      // The first line decides what is spoken. Behind it, a command may come inline.
      guard index > 0, Int.random(in: 0..<6, using: &random) == 0,
        command.allSatisfy({ !$0.isEmpty && !$0.contains { " \"".contains($0) } })
      else { return Talk.encoded(command.map { Array($0.utf8) }) }
      return Array((command.joined(separator: " ") + "\r\n").utf8)
    }
  }

  private func pieces(
    _ bytes: [UInt8], _ random: inout SeededGenerator
  ) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    let longest = Int.random(in: 1...400, using: &random)
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 1...longest, using: &random))
      parts.append(bytes[start..<end])
      start = end
    }
    return parts
  }

  /// What is answered to parts that come one after another, and whether anything had to wait.
  private func answers(
    _ parts: [ArraySlice<UInt8>], password: String?, byteCount: Int
  ) throws -> [UInt8] {
    let talk = try #require(
      Talk(
        Talk.service(password: password) {
          $0.replyByteCount = byteCount
          // Where there is room for little, long replies come in parts too.
          $0.streamedByteCount = min(byteCount + 100, 1 << 20)
          $0.streamedKeyCount = min(byteCount, 4_096)
        }))
    return parts.flatMap { talk.ending == nil ? talk.send($0) : [] }
  }

  @Test(
    "a script in any pieces, byte by byte too, is answered as at once", arguments: [false, true])
  func pieces(isPlain: Bool) throws {
    let seed = TestSettings.seed(81)
    var random = SeededGenerator(seed: seed)
    var longest = 0
    for _ in 0..<TestSettings.count(120) {
      let script = script(&random, isPlain: isPlain)
      let password = Int.random(in: 0..<4, using: &random) == 0 ? "secret" : nil
      func answers(_ parts: [ArraySlice<UInt8>], _ byteCount: Int = 1 << 30) throws -> [UInt8] {
        try self.answers(parts, password: password, byteCount: byteCount)
      }
      let whole = try answers([script[...]])
      longest = max(longest, whole.count)
      #expect(try answers(pieces(script, &random)) == whole, "seed \(seed)")
      #expect(try answers(script.indices.map { script[$0...$0] }) == whole, "seed \(seed)")
      // Where there is room for little, replies are taken before the next command is looked at.
      #expect(try answers([script[...]], 1) == whole, "seed \(seed)")
      #expect(try answers(pieces(script, &random), 1) == whole, "seed \(seed)")
    }
    #expect(longest > (isPlain ? 100 : 40_000))
  }

  /// Lines that are carried out without the parser, and what can come between them.
  private func shortLines(_ random: inout SeededGenerator) -> [String] {
    let values = [
      "\"12\"", "\"some value\"", "a-value-of-16-bytes", "other-of-16-bytes", "7", "\"\"",
    ]
    return (0..<Int.random(in: 1...60, using: &random)).map { _ in
      let key = ["k", "kk", "long:key:of:20:bytes", "é"].randomElement(using: &random) ?? "k"
      return switch Int.random(in: 0..<20, using: &random) {
      case 0..<8: "put \(key) \(values.randomElement(using: &random) ?? "7")"
      case 8..<14: "get \(key)"
      case 14..<17: "undo"
      case 17: ["begin", "commit", "rollback"].randomElement(using: &random) ?? "begin"
      case 18: "incr \(key)"
      default: "expire \(key) 100"
      }
    }
  }

  @Test("a short line does what it does with a blank behind it, which is read word by word")
  func shortLines() throws {
    let seed = TestSettings.seed(82)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(200) {
      let lines = shortLines(&random) + ["rollback", "all", "undo 2", "all"]
      let short = Array(lines.map { $0 + "\n" }.joined().utf8)
      let slow = Array(lines.map { $0 + " \n" }.joined().utf8)
      let expected = try answers([slow[...]], password: nil, byteCount: 1 << 30)
      #expect(
        try answers([short[...]], password: nil, byteCount: 1 << 30) == expected, "seed \(seed)")
      #expect(
        try answers(pieces(short, &random), password: nil, byteCount: 1) == expected,
        "seed \(seed)")
    }
  }

  @Test("replies that nobody takes keep what follows from being done, and take no more memory")
  func blocked() throws {
    let talk = try #require(Talk(Talk.service { $0.replyByteCount = 1 }))
    _ = talk("SET", "big", String(repeating: "v", count: 9_000))
    let get = Talk.encoded([Array("GET".utf8), Array("big".utf8)])
    let incr = Talk.encoded([Array("INCR".utf8), Array("n".utf8)])
    let script = (0..<100).flatMap { _ in get } + incr
    let done = talk.receiveOnce(script)
    #expect(talk.isBlocked && done == 2 * get.count && talk.replyCount == 2)
    #expect(talk.receiveOnce(Array(script[done...])) == 0 && talk.replyCount == 2)
    let other = try #require(Talk(talk.service))
    #expect(other("EXISTS", "n") == ":0")
  }
}
