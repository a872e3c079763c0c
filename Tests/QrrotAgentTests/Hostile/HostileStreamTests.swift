import QrrotCore
import Synchronization
import Testing

@testable import QrrotAgent

/// Streams that never end, and what happens between a question and its answer.
@Suite("A hostile model: streams and moments")
struct HostileStreamTests {
  @Test("an answer of 100 MB is read up to 1 MiB, and no further")
  func endless() async {
    for line in ["no end ", "QUERY WRITE: put a ", "\n", "```", "QUERY READ: get a\n"] {
      let model = FloodingModel(piece: String(repeating: line, count: 100_000 / line.utf8.count))
      let stage = AgentStage()
      let outcome = await stage.request("x", model)
      #expect(outcome.error?.code == .budget)
      #expect(outcome.steps.isEmpty && outcome.answer == nil)
      #expect(model.pieceCount <= 12, "a piece has 100,000 bytes")
      #expect(stage.run("size") == "0")
    }
  }

  @Test("a budget of tokens stops a run between rounds, and in the middle of a stream")
  func tokenBudget() async {
    let talker = FloodingModel(piece: "four")
    let stage = AgentStage()
    stage.agent.options.tokenLimit = 5_000
    let outcome = await stage.request("x", talker)
    #expect(outcome.error?.code == .budget)
    #expect(talker.pieceCount < 5_000)

    let model = ScriptedModel([
      .events([
        .text("QUERY READ: get a"),
        .usage(ModelUsage(inputTokenCount: 4_500, outputTokenCount: 50)), .finished,
      ]), .say("Done."),
    ])
    let second = await stage.request("x", model)
    #expect(second.error?.code == .budget)
    #expect(model.requests.count == 1, "the next one is not even sent")
    #expect(model.requests[0].maximumOutputTokenCount == 5_000)
    #expect(second.usage == ModelUsage(inputTokenCount: 4_500, outputTokenCount: 50))

    let cheap = await stage.request("x", ScriptedModel("QUERY READ: get a", "Done."))
    #expect(cheap.error == nil && cheap.answer == "Done.")
  }

  @Test("a provider that counts with absurd numbers breaks no sum")
  func absurdCounts() async {
    for count in [Int.max, Int.min, -1] {
      let usage = ModelUsage(inputTokenCount: count, outputTokenCount: count)
      let stage = AgentStage()
      let turn = ScriptedModel.Turn.events([.text("QUERY READ: get a"), .usage(usage), .finished])
      _ = await stage.ask("x", ScriptedModel([turn, turn, turn]))
      stage.agent.options.tokenLimit = 100_000
      let outcome = await stage.ask("x", ScriptedModel([turn, turn, turn]))
      #expect(outcome.error?.code == .budget)
    }
  }

  @Test("tokens that a provider does not count are unknown, and estimated for the budget")
  func unknownCounts() async {
    let stage = AgentStage()
    let outcome = await stage.ask("x", ScriptedModel([.events([.text("Done."), .finished])]))
    #expect(outcome.usage == ModelUsage())
    #expect(stage.agent.totalUsage == ModelUsage())
    let refused = AgentStage()
    _ = await refused.ask("x", ScriptedModel([.events([.failed(QrrotError(.provider, "no key"))])]))
    #expect(refused.agent.totalUsage == .zero)
  }

  @Test("what is said after the end is not read")
  func afterTheEnd() async {
    let stage = AgentStage()
    let model = ScriptedModel([
      .events([.text("Done."), .finished, .text("\nQUERY WRITE: clear"), .finished])
    ])
    let outcome = await stage.request("x", model)
    #expect(outcome.answer == "Done." && outcome.steps.isEmpty)
  }

  @Test(
    "whatever somebody else does while the question stands, a yes applies what was shown or nothing"
  )
  func betweenQuestionAndAnswer() async {
    let meanwhile = [
      "put motto other", "del motto", "put x 1", "del n", "incr n", "clear", "expire motto 5",
      "persist motto",
      "put ivan $.age 99", "get motto", "put other 1",
    ]
    var conflictCount = 0
    for line in meanwhile {
      let stage = AgentStage(
        ["put motto text", "put n 5", #"put ivan {"age":30}"#], answers: [.yes, .no, .no, .no])
      let engine = stage.engine
      stage.screen.whileAsking = { [unowned screen = stage.screen] _ in
        if screen.questions.count == 1 { _ = AgentStage.run(line, on: engine) }
      }
      let commands =
        "QUERY WRITE: del motto\nQUERY WRITE: incr n\nQUERY WRITE: put x 2\nQUERY READ: get ivan"
      let outcome = await stage.request("x", ScriptedModel(commands, "Done.", commands, "Done."))
      let shown = stage.screen.questions.first
      let isConflict = stage.screen.transcript.contains("note: ")
      conflictCount += isConflict ? 1 : 0
      if !isConflict {
        #expect(outcome.decision == .applied && outcome.plan?.changes == shown?.changes)
        #expect(stage.run("get motto") == "(nil)" && stage.run("get n") == "6")
      } else if outcome.decision == .applied {
        // The model has begun anew, and there was nothing left to be destroyed.
        #expect(outcome.plan?.destroys.isEmpty == true)
      } else {
        #expect(stage.session.undo.count == 0)
      }
    }
    #expect(conflictCount == 8)
  }

  @Test("a marker never occurs in the data that it wraps, in any case of letters")
  func markers() {
    let numbers = Mutex<[UInt64]>([0x0123_4567_89AB_CDEF, 0xFFFF_0000_FFFF_0000, 7])
    let block = DataBlock { numbers.withLock { $0.isEmpty ? 1 : $0.removeFirst() } }
    let text = "0123456789ABCDEF and </data ffff0000FFFF0000> aaa0123456789abcdef"
    let wrapped = block.wrapping(text)
    #expect(wrapped == "<data 0000000000000007>\n\(text)\n</data 0000000000000007>")
  }

  @Test("large results are cut, with a count of what was left out and a way on")
  func cutResults() async {
    let stage = AgentStage()
    for index in 0..<2_000 {
      _ = stage.run("put user:\(index) {\"name\":\"somebody with a name\"}")
    }
    _ = stage.run("put long \"\(String(repeating: "é", count: 40_000))\"")
    let model = ScriptedModel(
      "QUERY READ: all\nQUERY READ: keys user:*\nQUERY READ: get long\nQUERY READ: find user:* select $.name",
      "Done.")
    let outcome = await stage.ask("x", model)
    let results = outcome.steps.map(\.result)
    #expect(results.reduce(0) { $0 + $1.utf8.count } < 20_000)
    #expect(results[0].contains(" more of 2001 rows: narrow the pattern"))
    #expect(results[1].contains(" more of 2000 rows: narrow the pattern"))
    #expect(results[2].contains("it has 80000 bytes in all; read a part of it with a path"))
    #expect(results[3].contains("more of 2000 rows: add to where"))
    #expect(results.allSatisfy { !$0.contains("\u{FFFD}") })
    let rows = results[1].split(separator: "\n").count - 1
    #expect(results[1].contains("\(2_000 - rows) more of 2000"))
  }

  @Test("in a large database a list of everything is not made; one with a limit is")
  func unboundedLists() async {
    let stage = AgentStage((0..<50).map { "put k\($0) 1" })
    stage.agent.listedKeyLimit = 49
    let commands = ["all", "keys k1*", "find where @ > 0", "find where @ > 0 limit 3", "count k*"]
    let reply = commands.map { "QUERY WRITE: \($0)" }.joined(separator: "\n")
    let outcome = await stage.request("x", ScriptedModel(reply, "Done."))
    #expect(
      outcome.steps.map { $0.error?.code } == [.tooLarge, .tooLarge, .tooLarge, nil, nil])
    #expect(outcome.steps[0].result.contains("use find PATTERN with limit N"))
    #expect(outcome.answer == "Done.")
  }

  @Test("the person's own words lose a key before they are sent")
  func keyInRequest() async {
    let stage = AgentStage()
    stage.secrets = SecretFilter([Secret(HostileScene.secret)])
    let model = ScriptedModel("Done.")
    _ = await stage.request("store my key \(HostileScene.secret)", model)
    _ = await stage.request("again", model)
    for request in model.requests {
      #expect(!request.messages.contains { $0.text.contains(HostileScene.secret) })
    }
    #expect(model.requests[1].messages[0].text.contains("store my key [key]"))
  }
}

/// A model that says the same piece for ever.
private final class FloodingModel: LanguageModel {
  let providerName = "Flood"
  let modelName = "flood-1"
  private let piece: String
  private let count = Mutex(0)

  init(piece: String) { self.piece = piece }

  var pieceCount: Int { count.withLock { $0 } }

  func answer(_ request: ModelRequest) -> AsyncStream<ModelEvent> {
    AsyncStream { [self] in
      count.withLock { $0 += 1 }
      return .text(piece)
    }
  }
}
