import NIOConcurrencyHelpers
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotRemote

@Suite("A master that sentinels know", .serialized)
struct RedisSentinelTests {
  /// A sentinel that names a port as the master's.
  private func sentinel(_ master: NIOLockedValueBox<Int>) async throws -> ScriptedRedis {
    try await ScriptedRedis { words, _ in
      guard words[0] == "SENTINEL" else { return .ordinary }
      let port = "\(master.withLockedValue { $0 })"
      return words[2] == "main"
        ? "*2\r\n$9\r\n127.0.0.1\r\n$\(port.count)\r\n\(port)\r\n" : "*-1\r\n"
    }
  }

  private func server(_ role: String) async throws -> ScriptedRedis {
    try await ScriptedRedis { words, _ in
      words[0] == "ROLE" ? "*1\r\n$\(role.count)\r\n\(role)\r\n" : .ordinary
    }
  }

  @Test(
    "the master is found by way of the first sentinel that is there, and the next one after a fail-over"
  )
  func failOver() async throws {
    let first = try await server("master")
    let second = try await server("master")
    let master = NIOLockedValueBox(first.port)
    let sentinel = try await sentinel(master)
    let nobody = try await ScriptedRedis()
    let deadPort = nobody.port
    await nobody.stop()
    let nodes = try connect(
      "redis+sentinel://127.0.0.1:\(deadPort),127.0.0.1:\(sentinel.port)/main")
    #expect(nodes.outcome(batch("SET a 1", isRead: false)).values == ["OK"])
    #expect(first.requests.last?.words == ["SET", "a", "1"])
    // The old master becomes a replica.
    first.follow { words, _ in words[0] == "SET" ? "-READONLY x\r\n" : .ordinary }
    master.withLockedValue { $0 = second.port }
    #expect(nodes.outcome(batch("SET a 2", isRead: false)).values == ["OK"])
    #expect(second.requests.last?.words == ["SET", "a", "2"])
    #expect(nodes.takeNote() == "127.0.0.1:\(second.port) is the master now")
    // And the new one dies.
    await second.stop()
    first.follow { words, _ in
      words[0] == "ROLE" ? "*1\r\n$6\r\nmaster\r\n" : .ordinary
    }
    master.withLockedValue { $0 = first.port }
    #expect(nodes.outcome(batch("SET a 3", isRead: false)).values == ["OK"])
    nodes.close()
    await sentinel.stop()
    await first.stop()
  }

  @Test("a master that is none, a name that nobody knows, a sentinel that is none")
  func errors() async throws {
    let replica = try await server("slave")
    let sentinel = try await sentinel(NIOLockedValueBox(replica.port))
    func message(_ url: String) -> String {
      do throws(QrrotError) {
        _ = try connect(url)
        return "it works"
      } catch {
        return error.message
      }
    }
    let url = "redis+sentinel://127.0.0.1:\(sentinel.port)"
    #expect(message("\(url)/main").contains("is none yet"))
    #expect(message("\(url)/other").contains("knows no master"))
    await sentinel.stop()
    let other = try await ScriptedRedis { words, _ in
      words[0] == "SENTINEL" ? "-ERR unknown command 'SENTINEL'\r\n" : .ordinary
    }
    #expect(message("redis+sentinel://127.0.0.1:\(other.port)/main").contains("is no sentinel"))
    await other.stop()
    await replica.stop()
  }
}
