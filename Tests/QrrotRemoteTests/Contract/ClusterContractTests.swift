import QrrotCore
import QrrotRemote
import QrrotTesting
import Testing

/// What holds in a cluster beyond the contract.
@Suite(
  "A cluster", .serialized,
  .enabled(if: RedisServer.isExpected, Comment(rawValue: RedisServer.advice)))
struct ClusterContractTests {
  /// Once a transaction that had read all keys was in conflict with the primaries' pings to their replicas, which
  /// count as bytes that were sent to these.
  @Test("what a primary says to its replica by itself is nobody's write")
  func pings() async throws {
    try await RedisPlaces.cluster.use { (cluster) async throws in
      let hosts = cluster.ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
      let engine = try RedisEngine(RedisOptions(try RedisAddress("redis+cluster://\(hosts)")))
      var client = LineClient(engine)
      let primaries = try cluster.primaries().map { (port) throws in try RedisProbe(port: port) }
      for primary in primaries {
        #expect(try primary.ask("CONFIG", "SET", "repl-ping-replica-period", "1") == "OK")
      }
      for line in ["put a 1", "begin", "put a 2"] { #expect(await client.run(line) == "OK") }
      #expect(await client.run("size") == "1")
      let before = try primaries.map(Self.offset)
      let patience = Patience()
      while try zip(before, primaries.map(Self.offset)).contains(where: ==), !patience.isOver {
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(await client.run("commit") == "OK")
      // A write of somebody else is one.
      var other = LineClient(engine)
      for line in ["begin", "put a 3"] { #expect(await client.run(line) == "OK") }
      #expect(await client.run("size") == "1")
      #expect(await other.run("put elsewhere 1") == "OK")
      #expect(await client.code("commit") == .conflict)
      for primary in primaries {
        #expect(try primary.ask("CONFIG", "SET", "repl-ping-replica-period", "10") == "OK")
      }
      try engine.close()
    }
  }

  /// How many bytes a primary has for its replicas.
  private static func offset(_ primary: RedisProbe) throws -> String {
    let lines = try primary.ask("INFO", "replication").split(whereSeparator: \.isNewline)
    return String(try #require(lines.first { $0.hasPrefix("master_repl_offset:") }))
  }
}
