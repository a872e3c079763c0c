import Foundation
import QrrotAgent
import QrrotCore
import QrrotRemote
import QrrotServer
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// The shell over a server in this process.
@Suite("The shell as a client")
struct RemoteShellTests {
  private func serve(
    _ engine: LocalEngine = LocalEngine()
  ) async throws -> (server: Server, engine: RemoteEngine) {
    var options = ServerOptions()
    options.port = 0
    options.hasStandingClock = true
    let server = try await Server.start(Service(engine: engine), options)
    let address = try RemoteAddress("qrrot://127.0.0.1:\(server.port)")
    return (server, try RemoteEngine(RemoteOptions(address)))
  }

  @Test("ai changes the served database, as one write that undo takes back")
  func request() async throws {
    let here = LocalEngine()
    let (server, engine) = try await serve(here)
    let script = ModelScript(
      "QUERY READ: get ivan\nQUERY READ: all", "QUERY WRITE: incr ivan $.age\nQUERY WRITE: put b 1",
      "Ivan is 31 now.")
    let shell = try await AgentShell(ScriptedDirectory(script), engine: engine)
    #expect(try await shell.run("put before 1\nai increment the age of ivan"))
    #expect(shell.errorText.contains("  Plan: 2 changes"))
    #expect(shell.errorText.contains("30 → 31"))
    #expect(shell.shell.session.transaction == nil)
    #expect(
      try await shell.reply("undo 2")
        == "b nil\nbefore nil\nivan json {\"name\":\"ivan\",\"age\":30}\n")
    await server.stop()
  }

  @Test("a plan that somebody else was quicker than is a conflict that the model is told of")
  func conflict() async throws {
    let here = LocalEngine()
    let (server, engine) = try await serve(here)
    let script = ModelScript(
      [
        "QUERY READ: get ivan", "QUERY WRITE: put ivan $.age 31", "Done.",
        "QUERY WRITE: put ivan $.age 32", "Done at last.",
      ].map(ModelScript.reply)
    ) { index in
      // Between what the model has read and what it wants to be applied.
      guard index == 2 else { return }
      var session = Session()
      var reply = Reply()
      var put = Command(.put)
      put.append(.key, Array("ivan".utf8))
      put.append(Value.json(Array("{\"age\":99}".utf8)))
      try? here.execute(put, in: &session, into: &reply)
    }
    let shell = try await AgentShell(ScriptedDirectory(script), engine: engine)
    #expect(try await shell.run("ai make ivan 31"))
    #expect(shell.errorText.contains("was changed by somebody else"))
    #expect(shell.errorText.contains("99 → 32"))
    #expect(try await shell.reply("get ivan") == "{\"age\":32}\n")
    await server.stop()
  }

  @Test("ask inside a transaction sees it, writes nothing, and is no read of it")
  func question() async throws {
    let here = LocalEngine()
    let (server, engine) = try await serve(here)
    let script = ModelScript(
      "QUERY READ: get staged\nQUERY READ: get ivan\nQUERY WRITE: put x 1", "It is 5.")
    let shell = try await AgentShell(ScriptedDirectory(script), engine: engine)
    #expect(try await shell.run("begin\nput staged 5\nask what is staged?"))
    #expect(shell.outputText.hasSuffix("It is 5.\n"))
    #expect(shell.errorText.contains("get staged → 5"))
    // What the question has read may change: the transaction does not depend on it.
    var session = Session()
    var reply = Reply()
    try here.execute(Command(.clear), in: &session, into: &reply)
    #expect(try await shell.run("commit"))
    #expect(try await shell.reply("keys") == "staged\n")
    await server.stop()
  }

  @Test("saving and loading name what does the same over the network")
  func files() async throws {
    let (server, engine) = try await serve()
    let shell = try await AgentShell(ScriptedDirectory(ModelScript("")), engine: engine)
    #expect(try await shell.run("save a.snapshot") == false)
    #expect(try await shell.run("load a.snapshot") == false)
    #expect(shell.errorText.contains("export writes the data to a file here"))
    #expect(shell.errorText.contains("import reads data from a file here"))
    await server.stop()
  }
}
