import QrrotAgent
import QrrotCore
import QrrotRemote
import QrrotTesting
import Testing

@testable import QrrotShell

/// The agent over Redis: its plan is applied as one write, under the same conflict rule.
@Suite(
  "ask and ai over Redis", .serialized,
  .enabled(if: RedisServer.isExpected, Comment(rawValue: RedisServer.advice)))
struct RedisAgentTests {
  private func engine(_ url: String) throws -> RedisEngine {
    try RedisEngine(RedisOptions(try RedisAddress(url)))
  }

  @Test("what somebody writes between a look and the plan is told, and undo takes the plan back")
  func request() async throws {
    try await RedisPlaces.single.use { (server) async throws in
      let engine = try engine("redis://127.0.0.1:\(server.port)")
      #expect(try server.ask("SET", "ivan", #"{"age":30}"#) == "OK")
      let script = ModelScript(
        [
          "QUERY READ: get ivan", "QUERY WRITE: put ivan $.age 31\nQUERY WRITE: put new 1", "Done.",
          "QUERY WRITE: put ivan $.age 32\nQUERY WRITE: put new 1", "Done at last.",
        ].map(ModelScript.reply)
      ) { index in
        guard index == 2 else { return }
        _ = try? server.ask("SET", "ivan", #"{"age":99}"#)
      }
      let shell = try await AgentShell(ScriptedDirectory(script), engine: engine)
      #expect(try await shell.run("ai make ivan 31"))
      #expect(shell.errorText.contains("was changed by somebody else"))
      #expect(shell.errorText.contains("99 → 32"))
      #expect(try server.ask("GET", "ivan") == #"{"age":32}"#)
      #expect(try await shell.reply("undo") == "ivan json {\"age\":99}\nnew nil\n")
      #expect(try server.ask("GET", "ivan") == #"{"age":99}"#)
      try engine.close()
    }
  }

  @Test(
    "a key in another slot is refused with both named, and one with the same tag joins the plan")
  func slots() async throws {
    try await RedisPlaces.cluster.use { (cluster) async throws in
      let engine = try engine("redis+cluster://127.0.0.1:\(cluster.ports[0])")
      let script = ModelScript(
        "QUERY WRITE: put {t}a 1\nQUERY WRITE: put b 2", "QUERY WRITE: put {t}b 2", "Done.")
      let shell = try await AgentShell(ScriptedDirectory(script), engine: engine)
      #expect(try await shell.run("ai write two keys"))
      #expect(script.requests.contains { "\($0)".contains("different slots of the cluster") })
      #expect(
        shell.errorText.contains("put b 2 → error[refused]: {t}a and b are in different slots"))
      #expect(try await shell.reply("exists {t}a {t}b b") == "2\n")
      #expect(try await shell.reply("undo") == "{t}a nil\n{t}b nil\n")
      try engine.close()
    }
  }
}
