import QrrotCore
import QrrotRemote
import QrrotTesting
import Testing

/// Writes of many keys over one redis-server.
@Suite(
  "Large writes over Redis", .serialized,
  .enabled(if: RedisServer.isExpected, Comment(rawValue: RedisServer.advice)))
struct LargeWriteTests {
  /// How often the server has been asked to watch keys since its counters began.
  private static func watchCount(_ server: RedisProbe) throws -> String {
    let lines = try server.ask("INFO", "commandstats").split(whereSeparator: \.isNewline)
    return String(lines.first { $0.hasPrefix("cmdstat_watch:") } ?? "none")
  }

  /// Redis goes through all watched keys for each one more: 8,000 of them kept everybody waiting for half a second,
  /// 60,000 for 47.
  @Test("more than a thousand keys are written, cleared and brought back without being watched")
  func unwatched() async throws {
    try await RedisPlaces.single.use { (server) async throws in
      let probe = try RedisProbe(port: server.port)
      let engine = try RedisEngine(
        RedisOptions(try RedisAddress("redis://127.0.0.1:\(server.port)")))
      var client = LineClient(engine)
      #expect(try probe.ask("CONFIG", "RESETSTAT") == "OK")
      #expect(await client.run("begin") == "OK")
      for index in 0..<1_500 { #expect(await client.run("put k:\(index) \(index)") == "OK") }
      #expect(await client.run("commit") == "OK")
      #expect(try probe.ask("DBSIZE") == "1500")
      #expect(await client.run("clear") == "1500")
      #expect(try probe.ask("DBSIZE") == "0")
      _ = await client.run("undo")
      #expect(await client.run("get k:1499") == "1499")
      #expect(try Self.watchCount(probe) == "none")
      // A conflict is found all the same.
      #expect(await client.run("begin") == "OK")
      for index in 0..<1_500 { #expect(await client.run("put k:\(index) x") == "OK") }
      #expect(try probe.ask("SET", "k:7", "other") == "OK")
      #expect(await client.code("commit") == .conflict)
      #expect(await client.run("get k:8") == "8")
      // Fewer are watched.
      #expect(await client.run("incr k:8") == "9")
      #expect(try Self.watchCount(probe) != "none")
      try engine.close()
    }
  }

  /// Once what was on its way was given up, with its replies: many thousand puts were done without an OK.
  @Test("after Ctrl-C the puts that were sent ahead are waited for")
  func interruptedAhead() async throws {
    try await RedisPlaces.single.use { (server) async throws in
      let engine = try RedisEngine(
        RedisOptions(try RedisAddress("redis://127.0.0.1:\(server.port)")))
      var session = Session()
      session.sendsAhead = true
      var reply = Reply()
      var put = Command(.put)
      for index in 0..<5_000 {
        put.reset(to: .put)
        put.append(.key, Array("k\(index)".utf8))
        put.append(Value.int(1))
        try await engine.execute(put, in: &session, into: &reply)
      }
      #expect(session.hasWritesAhead)
      session.interrupt.raise()
      try engine.settle(&session)
      #expect(!session.hasWritesAhead)
      #expect(try RedisProbe(port: server.port).ask("DBSIZE") == "5000")
      try engine.close()
    }
  }
}
