import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Keys that vanish, by a clock that the test sets.
@Suite("Expiry")
struct ExpiryTests {
  private let clock = TestClock()

  private func client(sweeps: Bool = false) -> EngineClient {
    EngineClient(LocalEngine(clock: clock.wallClock, sweeps: sweeps))
  }

  private func two() -> (EngineClient, EngineClient) {
    let engine = LocalEngine(clock: clock.wallClock, sweeps: false)
    return (EngineClient(engine), EngineClient(engine))
  }

  private func transcript(_ client: EngineClient, _ lines: [(String, String)]) {
    for (line, reply) in lines { #expect(client.run(line) == reply, "\(line)") }
  }

  @Test(
    "a key is there until the millisecond of its expiry, and absent to every command from then on")
  func vanishes() {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), ("put b 2", "OK"), ("expire a 2", "1"), ("expire nobody 2", "0"),
        ("ttl a", "2"), ("ttl b", "-1"), ("ttl nobody", "-2"),
      ])
    clock.advance(milliseconds: 1_000)
    #expect(client.run("ttl a") == "1")
    clock.advance(milliseconds: 1)
    #expect(client.run("ttl a") == "1", "rounded up")
    clock.advance(milliseconds: 998)
    transcript(client, [("ttl a", "1"), ("get a", "1"), ("size", "2"), ("exists a a", "2")])
    clock.advance(milliseconds: 1)
    transcript(
      client,
      [
        ("get a", "(nil)"), ("exists a a b", "1"), ("type a", "(nil)"), ("ttl a", "-2"),
        ("all", "b int 2"), ("keys", "b"), ("keys a", ""), ("size", "1"), ("del a", "0"),
        ("persist a", "0"), ("expire a 5", "0"), ("expireat a 99999999999999", "0"),
        ("incr a", "1"), ("ttl a", "-1"), ("clear", "2"),
      ])
  }

  @Test("embedders and completion do not see what has expired")
  func otherReaders() {
    let client = client()
    transcript(client, [("put key:a 1", "OK"), ("put key:b 2", "OK"), ("expire key:a 1", "1")])
    func sample() -> [[UInt8]] {
      client.engine.sampleKeys(
        startingWith: Array("key".utf8), in: client.session, limit: 9,
        timeLimit: .seconds(1_000_000)
      ).keys
    }
    #expect(client.look("key:a") == "1" && sample().count == 2)
    clock.advance(milliseconds: 1_000)
    #expect(client.look("key:a") == "(nil)" && sample() == [Array("key:b".utf8)])
    #expect(client.embed(Array("key:a".utf8), [9]) == "OK")
    #expect(client.run("ttl key:a") == "-1", "a put ends an expiry, that of an embedder too")
    transcript(client, [("expire key:b 1", "1")])
    #expect(client.embed(Array("key:b".utf8), [9]) == "OK")
    #expect(client.run("ttl key:b") == "-1")
  }

  @Test("put ends an expiry, incr and decr keep it, persist takes it away")
  func whatKeepsIt() {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), ("expire a 100", "1"), ("incr a", "2"), ("ttl a", "100"),
        ("decr a 5", "-3"), ("ttl a", "100"), ("put a -3", "OK"), ("ttl a", "-1"),
        ("expire a 100", "1"), ("persist a", "1"), ("ttl a", "-1"), ("persist a", "0"),
        ("persist nobody", "0"), ("put long \"\(String(repeating: "x", count: 5_000))\"", "OK"),
        ("expire long 7", "1"), ("persist long", "1"), ("expire long 8", "1"), ("ttl long", "8"),
      ])
    try? client.engine.state.pointee.keyspace.checkInvariants()
  }

  @Test(
    "a time that is past removes the key",
    arguments: [
      "expire a 0", "expire a -1", "expire a -9223372036854775808", "expireat a 0",
      "expireat a -1", "expireat a 1000000000000",
    ])
  func past(line: String) {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), (line, "1"), (line, "0"), ("exists a", "0"), ("undo", "a int 1"),
        ("begin", "OK"), (line, "1"), ("get a", "(nil)"), ("commit", "OK"), ("size", "0"),
      ])
  }

  @Test("seconds beyond the 64 bits of a time are error range, and nothing changes")
  func range() throws {
    let client = client()
    let most = (Int64.max - clock.milliseconds) / 1_000
    transcript(
      client,
      [
        ("put a 1", "OK"), ("expire a \(most + 1)", "error[range]"),
        ("expire a 9223372036854775807", "error[range]"), ("ttl a", "-1"),
        ("expire a 9223372036854775808", "error[range]"), ("expire a soon", "error[type]"),
        ("expire a \(most)", "1"), ("ttl a", "\(most)"),
        ("expireat a 9223372036854775807", "1"), ("expire a", "error[arity]"),
        ("ttl a b", "error[arity]"),
      ])
    #expect(try #require(client.failure("expire a \(most + 1)")).message.contains("\(most + 1)"))
  }

  @Test("undo restores the expiry that was, and what has expired meanwhile stays absent")
  func undo() {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), ("expire a 10", "1"), ("put a 2", "OK"), ("ttl a", "-1"),
        ("undo", "a int 1"), ("ttl a", "10"), ("persist a", "1"), ("undo", "a int 1"),
        ("ttl a", "10"), ("expire a 20", "1"), ("undo", "a int 1"), ("ttl a", "10"),
        ("del a", "1"), ("undo", "a int 1"), ("ttl a", "10"), ("clear", "1"),
      ])
    clock.advance(milliseconds: 4_000)
    transcript(client, [("undo", "a int 1"), ("ttl a", "6"), ("put a x", "OK")])
    clock.advance(milliseconds: 6_000)
    transcript(
      client,
      [
        ("undo", "a nil"), ("get a", "(nil)"), ("undo", "a int 1"), ("ttl a", "-1"),
        ("undo", "a nil"), ("undo", "error[refused]"),
      ])
  }

  @Test(
    "a key that has expired since a write can be undone all the same, dropped or not",
    arguments: [false, true])
  func undoAfterExpiry(drops: Bool) {
    let client = client()
    transcript(client, [("put a 1", "OK"), ("expire a 1", "1")])
    clock.advance(milliseconds: 1_000)
    if drops { #expect(client.engine.locked { $0.dropDue(limit: 9) } == nil) }
    transcript(client, [("put a 5", "OK"), ("undo 3", "a nil"), ("exists a", "0")])
    transcript(client, [("put a 1", "OK"), ("expire a 1", "1")])
    clock.advance(milliseconds: 1_000)
    if drops { #expect(client.engine.locked { $0.dropDue(limit: 9) } == nil) }
    transcript(client, [("undo", "a int 1"), ("ttl a", "-1")])
  }

  @Test("somebody else's expire and persist are changes")
  func conflicts() {
    let (first, second) = two()
    transcript(first, [("put a 1", "OK"), ("begin", "OK"), ("get a", "1")])
    #expect(second.run("expire a 9") == "1")
    transcript(first, [("commit", "error[conflict]"), ("undo", "error[conflict]")])
    transcript(first, [("begin", "OK"), ("ttl a", "9")])
    #expect(second.run("persist a") == "1")
    #expect(first.run("commit") == "error[conflict]")
    transcript(second, [("expire a 9", "1"), ("expire a 9", "1")])
    transcript(second, [("undo", "a int 1"), ("ttl a", "-1")])
  }
}

extension ExpiryTests {
  @Test("inside a transaction expiry works on what is staged, and commits with it")
  func transaction() {
    let (first, second) = two()
    transcript(
      first,
      [
        ("put a 1", "OK"), ("begin", "OK"), ("expire a 10", "1"), ("ttl a", "10"),
        ("put b 2", "OK"), ("expire b 5", "1"), ("incr b", "3"), ("ttl b", "5"),
        ("put c 1", "OK"), ("expire c 1", "1"), ("persist c", "1"), ("expire none 1", "0"),
      ])
    #expect(second.run("ttl a") == "-1" && second.run("exists b") == "0")
    transcript(first, [("commit", "OK"), ("ttl a", "10"), ("ttl b", "5"), ("ttl c", "-1")])
    clock.advance(milliseconds: 5_000)
    transcript(first, [("begin", "OK"), ("put a x", "OK"), ("ttl a", "-1"), ("rollback", "OK")])
    transcript(second, [("ttl a", "5"), ("size", "2")])
    transcript(first, [("undo", "a int 1\nb nil\nc nil"), ("ttl a", "-1")])
  }

  @Test("what a transaction stages can expire before it commits")
  func stagedExpires() {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), ("begin", "OK"), ("expire a 1", "1"), ("put b 2", "OK"),
        ("expire b 1", "1"), ("put c 3", "OK"), ("size", "3"),
      ])
    clock.advance(milliseconds: 1_000)
    transcript(
      client,
      [
        ("size", "1"), ("all", "c int 3"), ("get a", "(nil)"), ("ttl b", "-2"),
        ("incr b", "1"), ("ttl b", "-1"), ("commit", "OK"), ("all", "b int 1\nc int 3"),
        ("undo", "a int 1\nb nil\nc nil"),
      ])
  }

  @Test(
    "a transaction that saw a key which expires before the commit is a conflict",
    arguments: ["get a", "ttl a", "exists a", "all", "keys a*", "size", "incr a", "del a"],
    [false, true])
  func expiresUnderTransaction(line: String, drops: Bool) throws {
    let client = client()
    transcript(client, [("put a 1", "OK"), ("expire a 1", "1"), ("begin", "OK")])
    #expect(!client.run(line).hasPrefix("error"))
    clock.advance(milliseconds: 1_000)
    if drops { client.engine.locked { _ = $0.dropDue(limit: 9) } }
    let error = try #require(client.failure("commit"))
    #expect(error.code == .conflict && error.message.contains("expired"), "\(error.message)")
  }

  @Test("what had expired before a transaction began is no conflict, dropped meanwhile or not")
  func expiredBefore() {
    for drops in [false, true] {
      let client = client()
      transcript(client, [("put a 1", "OK"), ("expire a 1", "1")])
      clock.advance(milliseconds: 1_000)
      transcript(client, [("begin", "OK"), ("get a", "(nil)"), ("size", "0"), ("put b 1", "OK")])
      if drops { client.engine.locked { _ = $0.dropDue(limit: 9) } }
      transcript(client, [("commit", "OK"), ("all", "b int 1")])
    }
  }

  @Test("an expire that changes nothing, and one of an absent key, are no writes")
  func noChange() {
    let client = client()
    transcript(
      client,
      [
        ("put a 1", "OK"), ("expireat a 2000000000000", "1"), ("expireat a 2000000000000", "1"),
        ("expire none 5", "0"), ("persist none", "0"), ("undo", "a int 1"), ("ttl a", "-1"),
        ("persist a", "0"), ("undo", "a nil"), ("undo", "error[refused]"),
      ])
  }

  @Test("the clock is read once a command at most, and not where nothing that it touches expires")
  func looks() {
    let client = client()
    func looks(_ line: String) -> Int {
      let before = clock.lookCount
      #expect(!client.run(line).hasPrefix("error"))
      return clock.lookCount - before
    }
    for line in ["put a 1", "get a", "all", "size", "exists a", "incr a", "del a", "put a 1"] {
      #expect(looks(line) == 0, "\(line)")
    }
    #expect(looks("put b 1") == 0 && looks("expire b 5") == 1)
    for line in ["put a 2", "get a", "incr a", "type a", "put c 2"] {
      #expect(looks(line) == 0, "\(line)")
    }
    for line in [
      "get b", "exists b b b", "incr b", "all", "size", "info", "ttl b", "undo", "clear",
    ] {
      #expect(looks(line) == 1, "\(line)")
    }
  }

  @Test("info tells how many keys expire")
  func info() {
    let client = client()
    func expiring() -> String? {
      client.run("info").split(separator: "\n").first { $0.hasPrefix("expiring ") }.map(String.init)
    }
    #expect(expiring() == "expiring 0")
    transcript(client, [("put a 1", "OK"), ("put b 1", "OK"), ("expire a 1", "1")])
    #expect(expiring() == "expiring 1")
    transcript(client, [("begin", "OK"), ("expire b 9", "1"), ("persist a", "1")])
    #expect(expiring() == "expiring 1")
    transcript(client, [("del a", "1")])
    #expect(expiring() == "expiring 1")
    transcript(client, [("rollback", "OK")])
    clock.advance(milliseconds: 1_000)
    #expect(expiring() == "expiring 0")
  }
}
