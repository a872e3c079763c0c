import Testing

@testable import QrrotAgent

@Suite("Secrets")
struct SecretTests {
  @Test("a secret shows nothing of itself")
  func hidden() {
    let secret = Secret("sk-123")
    #expect("\(secret) \(String(reflecting: secret))" == "[key] [key]")
  }

  @Test(
    "of a stored key nothing reaches a model, though sketch, result and error are cut inside it")
  func cutInside() async {
    let key = "sk-proj-" + String(repeating: "Zq7pXw93", count: 20)
    for padding in [0, 25, 3_950, 4_000, 4_050, 4_080] {
      let text = String(repeating: "x", count: padding) + key
      let stage = AgentStage([
        "put doc {\"k\":\"\(key)\"}", "put text \"\(text)\"", "put \"\(key)\" text",
        "put long \"\(String(repeating: "y", count: 15_000))\"",
      ])
      stage.secrets = SecretFilter([Secret(key)])
      let model = ScriptedModel(
        "QUERY READ: get long\nQUERY READ: get text\nQUERY READ: all\nQUERY READ: keys", "Done.")
      let outcome = await stage.ask("x", model)
      #expect(outcome.answer == "Done." && outcome.steps.count == 4)
      let sent = model.requests.flatMap(\.messages).map(\.text) + outcome.steps.map(\.result)
      #expect(sent.contains { $0.contains("[key]") })
      #expect(!sent.contains { $0.contains("Zq7pX") }, "behind \(padding) bytes")
    }
  }
}
