import QrrotTesting
import QrrotWire
import Testing

/// Random commands and replies, written, cut anywhere, damaged, and read.
@Suite("Commands and replies in pieces")
struct WirePropertyTests {
  /// Cuts `bytes` into pieces of random sizes.
  private func pieces(
    _ bytes: [UInt8], _ random: inout SeededGenerator
  ) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    let longest = Int.random(in: 1...40, using: &random)
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 1...longest, using: &random))
      parts.append(bytes[start..<end])
      start = end
    }
    return parts
  }

  private func content(_ random: inout SeededGenerator) -> [UInt8] {
    let alphabet = Array("ab \r\n$*\"'\\0\u{0}\u{FF}é".utf8)
    let longest = Int.random(in: 0..<8, using: &random) == 0 ? 300 : 12
    return (0..<Int.random(in: 0...longest, using: &random)).map { _ in
      alphabet.randomElement(using: &random) ?? 0
    }
  }

  private func command(_ random: inout SeededGenerator) -> [[UInt8]] {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in content(&random) }
  }

  /// An inline command that is `command`.
  private func inline(_ command: [[UInt8]]) -> [UInt8] {
    var line: [UInt8] = []
    for argument in command {
      line += Array(" \"".utf8)
      for byte in argument {
        line += Array("\\x".utf8)
        line += Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
      }
      line += Array("\"".utf8)
    }
    return line + Array("\r\n".utf8)
  }

  @Test("any commands, as arrays or inline, cut anywhere, are read as they were")
  func commands() {
    let seed = TestSettings.seed(71)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(300) {
      let commands = (0..<Int.random(in: 1...6, using: &random)).map { _ in command(&random) }
      // The first byte decides: `*` it must be.
      var bytes = Array("*-1\r\n".utf8)
      for command in commands {
        bytes += Bool.random(using: &random) ? RequestReading.encoded(command) : inline(command)
      }
      let expected = commands.map { RequestReading.Item.command($0) }
      #expect(RequestReading(bytes).items == expected, "seed \(seed)")
      #expect(RequestReading(parts: pieces(bytes, &random)).items == expected, "seed \(seed)")
      let batches = RequestReading(parts: pieces(bytes, &random), inBatches: true)
      #expect(batches.items == expected && batches.byteCount == bytes.count, "seed \(seed)")
      let drops = RequestReading(parts: bytes.indices.map { bytes[$0...$0] })
      #expect(drops.items == expected && drops.byteCount == bytes.count, "seed \(seed)")
    }
  }

  @Test("a batch finds requests of every length that it knows, and stops in front of others")
  func batches() {
    var bytes: [UInt8] = []
    var expected: [RequestReading.Item] = []
    for length in [0, 1, 9, 10, 11, 99, 100, 101, 998, 999, 1_000, 1_001, 12_345] {
      for count in [1, 2, 9, 10, 11] {
        let command = [[UInt8]](
          repeating: [UInt8](repeating: UInt8(ascii: "x"), count: length), count: count)
        bytes += RequestReading.encoded(command)
        expected.append(.command(command))
      }
    }
    let reading = RequestReading(parts: [bytes[...]], inBatches: true)
    #expect(reading.items == expected && reading.byteCount == bytes.count)
    for text in [
      "*1\r\n$01\r\n", "*1\r\n$1\n\r", "*1\r\n$1\r\nab\r", "*0\r\n", "*:\r\n", "$1\r\na\r\n",
    ] {
      var batch = RequestBatch()
      let found = Array(text.utf8).withUnsafeBytes { batch.read($0) }
      #expect(found == 0, "\(text)")
    }
  }

  @Test("near the limits, too, bytes that come one by one are read as all at once")
  func nearLimits() {
    let limits = RequestLimits(
      argumentByteCount: 12, requestByteCount: 30, inlineByteCount: 10, lineByteCount: 14)
    let replyLimits = ReplyLimits(bulkByteCount: 12, lineByteCount: 10, replyByteCount: 24)
    var errorCount = 0
    for count in 0..<20 {
      let text = String(repeating: "0", count: count)
      for end in ["", "\n", "\r", "\r\n", "\rx\n", "\n\r\n"] {
        for head in ["", "$", "*", "*1\r\n$", "*0\r\n", "*1\r\n$\(count)\r\n"] {
          let bytes = Array((head + text + end).utf8)
          let whole = RequestReading(bytes, limits: limits)
          let drops = RequestReading(parts: bytes.indices.map { bytes[$0...$0] }, limits: limits)
          #expect(drops.items == whole.items && drops.byteCount == whole.byteCount, "\(bytes)")
          if whole.error != nil { errorCount += 1 }
        }
        for head in ["+", ":", "$", "*", "*1\r\n+", "$\(count)\r\n", "|0\r\n$\(count)\r\n"] {
          let bytes = Array((head + text + end).utf8)
          let whole = ReplyReading(bytes, limits: replyLimits)
          let drops = ReplyReading(
            parts: bytes.indices.map { bytes[$0...$0] }, limits: replyLimits)
          #expect(drops == whole, "\(bytes)")
          if whole.error != nil { errorCount += 1 }
        }
      }
    }
    #expect(errorCount > 100 && errorCount < 1_400)
  }

  @Test("damaged streams are an error or wait for more, the same however they are cut")
  func damaged() throws {
    let seed = TestSettings.seed(72)
    var random = SeededGenerator(seed: seed)
    var sum = RespFuzzing.Tally()
    var untouched = 0
    for _ in 0..<TestSettings.count(1_000) {
      var stream: [UInt8] = []
      if Bool.random(using: &random) {
        for _ in 0..<3 { stream += RequestReading.encoded(command(&random)) }
      } else {
        for _ in 0..<3 { stream += writtenReply(&random).bytes }
      }
      var choices = FuzzInput((0..<6).map { _ in UInt8.random(in: 0...255, using: &random) })
      FuzzDamage(&choices).apply(to: &stream)
      let head = (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }
      let tally = try RespFuzzing.check(head + stream)
      sum.commandCount += tally.commandCount
      sum.requestErrorCount += tally.requestErrorCount
      sum.replyCount += tally.replyCount
      sum.replyErrorCount += tally.replyErrorCount
      if tally.requestErrorCount == 0 { untouched += 1 }
    }
    #expect(sum.commandCount > 50 && sum.requestErrorCount > 50 && untouched > 50, "seed \(seed)")
    #expect(sum.replyCount > 50 && sum.replyErrorCount > 50, "seed \(seed)")
  }

  /// A random reply: its parts, and as it is written.
  private func writtenReply(
    _ random: inout SeededGenerator
  ) -> (parts: [ReplyReading.Part], bytes: [UInt8]) {
    var parts: [ReplyReading.Part] = []
    var missing = 1
    while missing > 0 {
      missing -= 1
      let part = self.part(&random, mayNest: parts.count < 12)
      if case .head(_, let count) = part { missing += count }
      parts.append(part)
    }
    var writer = ReplyWriter(version: .resp3)
    #expect(ReplyReading.write(parts, to: &writer))
    return (parts, writer.bytes)
  }

  private func part(_ random: inout SeededGenerator, mayNest: Bool) -> ReplyReading.Part {
    switch Int.random(in: 0..<(mayNest ? 13 : 9), using: &random) {
    case 0: .null
    case 1: .integer(Int64.random(in: .min ... .max, using: &random))
    case 2: .boolean(Bool.random(using: &random))
    case 3: .double(ReplyReading.text(of: Double.random(in: -1e9...1e9, using: &random)))
    case 4: .text(.simple, Array("OK é".utf8))
    case 5: .text(.error, Array("ERR no such key".utf8))
    case 6: .text(.bigNumber, Array("-340282366920938463463374607431768211456".utf8))
    case 7: .text(.verbatim, Array("a\r\nb".utf8))
    case 8: .text(.bulk, content(&random))
    case 9: .head(.array, Int.random(in: 0...4, using: &random))
    case 10: .head(.map, 2 * Int.random(in: 0...2, using: &random))
    case 11: .head(.set, Int.random(in: 0...3, using: &random))
    default: .head(.push, Int.random(in: 0...3, using: &random))
    }
  }

  @Test("any replies, cut anywhere, are read as they were")
  func replies() {
    let seed = TestSettings.seed(73)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(300) {
      let replies = (0..<Int.random(in: 1...4, using: &random)).map { _ in writtenReply(&random) }
      let bytes = replies.flatMap(\.bytes)
      for parts in [[bytes[...]], pieces(bytes, &random), bytes.indices.map { bytes[$0...$0] }] {
        let reading = ReplyReading(parts: parts)
        #expect(reading.error == nil && reading.byteCount == bytes.count, "seed \(seed)")
        #expect(reading.replies == replies.map(\.parts), "seed \(seed)")
      }
    }
  }

  @Test("a reply in version 2 is one that can be read, with as many parts")
  func version2() {
    let seed = TestSettings.seed(74)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(300) {
      let parts = writtenReply(&random).parts
      var writer = ReplyWriter(version: .resp2)
      #expect(ReplyReading.write(parts, to: &writer))
      let reading = ReplyReading(writer.bytes)
      #expect(reading.error == nil && reading.replies.map(\.count) == [parts.count], "seed \(seed)")
    }
  }
}
