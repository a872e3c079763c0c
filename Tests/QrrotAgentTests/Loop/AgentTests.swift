import QrrotCore
import Testing

@testable import QrrotAgent

@Suite("The agent's loop")
struct AgentTests {
  @Test("a request reads, writes and answers; it is applied, and one undo takes it back")
  func wholeRequest() async {
    let stage = AgentStage([#"put ivan {"name":"ivan","age":30}"#])
    let model = ScriptedModel(
      "Let me look.\nQUERY READ: get ivan", "QUERY WRITE: incr ivan $.age\nQUERY WRITE: put seen 1",
      "Ivan is 31 now.")
    let outcome = await stage.request("if the user ivan exists, increment his age", model)
    #expect(
      stage.screen.transcript == """
        says: Let me look.
        read: get ivan → {"name":"ivan","age":30}
        write: incr ivan $.age → 31
        write: put seen 1 → OK
        says: Ivan is 31 now.
        plan: {"name":"ivan","age":30} → {"name":"ivan","age":31} at ivan
        plan: nothing → 1 at seen
        """)
    #expect(outcome.decision == .applied)
    #expect(outcome.answer == "Ivan is 31 now.")
    #expect(outcome.error == nil)
    #expect(outcome.roundCount == 3)
    #expect(outcome.usage == ModelUsage(inputTokenCount: 300, outputTokenCount: 30))
    #expect(outcome.steps.map(\.command) == ["get ivan", "incr ivan $.age", "put seen 1"])
    #expect(stage.run("get ivan $.age") == "31")
    #expect(stage.agent.lastApplied?.plan.changes == outcome.plan?.changes)
    #expect(stage.run("undo") == #"ivan json {"name":"ivan","age":30}"# + "\nseen nil")
    #expect(stage.session.transaction == nil)
    #expect(stage.session.stagedByteLimit == .max)
  }

  @Test("the conversation: system text, sketch and results in data blocks, roles in turns")
  func conversation() async throws {
    let stage = AgentStage(["put a 1"])
    let model = ScriptedModel("QUERY READ: get a\nQUERY READ: gte b", "One.")
    _ = await stage.ask("what is a?", model)
    let requests = model.requests
    try #require(requests.count == 2)
    #expect(requests[0].system == requests[1].system)
    #expect(requests[0].system.contains("Today is 2026-01-02."))
    #expect(requests[0].messages.map(\.role) == [.user])
    #expect(requests[0].messages[0].text.contains("QUESTION (only QUERY READ can run): what is a?"))
    #expect(requests[1].messages.map(\.role) == [.user, .model, .user])
    #expect(requests[1].messages[1].text == "QUERY READ: get a\nQUERY READ: gte b")
    let results = requests[1].messages[2].text.split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(results.count == 8)
    #expect(results[0] == "Result 1, of get a")
    #expect(results[2] == "1")
    #expect(
      results[6].contains("error[unknown-command]: there is no command gte; did you mean get?"))
    let marker = try #require(results[1].split(separator: " ").last?.dropLast())
    #expect(marker.count == 16)
    #expect(results[3] == "</data \(marker)>")
    #expect(!results[5].contains(marker), "each block has a marker of its own")
  }

  @Test("a question can't write, whatever the tag says, also inside the person's transaction")
  func question() async {
    let stage = AgentStage(["put a 1"])
    _ = stage.run("begin")
    _ = stage.run("put a 2")
    let model = ScriptedModel(
      "QUERY WRITE: put a 3\nQUERY READ: put a 4\nQUERY READ: get a", "It is 2.")
    let outcome = await stage.ask("what is a?", model)
    #expect(outcome.steps.map { $0.error?.code } == [.refused, .refused, nil])
    #expect(outcome.steps[2].result == "2")
    #expect(outcome.decision == .none && outcome.plan == nil)
    #expect(stage.session.transaction?.writtenKeys.count == 1)
    #expect(stage.run("commit") == "OK")
    #expect(stage.run("get a") == "2")
  }

  @Test("inside a transaction a request is refused, and the model is not asked")
  func insideTransaction() async {
    let stage = AgentStage()
    _ = stage.run("begin")
    let model = ScriptedModel("never")
    let outcome = await stage.request("x", model)
    #expect(outcome.error?.code == .refused)
    #expect(model.requests.isEmpty)
    #expect(stage.session.transaction != nil)
  }

  @Test(
    "after five steps the model must answer; a tag in that answer ends the run, nothing applied")
  func steps() async {
    let stage = AgentStage()
    let endless = ScriptedModel(
      (1...9).map { ScriptedModel.Turn.say("QUERY WRITE: incr n \($0)") })
    let outcome = await stage.request("count", endless)
    #expect(outcome.error?.code == .budget)
    #expect(outcome.decision == .dropped)
    #expect(endless.requests.count == 6)
    #expect(endless.requests[5].messages.last?.text.contains("Answer now") == true)
    #expect(endless.requests[4].messages.last?.text.contains("Answer now") == false)
    #expect(stage.run("get n") == "(nil)")

    let obedient = ScriptedModel(
      (1...5).map { ScriptedModel.Turn.say("QUERY WRITE: incr n \($0)") } + [.say("Done.")])
    #expect(await stage.request("count", obedient).decision == .applied)
    #expect(stage.run("get n") == "15")
  }

  @Test("the same step twice in a row is not run again, and the model must answer")
  func repetition() async {
    let stage = AgentStage()
    let model = ScriptedModel("QUERY WRITE: incr n", "QUERY WRITE: incr n", "n is 1.")
    let outcome = await stage.request("count", model)
    #expect(outcome.steps.count == 1)
    #expect(outcome.decision == .applied)
    #expect(stage.run("get n") == "1")
    #expect(model.requests[2].messages.last?.text.contains("same step as before") == true)

    let stubborn = ScriptedModel("QUERY WRITE: incr n")
    let second = await stage.request("count", stubborn)
    #expect(second.error?.code == .budget)
    #expect(second.error?.message.contains("--ai-steps") == false)
    #expect(second.error?.message.hasPrefix("the model asked for the same step again") == true)
    #expect(stubborn.requests.count == 3)
    #expect(stage.run("get n") == "1")
  }

  @Test("of a reply that breaks, fails or ends without its end nothing is run and nothing applied")
  func brokenReplies() async {
    let text = ModelEvent.text("QUERY WRITE: put a 1\n")
    let scenes: [(QrrotError.Code, [ModelEvent])] = [
      (.network, [text]),
      (.network, []),
      (.provider, [text, .failed(QrrotError(.provider, "blocked"))]),
      (.budget, [text, .failed(QrrotError(.budget, "cut"))]),
      (.provider, [.text(" \n"), .finished]),
      (.provider, [.finished]),
    ]
    for (code, events) in scenes {
      let stage = AgentStage()
      let outcome = await stage.request("x", ScriptedModel([.events(events)]))
      #expect(outcome.error?.code == code)
      #expect(outcome.steps.isEmpty && outcome.answer == nil)
      #expect(stage.run("size") == "0")
    }
  }

  @Test("a run that fails after it has written applies nothing, and undo is as it was")
  func failsLater() async {
    let stage = AgentStage()
    _ = stage.run("put before 1")
    let model = ScriptedModel([
      .say("QUERY WRITE: put a 1"), .events([.failed(QrrotError(.network, "refused"))]),
    ])
    let outcome = await stage.request("x", model)
    #expect(outcome.error?.code == .network)
    #expect(outcome.decision == .dropped)
    #expect(stage.run("get a") == "(nil)")
    #expect(stage.run("undo") == "before nil")
  }

  @Test("Ctrl-C is noticed while waiting, while text streams and between commands")
  func interrupt() async {
    for kind in 0..<3 {
      let stage = AgentStage()
      let interrupt = stage.session.interrupt
      stage.screen.atEvent = { event in
        switch (kind, event) {
        case (0, .waiting), (1, .text), (2, .step): interrupt.raise()
        default: break
        }
      }
      let model = ScriptedModel(
        "Hm.\nQUERY WRITE: put a 1\nQUERY WRITE: put b 1", "Done.", pieceLength: 3)
      let outcome = await stage.request("x", model)
      #expect(outcome.error?.code == .interrupted)
      #expect(outcome.answer == nil)
      interrupt.clear()
      #expect(stage.run("size") == "0")
    }
  }

  @Test("what the screen throws ends the run")
  func brokenScreen() async {
    let stage = AgentStage()
    stage.screen.atEvent = { event throws(QrrotError) in
      if case .plan = event { throw QrrotError(.io, "nobody reads") }
    }
    let outcome = await stage.request("x", ScriptedModel("QUERY WRITE: put a 1", "Done."))
    #expect(outcome.error?.code == .io)
    #expect(outcome.decision == .dropped)
    #expect(stage.run("size") == "0")
  }

  @Test("follow-ups see the requests before, until they are reset")
  func followUps() async {
    let stage = AgentStage(["put ivan 30", "put oleg 31"])
    _ = await stage.ask("how old is ivan?", ScriptedModel("QUERY READ: get ivan", "He is 30."))
    let second = ScriptedModel("QUERY WRITE: incr oleg", "Oleg is 32.")
    _ = await stage.request("make his brother older", second)
    let messages = second.requests[0].messages
    #expect(messages.map(\.role) == [.user, .model, .user])
    #expect(messages[0].text.hasPrefix("how old is ivan?"))
    #expect(messages[0].text.contains("get ivan → 30"))
    #expect(messages[1].text == "He is 30.")
    let third = ScriptedModel("Yes.")
    _ = await stage.ask("really?", third)
    #expect(third.requests[0].messages[2].text.contains("(applied: 1 key changed)"))
    stage.agent.reset()
    let fourth = ScriptedModel("Who?")
    _ = await stage.ask("how old is he?", fourth)
    #expect(fourth.requests[0].messages.count == 1)
    #expect(stage.agent.totalUsage == ModelUsage(inputTokenCount: 600, outputTokenCount: 60))
  }
}
