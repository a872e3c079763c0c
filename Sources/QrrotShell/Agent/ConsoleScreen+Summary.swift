internal import QrrotAgent
internal import QrrotCore

extension ConsoleScreen {
  /// Ends a request: what became of it, and what it took.
  func showSummary(of outcome: AgentOutcome, _ text: String) throws(ShellStop) {
    try end()
    let cost = Self.cost(of: outcome)
    let width = min(columns, 80) - 2
    let gap = max(2, width - text.count - cost.count)
    guard text.count + cost.count + 2 <= columns - 2 else {
      try console.showLine("  \(text)", .plain)
      return try console.showLine("  \(cost)", .dim)
    }
    try console.showLine(
      text.isEmpty ? "" : "  \(text)", .plain,
      tail: String(repeating: " ", count: text.isEmpty ? gap + 2 : gap) + cost)
  }

  /// `2 steps · 1,240 tokens · 1.9 s`.
  static func cost(of outcome: AgentOutcome) -> String {
    var parts: [String] = []
    let steps = max(0, outcome.answer == nil ? outcome.roundCount : outcome.roundCount - 1)
    if steps > 0 { parts.append("\(steps) step\(steps == 1 ? "" : "s")") }
    if let input = outcome.usage.inputTokenCount, let output = outcome.usage.outputTokenCount {
      let (sum, overflow) = input.addingReportingOverflow(output)
      let tokens = overflow ? Int.max : sum
      parts.append("\(Progress.grouped(tokens)) token\(tokens == 1 ? "" : "s")")
    } else {
      parts.append("tokens unknown")
    }
    parts.append(seconds(outcome.duration.inSeconds))
    return parts.joined(separator: " · ")
  }
}
