internal import QrrotAgent
internal import QrrotCore

/// What came of a request as one line of JSON, for `--output json`.
enum AgentObject {
  ///
  /// - Parameter kind: `ask` or `ai`.
  static func append(
    _ outcome: AgentOutcome, kind: String, request: String, secrets: SecretFilter,
    to output: inout [UInt8]
  ) {
    var writer = Writer(secrets: secrets)
    writer.raw("{\"kind\":\"\(kind)\",\"request\":")
    writer.string(request)
    writer.raw(",\"steps\":[")
    for (index, step) in outcome.steps.enumerated() {
      if index > 0 { writer.raw(",") }
      writer.step(step)
    }
    writer.raw("],\"plan\":")
    writer.plan(outcome.plan)
    writer.raw(",\"decision\":\"\(outcome.decision.rawValue)\",\"answer\":")
    if let answer = outcome.answer { writer.string(answer) } else { writer.raw("null") }
    writer.raw(",\"usage\":{\"rounds\":\(outcome.roundCount),\"input_tokens\":")
    writer.number(outcome.usage.inputTokenCount)
    writer.raw(",\"output_tokens\":")
    writer.number(outcome.usage.outputTokenCount)
    let milliseconds = Int(max(0, outcome.duration.inSeconds) * 1_000)
    writer.raw(",\"seconds\":\(Double(milliseconds) / 1_000)},\"error\":")
    writer.error(outcome.error)
    writer.raw("}\n")
    output += writer.output
  }

  private struct Writer {
    let secrets: SecretFilter
    var output: [UInt8] = []

    mutating func raw(_ text: String) { output += text.utf8 }

    mutating func string(_ text: String) {
      Escaping.appendJSONString(Array(secrets.redacted(text).utf8).span, to: &output)
    }

    mutating func number(_ number: Int?) { raw(number.map { "\($0)" } ?? "null") }

    mutating func error(_ error: QrrotError?) {
      guard let error else { return raw("null") }
      raw("{\"code\":\"\(error.code.rawValue)\",\"message\":")
      string(error.message)
      raw("}")
    }

    mutating func step(_ step: AgentStep) {
      raw("{\"tag\":\"\(step.tag.rawValue)\",\"command\":")
      string(step.command)
      raw(",\"result\":")
      string(step.result)
      if step.error != nil {
        raw(",\"error\":")
        error(step.error)
      }
      raw("}")
    }

    mutating func plan(_ plan: Plan?) {
      guard let plan else { return raw("null") }
      raw("{\"destroys\":\(!plan.destroys.isEmpty),\"changes\":[")
      for (index, change) in plan.changes.enumerated() {
        if index > 0 { raw(",") }
        let effect = change.before == nil ? "added" : change.after == nil ? "removed" : "changed"
        raw("{\"key\":")
        bytes(change.key)
        raw(",\"effect\":\"\(effect)\",\"before\":")
        state(change.before)
        raw(",\"after\":")
        state(change.after)
        raw("}")
      }
      raw("]}")
    }

    private mutating func state(_ state: Plan.State?) {
      guard let state else { return raw("null") }
      raw("{\"type\":\"\(state.value.type.name)\",\"value\":")
      switch state.value {
      case .string(let content): bytes(content)
      case .int(let integer): raw("\(integer)")
      case .json(let text) where secrets.holdsSecret(text): raw("\"\(Secret.mark)\"")
      case .json(let text): Escaping.appendJSONText(text.span, to: &output)
      }
      raw(",\"expires\":\(state.expiry == 0 ? "null" : "\(state.expiry)")}")
    }

    /// A JSON string, or `{"base64":"…"}` for what is not UTF-8.
    private mutating func bytes(_ content: [UInt8]) {
      guard !Escaping.isValidUTF8(content.span) else {
        return string(String(decoding: content, as: UTF8.self))
      }
      guard !secrets.holdsSecret(content) else { return raw("\"\(Secret.mark)\"") }
      raw("{\"base64\":\"")
      Escaping.appendBase64(content.span, to: &output)
      raw("\"}")
    }
  }
}
