extension StreamedAnswer {
  /// One event of Gemini's: a whole response, whose text is a piece.
  mutating func readGemini(_ json: WireJSON, to events: inout [ModelEvent]) throws(WireFailure) {
    if let counts = json["usageMetadata"] {
      note(
        input: Self.sum(
          counts["promptTokenCount"]?.count, counts["toolUsePromptTokenCount"]?.count),
        output: Self.sum(
          counts["candidatesTokenCount"]?.count, counts["thoughtsTokenCount"]?.count),
        to: &events)
    }
    if let feedback = json["promptFeedback"], let reason = feedback["blockReason"]?.string {
      let message = feedback["blockReasonMessage"]?.string
      throw .blocked(reason: "the prompt, \(reason)" + (message.map { ": \($0)" } ?? ""))
    }
    guard let candidate = Self.first(of: json["candidates"]) else { return }
    for part in candidate["content"]?["parts"]?.elements ?? [] {
      if part["thought"]?.isTrue == true { continue }
      if let text = part["text"]?.string, !text.isEmpty { events.append(.text(text)) }
    }
    guard let reason = candidate["finishReason"]?.string else { return }
    switch reason {
    case "FINISH_REASON_UNSPECIFIED": break
    case "STOP": stop = .complete
    case "MAX_TOKENS": stop = .failure(.cutByLength)
    case "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
      "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR":
      stop = .failure(.blocked(reason: "the answer, \(reason)"))
    default: stop = .failure(.ended(reason: reason))
    }
  }

  /// One chunk of OpenAI's.
  mutating func readOpenAI(_ json: WireJSON, to events: inout [ModelEvent]) throws(WireFailure) {
    if let counts = json["usage"] {
      note(
        input: counts["prompt_tokens"]?.count, output: counts["completion_tokens"]?.count,
        to: &events)
    }
    guard let choice = Self.first(of: json["choices"]) else { return }
    if let text = choice["delta"]?["content"]?.string, !text.isEmpty { events.append(.text(text)) }
    if let text = choice["delta"]?["refusal"]?.string {
      refusal += text
      stop = .failure(.declined(text: refusal))
    }
    guard let reason = choice["finish_reason"]?.string, refusal.isEmpty else { return }
    switch reason {
    case "stop", "tool_calls", "function_call": stop = .complete
    case "length": stop = .failure(.cutByLength)
    case "content_filter": stop = .failure(.blocked(reason: "the answer, \(reason)"))
    default: stop = .failure(.ended(reason: reason))
    }
  }

  /// One event of Anthropic's.
  mutating func readAnthropic(
    _ json: WireJSON, to events: inout [ModelEvent]
  ) throws(WireFailure) {
    switch json["type"]?.string {
    case "message_start":
      noteAnthropic(json["message"]?["usage"], to: &events)
    case "content_block_start":
      let block = json["content_block"]
      guard block?["type"]?.string == "text" else { return }
      if let text = block?["text"]?.string, !text.isEmpty { events.append(.text(text)) }
    case "content_block_delta":
      let delta = json["delta"]
      guard delta?["type"]?.string == "text_delta" else { return }
      if let text = delta?["text"]?.string, !text.isEmpty { events.append(.text(text)) }
    case "message_delta":
      noteAnthropic(json["usage"], to: &events)
      let details = json["delta"]?["stop_details"] ?? json["stop_details"]
      switch json["delta"]?["stop_reason"]?.string {
      case nil: break
      case "end_turn", "stop_sequence", "tool_use": stop = .complete
      case "max_tokens", "model_context_window_exceeded": stop = .failure(.cutByLength)
      case "refusal":
        stop = .failure(.declined(text: details?["explanation"]?.string ?? ""))
      case .some(let reason): stop = .failure(.ended(reason: reason))
      }
    case "message_stop":
      isEndSeen = true
    default: break
    }
  }

  private mutating func noteAnthropic(_ counts: WireJSON?, to events: inout [ModelEvent]) {
    // What comes out of a cache is not counted as input there.
    let input = Self.sum(
      counts?["input_tokens"]?.count, counts?["cache_creation_input_tokens"]?.count,
      counts?["cache_read_input_tokens"]?.count)
    note(input: input, output: counts?["output_tokens"]?.count, to: &events)
  }

  /// The first candidate, which a chunk need not have.
  private static func first(of list: WireJSON?) -> WireJSON? {
    for (place, element) in (list?.elements ?? []).enumerated() {
      if let index = element["index"]?.count {
        if index == 0 { return element }
      } else if place == 0 {
        return element
      }
    }
    return nil
  }
}
