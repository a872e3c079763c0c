import QrrotCore
import QrrotParser
import QrrotStore

@testable import QrrotAgent

/// A database, a person's session with it, an agent and a screen: what a scene of the agent needs.
final class AgentStage {
  let engine: LocalEngine
  let agent: Agent
  let screen: ScriptedScreen
  var session = Session()
  var secrets = SecretFilter([])

  init(_ lines: [String] = [], answers: [PlanAnswer] = [], engine: LocalEngine = LocalEngine()) {
    self.engine = engine
    var options = AgentOptions()
    options.isInteractive = true
    options.today = { "2026-01-02" }
    agent = Agent(engine: engine, options: options)
    screen = ScriptedScreen()
    screen.answers = answers
    session.allowsWritesBeyondUndo = false
    var other = Session()
    for line in lines { _ = Self.run(line, on: engine, &other) }
  }

  func request(_ text: String, _ model: any LanguageModel) async -> AgentOutcome {
    await agent.request(text, model: model, secrets: secrets, session: &session, screen: screen)
  }

  func ask(_ text: String, _ model: any LanguageModel) async -> AgentOutcome {
    await agent.ask(text, model: model, secrets: secrets, session: session, screen: screen)
  }

  /// Runs a line as the person does.
  func run(_ line: String) -> String { Self.run(line, on: engine, &session) }

  /// Runs a line as somebody else does.
  static func run(_ line: String, on engine: LocalEngine) -> String {
    var session = Session()
    return run(line, on: engine, &session)
  }

  /// All that the database holds, expiries included.
  var contents: String { Self.contents(of: engine) }

  static func contents(of engine: LocalEngine) -> String {
    let keys = run("keys", on: engine).split(separator: "\n")
    return run("all", on: engine) + "\n"
      + keys.map { run("ttl \($0)", on: engine) }.joined(separator: " ")
  }

  private static func run(_ line: String, on engine: LocalEngine, _ session: inout Session)
    -> String
  {
    var parser = Parser()
    var command = Command()
    var reply = Reply()
    do {
      _ = try parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
      try engine.execute(command, in: &session, into: &reply)
    } catch let failure as ParseFailure {
      return failure.error.description
    } catch {
      return "\(error)"
    }
    var text: [UInt8] = []
    TextForm.append(reply, to: &text)
    if text.last == 0x0A { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
