import QrrotService
import QrrotTesting
import Testing

@Suite("Transactions between clients, and time")
struct TwoClientTests {
  @Test("a watched key that another client has touched keeps EXEC from anything")
  func watch() throws {
    let service = Talk.service()
    let (one, two) = (try #require(Talk(service)), try #require(Talk(service)))
    for touch in [
      ["SET", "k", "v"], ["SET", "k", "v"], ["EXPIRE", "k", "100"], ["PERSIST", "k"], ["DEL", "k"],
      ["JSON.SET", "k", "$", "1"], ["JSON.NUMINCRBY", "k", "$", "1"], ["FLUSHALL"],
      ["QRROT", "put k 1"], ["RENAME", "k", "z"], ["COPY", "z", "k"],
    ] {
      #expect(one("WATCH", "k") == "+OK")
      _ = two(touch)
      #expect(one("MULTI") == "+OK")
      #expect(one("SET", "done", "1") == "+QUEUED")
      #expect(one("EXEC") == "*-1", "\(touch)")
      #expect(one("EXISTS", "done") == ":0")
    }
    #expect(one("WATCH", "k") == "+OK")
    _ = two("GET", "k")
    _ = two("SET", "other", "1")
    _ = two("DEL", "none")
    _ = one("MULTI")
    _ = one("PING")
    #expect(one("EXEC") == "*1\n+PONG")
    _ = one("HELLO", "3")
    _ = one("WATCH", "k")
    _ = two("SET", "k", "9")
    _ = one("MULTI")
    #expect(one("EXEC") == "_")
  }

  @Test("a watched key that expires counts as touched, one that had expired before does not")
  func expiry() throws {
    let clock = TestClock()
    let talk = try #require(Talk(Talk.service(clock: clock)))
    _ = talk("SET", "k", "v", "PX", "100")
    _ = talk("WATCH", "k")
    clock.advance(milliseconds: 100)
    _ = talk("MULTI")
    _ = talk("PING")
    #expect(talk("EXEC") == "*-1")
    _ = talk("SET", "k", "v", "PX", "100")
    clock.advance(milliseconds: 100)
    _ = talk("WATCH", "k")
    clock.advance(milliseconds: 100)
    _ = talk("MULTI")
    _ = talk("PING")
    #expect(talk("EXEC") == "*1\n+PONG")
  }

  @Test("what is queued and watched is forgotten with the connection's RESET")
  func reset() throws {
    let talk = try #require(Talk())
    _ = talk("MULTI")
    _ = talk("SET", "k", "v")
    #expect(talk("RESET") == "+RESET")
    #expect(talk("EXEC") == "-ERR EXEC without MULTI")
    #expect(talk("EXISTS", "k") == ":0")
  }

  @Test("what is queued counts as memory of clients, and is given back")
  func queuedMemory() throws {
    let service = Talk.service(memoryLimit: 8 << 20)
    let value = String(repeating: "v", count: 1 << 20)
    func fill() throws -> (Talk, [String]) {
      let talk = try #require(Talk(service))
      _ = talk("MULTI")
      return (talk, (0..<10).map { _ in talk("SET", "k", value) })
    }
    let oom = "-OOM command not allowed when used memory > 'maxmemory'."
    let before = service.clientByteCount
    for ending in [["DISCARD"], ["EXEC"], ["RESET"]] {
      let (talk, replies) = try fill()
      #expect(replies.first == "+QUEUED" && replies.last == oom)
      #expect(service.clientByteCount > before + (4 << 20))
      _ = talk(ending)
      #expect(service.clientByteCount == before, "\(ending)")
    }
    _ = try fill()
    #expect(service.clientByteCount == before, "a client that has gone")
    let talk = try #require(Talk(service))
    _ = talk("MULTI")
    for _ in 0..<3 { #expect(talk("SET", "k", value) == "+QUEUED") }
    #expect(talk("EXEC") == "*3\n+OK\n+OK\n+OK")
    #expect(service.clientByteCount == before)
  }

  @Test("keys to watch are bounded in number and in bytes")
  func watchLimits() throws {
    let talk = try #require(Talk())
    let error = "-ERR a client may watch 10000 keys, of 1048576 bytes together"
    #expect(talk(["WATCH"] + (0..<10_000).map { "k\($0)" }) == "+OK")
    #expect(talk("WATCH", "k1", "k2") == "+OK")
    #expect(talk("WATCH", "more") == error)
    #expect(talk("UNWATCH") == "+OK")
    let long = String(repeating: "x", count: 65_530)
    #expect(talk(["WATCH"] + (10..<26).map { "\($0)" + long }) == "+OK")
    #expect(talk("WATCH", "99" + long) == error)
    #expect(talk("UNWATCH") == "+OK")
    #expect(talk("WATCH", "99" + long) == "+OK")
  }

  @Test("keys are there until their time, to every command")
  func time() throws {
    let clock = TestClock()
    let talk = try #require(Talk(Talk.service(clock: clock)))
    _ = talk("SET", "k", "v", "EX", "10")
    #expect(talk("TTL", "k") == ":10" && talk("PTTL", "k") == ":10000")
    #expect(talk("EXPIRETIME", "k") == ":1000000010")
    clock.advance(milliseconds: 4_400)
    #expect(talk("TTL", "k") == ":6" && talk("PTTL", "k") == ":5600")
    clock.advance(milliseconds: 5_599)
    #expect(talk("GET", "k") == "$1\nv" && talk("TTL", "k") == ":0")
    clock.advance(milliseconds: 1)
    #expect(talk("GET", "k") == "$-1" && talk("TTL", "k") == ":-2")
    #expect(talk("SET", "k", "w", "XX") == "$-1")
    #expect(talk("SETNX", "k", "w") == ":1")
    #expect(talk("TTL", "k") == ":-1")
    #expect(talk("EXPIREAT", "k", "1000000011") == ":1")
    clock.advance(milliseconds: 1_000)
    #expect(talk("INCR", "k") == ":1" && talk("TTL", "k") == ":-1")
  }

  @Test("a time inside a transaction is one moment")
  func moment() throws {
    let clock = TestClock(step: 7)
    let talk = try #require(Talk(Talk.service(clock: clock)))
    _ = talk("MULTI")
    _ = talk("SET", "k", "v", "PX", "1000")
    _ = talk("PTTL", "k")
    _ = talk("PTTL", "k")
    #expect(talk("EXEC") == "*3\n+OK\n:1000\n:1000")
  }
}
