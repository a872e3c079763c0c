import QrrotTesting
import Testing

/// The servers of Redis that other tests use are what those take them for.
@Suite(
  "Redis for tests", .serialized,
  .enabled(if: RedisServer.isExpected, Comment(rawValue: RedisServer.advice)))
struct RedisPlaceTests {
  @Test("one server, emptied before each use")
  func single() async throws {
    for _ in 0..<2 {
      try await RedisPlaces.single.use { (server) async throws in
        #expect(try server.ask("DBSIZE") == "0")
        #expect(try server.ask("SET", "a", "1") == "OK")
      }
    }
  }

  @Test("three primaries and three replicas, emptied before each use")
  func cluster() async throws {
    for _ in 0..<2 {
      try await RedisPlaces.cluster.use { (cluster) async throws in
        let primaries = try cluster.primaries()
        #expect(primaries.count == 3 && cluster.ports.count == 6)
        let answers = try primaries.map { (port) throws in
          let line = try RedisProbe(port: port)
          #expect(try line.ask("DBSIZE") == "0")
          return try line.ask("SET", "a", "1")
        }
        #expect(answers.filter { $0 == "OK" }.count == 1)
        #expect(answers.filter { $0.hasPrefix("MOVED") }.count == 2)
      }
    }
  }
}
