import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotService

/// Replies that come in parts are those that would be made whole.
@Suite("Streamed replies")
struct StreamTests {
  private let values = [
    "7", "-12", "short", String(repeating: "plain text ", count: 9_000),
    String(repeating: "\u{1}\u{202E}é\"\\👩\u{200D}🔬", count: 3_000),
    String(repeating: "\n", count: 20_000),
  ]
  private let documents = [
    "{\"a\":[1,2]}", "\"it's \(String(repeating: "é\u{200B}", count: 9_000))\"",
    "[\(String(repeating: "\"x\",", count: 9_000))1]",
    "\"\(String(repeating: "x", count: 40_000))\"",
  ]

  private func key(_ random: inout SeededGenerator) -> String {
    let number = Int.random(in: 0..<30, using: &random)
    return "k\(number % 10 == 0 ? String(repeating: "long", count: 2_000) : "")\(number)"
  }

  private func write(_ talk: Talk, _ random: inout SeededGenerator) {
    let key = key(&random)
    let value = values.randomElement(using: &random) ?? ""
    switch Int.random(in: 0..<9, using: &random) {
    case 0..<4: _ = talk("SET", key, value)
    case 4: _ = talk("JSON.SET", key, "$", documents.randomElement(using: &random) ?? "1")
    case 5: _ = talk("DEL", key)
    case 6: _ = talk("EXPIRE", key, "5")
    case 7: _ = talk("APPEND", key, value)
    default: _ = talk("RENAME", key, "k3")
    }
  }

  private func command(_ random: inout SeededGenerator) -> [String] {
    let key = key(&random)
    let numbers = (0..<2).map { _ in String(Int.random(in: -90_000...90_000, using: &random)) }
    let commands = [
      ["GET", key], ["GETEX", key], ["GETRANGE", key] + numbers, ["GETRANGE", key, "0", "-1"],
      ["JSON.GET", key], ["JSON.GET", key, "$"], ["MGET"] + (0..<9).map { _ in self.key(&random) },
      ["KEYS", "*"], ["KEYS", "*3"], ["KEYS", "none*"], ["QRROT", "get \(key)"], ["QRROT", "all"],
      ["QRROT", "all \"*1\""], ["QRROT", "all \(key)"], ["QRROT", "keys"], ["QRROT", "keys k1*"],
      ["QRROT", "keys k1"],
    ]
    return commands.randomElement(using: &random) ?? []
  }

  private func line(_ random: inout SeededGenerator) -> String {
    let key = key(&random)
    let lines = ["get \(key)", "all", "all *1", "all \(key)", "keys", "keys k1*", "keys none"]
    return lines.randomElement(using: &random) ?? "all"
  }

  /// The same database with a service that makes replies whole, and one that streams them.
  private func services(_ clock: TestClock) -> (whole: Service, streaming: Service) {
    let whole = Talk.service(clock: clock) {
      $0.streamedByteCount = .max
      $0.streamedKeyCount = .max
    }
    var configuration = whole.configuration
    configuration.streamedByteCount = 1_000
    configuration.streamedKeyCount = 3
    configuration.replyByteCount = 8 << 20
    return (whole, Service(engine: whole.engine, configuration: configuration))
  }

  @Test(
    "whatever others write meanwhile, and whatever room there is, the reply is that of its moment",
    arguments: [2, 3, 0])
  func anyCommand(version: Int) throws {
    let seed = TestSettings.seed(UInt64(97 + version))
    var random = SeededGenerator(seed: seed)
    var longest = 0
    for round in 0..<TestSettings.count(150) {
      let clock = TestClock()
      let (whole, streaming) = services(clock)
      let (other, expecting) = (try #require(Talk(whole)), try #require(Talk(whole)))
      let reader = try #require(Talk(streaming))
      for _ in 0..<25 { write(other, &random) }
      if version == 3 {
        _ = expecting("HELLO", "3")
        _ = reader("HELLO", "3")
      }
      var request = Array((line(&random) + "\n").utf8)
      var end = Array("size\n".utf8)
      let words = version == 0 ? [] : command(&random)
      if version != 0 {
        request = Talk.encoded(words.map { Array($0.utf8) })
        end = Talk.encoded([Array("PING".utf8)])
      }
      let expected = expecting.send(request)
      let isQuiet = round % 4 == 0
      let parts = reader.sendInParts(request + (isQuiet ? end : [])) {
        if isQuiet { return }
        for _ in 0..<Int.random(in: 0...3, using: &random) { write(other, &random) }
        if Int.random(in: 0..<4, using: &random) == 0 { clock.advance(milliseconds: 6_000) }
        reader.client.noteOutput(Int.random(in: 0..<250_000, using: &random))
      }
      var found = parts.flatMap(\.self)
      if isQuiet {
        let last = expecting.send(end)
        #expect(found.suffix(last.count) == last[...])
        found.removeLast(last.count)
      }
      longest = max(longest, parts.count)
      // Of keys in no order what was changed comes first.
      let isSame =
        words.first == "KEYS"
        ? Talk.text(found).split(separator: "\n").sorted()
          == Talk.text(expected).split(separator: "\n").sorted() : found == expected
      #expect(
        isSame && reader.ending == nil,
        "seed \(seed), \(Talk.text(request).prefix(80)): \(found.count), not \(expected.count)")
      #expect(streaming.viewBudget.used == 0)
    }
    #expect(longest > 5)
  }

  private func large(_ byteCount: Int = 1_000_000) throws -> Talk {
    let talk = try #require(Talk(Talk.service { $0.streamedByteCount = 100_000 }))
    _ = talk("SET", "large", String(repeating: "v", count: byteCount))
    return talk
  }

  private let get = Talk.encoded([Array("GET".utf8), Array("large".utf8)])
  private let incr = Talk.encoded([Array("INCR".utf8), Array("n".utf8)])

  @Test("what follows waits until the reply is over, also where nothing follows")
  func order() throws {
    let talk = try large()
    let other = try #require(Talk(talk.service))
    var counts: [Int] = []
    var parts = talk.sendInParts(get + incr + get) {
      counts.append(talk.isStreaming ? 1 : 0)
      if counts.count < 3 { #expect(other("EXISTS", "n") == ":0") }
    }
    #expect(parts.count == 16 && other("GET", "n") == "$1\n1")
    #expect(parts.allSatisfy { $0.count <= 132_000 })
    let whole = try #require(Talk(talk.service))
    parts = whole.sendInParts(get)
    #expect(parts.count == 8 && parts.flatMap(\.self) == whole.send(get))
    #expect(whole.ending == nil && !whole.isBlocked && !whole.isStreaming)
  }

  @Test("a reply counts once, with its first part")
  func count() throws {
    let talk = try large()
    #expect(talk.receiveOnce(get + incr) == get.count)
    #expect(talk.replyCount == 1 && talk.isBlocked && talk.isStreaming)
    _ = talk.sendInParts([])
    #expect(talk.replyCount == 0 && !talk.isStreaming)
  }

  @Test("QUIT behind it ends the connection when it is over, and not before")
  func quit() throws {
    let talk = try large()
    let bytes = talk.send(get + Talk.encoded([Array("QUIT".utf8)]) + incr)
    #expect(talk.ending == .quit && bytes.suffix(7) == Array("\r\n+OK\r\n".utf8)[...])
    #expect(bytes.count == 1_000_000 + "$1000000\r\n\r\n+OK\r\n".utf8.count)
  }

  @Test("in a transaction, for one who watches, and where it is thrown away, it is made whole")
  func whole() throws {
    let head = "$1000000\r\n".utf8.count
    let talk = try large()
    for words in [["MULTI"], ["GET", "large"]] { _ = talk(words) }
    #expect(talk.sendInParts(Talk.encoded([Array("EXEC".utf8)])).count == 1)
    _ = talk("QRROT", "begin")
    #expect(talk.sendInParts(get).map(\.count) == [head + 1_000_002])
    _ = talk("QRROT", "rollback")
    _ = talk("CLIENT", "REPLY", "SKIP")
    #expect(talk.sendInParts(get).map(\.count) == [0])
    #expect(talk.sendInParts(get).count == 8)
    _ = talk("CLIENT", "REPLY", "OFF")
    #expect(talk.sendInParts(get).map(\.count) == [0])
    let watching = try #require(Talk(talk.service))
    _ = watching("MONITOR")
    #expect(watching.sendInParts(get).map(\.count) == [head + 1_000_002])
  }

  @Test(
    "what is replaced meanwhile is kept up to the limit; beyond, the connection ends and says why")
  func overrun() throws {
    let service = Talk.service {
      $0.streamedByteCount = 1_000
      $0.replyByteCount = 500_000
    }
    let (talk, other) = (try #require(Talk(service)), try #require(Talk(service)))
    _ = other("SET", "large", String(repeating: "v", count: 400_000))
    #expect(talk.receiveOnce(get) == get.count)
    _ = other("SET", "large", "1")
    #expect((400_000..<401_000).contains(service.viewBudget.used))
    #expect(service.clientByteCount == service.viewBudget.used)
    var rest = talk.sendInParts([])
    #expect(rest.flatMap(\.self).count == 400_000 + "$400000\r\n\r\n".utf8.count)
    #expect(service.viewBudget.used == 0 && talk.ending == nil)

    _ = other("SET", "large", String(repeating: "v", count: 600_000))
    // One has a part of its reply, the other is at the end of another reply and has none of this.
    let late = try #require(Talk(service))
    #expect(late.receiveOnce(get + get) == 2 * get.count || late.isStreaming)
    #expect(talk.receiveOnce(get) == get.count)
    _ = other("SET", "large", "2")
    #expect(service.viewBudget.used == 0)
    rest = talk.sendInParts([])
    #expect(talk.ending.map { "\($0)" }?.contains("in the midst of a reply: others") == true)
    #expect(rest.flatMap(\.self).count < 300_000)
  }

  @Test("a reply that can't begin is an error in its place")
  func overrunAtFirst() throws {
    let service = Talk.service {
      $0.streamedByteCount = 1_000
      $0.replyByteCount = 100_000
    }
    let (talk, other) = (try #require(Talk(service)), try #require(Talk(service)))
    for key in ["large", "larger"] { _ = other("SET", key, String(repeating: "v", count: 150_000)) }
    let second = Talk.encoded([Array("GET".utf8), Array("larger".utf8)])
    var isReplaced = false
    let bytes = talk.sendInParts(get + second + incr) {
      // The second has been begun, and waits for its turn.
      guard talk.isStreaming, talk.waitingByteCount == incr.count, !isReplaced else { return }
      isReplaced = true
      _ = other("SET", "larger", "2")
    }.flatMap(\.self)
    #expect(isReplaced && talk.ending == nil)
    #expect(Talk.text(Array(bytes.suffix(120))).contains("-ERR others have changed more"))
    #expect(bytes.suffix(4) == Array(":1\r\n".utf8)[...])
  }

  @Test("a client that goes away in the midst leaves nothing behind")
  func left() throws {
    var talk: Talk? = try large()
    let service = try #require(talk?.service)
    let other = try #require(Talk(service))
    _ = talk?.receiveOnce(get)
    talk = nil
    _ = other("SET", "large", String(repeating: "v", count: 1_000_000))
    #expect(service.viewBudget.used == 0)
    talk = Talk(service)
    _ = talk?.receiveOnce(get)
    _ = other("SET", "large", "1")
    #expect(service.viewBudget.used > 0)
    talk?.dropStream()
    #expect(service.viewBudget.used == 0)
  }

  @Test(
    "KEYS of a large table gives up its turn, whether it finds anything or not",
    arguments: ["*9", "x*"])
  func turns(pattern: String) throws {
    let talk = try #require(Talk())
    for number in 0..<20_000 { _ = talk("SET", "key:\(number)", "1") }
    let parts = talk.sendInParts(Talk.encoded([Array("KEYS".utf8), Array(pattern.utf8)]))
    #expect(parts.count >= 5)
    let text = Talk.text(parts.flatMap(\.self))
    #expect(text.split(separator: "\n").first == (pattern == "x*" ? "*0" : "*2000"))
    let keys = Talk.text(talk.sendInParts("QRROT keys\r\n".utf8).flatMap(\.self)).split(
      separator: "\n")
    #expect(keys.count == 40_001 && keys[0] == "*20000")
  }

  @Test("a SCAN that may find very many ends with a cursor when its reply is long, and misses none")
  func scan() throws {
    let talk = try #require(Talk(Talk.service { $0.streamedByteCount = 10_000 }))
    for number in 0..<9_000 { _ = talk("SET", "key:\(number)", "1") }
    var cursor = "0"
    var found: Set<Substring> = []
    var calls = 0
    repeat {
      let lines = talk("SCAN", cursor, "COUNT", "1000000").split(separator: "\n")
      cursor = String(lines[2])
      found.formUnion(lines.dropFirst(4).filter { $0.hasPrefix("key:") })
      calls += 1
    } while cursor != "0"
    #expect(found.count == 9_000 && calls == 3)
  }

  @Test("keys brought into order count among what clients take, and are refused beyond it")
  func memory() throws {
    let service = Talk.service(memoryLimit: 8 << 20) { $0.streamedKeyCount = 100 }
    let talk = try #require(Talk(service))
    let long = String(repeating: "k", count: 4_000)
    for number in 0..<1_200 { _ = talk("SET", "\(long)\(number)", "1") }
    #expect(talk("QRROT", "keys").hasPrefix("-TOO-LARGE there is no memory"))
    #expect(talk("QRROT", "keys *7").hasPrefix("*120"))
    #expect(service.clientByteCount == 0)
  }
}
