import QrrotAgent
import QrrotCore

/// A screen that writes down what it is shown, a line each, and answers questions as it was told to.
final class ScriptedScreen: AgentScreen {
  /// What happened, in order.
  private(set) var lines: [String] = []
  /// Every text that it was given, but for plans, which the shell shows by other means.
  private(set) var texts: [String] = []
  /// The plans that were asked about.
  private(set) var questions: [Plan] = []
  /// The plans that were shown without a question.
  private(set) var plans: [Plan] = []
  /// What is answered, one after another; no afterwards.
  var answers: [PlanAnswer]
  /// Runs while a question stands.
  var whileAsking: (Plan) async -> Void = { _ in }
  /// Runs at every event, and may end the run.
  var atEvent: (AgentEvent) throws(QrrotError) -> Void = { _ in }

  init(_ answers: PlanAnswer...) { self.answers = answers }

  /// All that was shown.
  var transcript: String { lines.joined(separator: "\n") }

  func show(_ event: AgentEvent) throws(QrrotError) {
    switch event {
    case .asking, .waiting: break
    case .retrying(_, let reason):
      lines.append("retrying: \(reason)")
      texts.append(reason)
    case .text(let text):
      texts.append(text)
      if lines.last?.hasPrefix("says: ") == true {
        lines[lines.count - 1] += text
      } else {
        lines.append("says: \(text)")
      }
    case .step(let step):
      texts += [step.command, step.result, step.error?.description ?? ""]
      lines.append("\(step.tag.rawValue): \(step.command) → \(step.result)")
    case .plan(let plan):
      plans.append(plan)
      append("plan", plan)
    case .note(let text):
      lines.append("note: \(text)")
      texts.append(text)
    }
    try atEvent(event)
  }

  func ask(about plan: Plan) async throws(QrrotError) -> PlanAnswer {
    questions.append(plan)
    append("question", plan)
    await whileAsking(plan)
    return answers.isEmpty ? .no : answers.removeFirst()
  }

  private func append(_ title: String, _ plan: Plan) {
    for change in plan.changes {
      lines.append(
        "\(title): \(Self.text(change.before)) → \(Self.text(change.after)) at \(QrrotError.excerpt(change.key))"
      )
    }
  }

  private static func text(_ state: Plan.State?) -> String {
    guard let state else { return "nothing" }
    var text: [UInt8] = []
    TextForm.append(state.value, to: &text)
    return String(decoding: text, as: UTF8.self) + (state.expiry == 0 ? "" : " expiring")
  }
}
