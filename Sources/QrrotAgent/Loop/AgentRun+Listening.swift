internal import QrrotCore

/// Asking the model, and reading what it says.
extension AgentRun {
  /// A whole reply of the model.
  struct Said {
    /// All of it, as it came.
    var raw = ""
    /// Its text without tags.
    var text = ""
    /// Its commands.
    var tags: [ModelTag] = []
  }

  /// What is sent next.
  var modelRequest: ModelRequest {
    var messages = opening
    // The newest results go whole, older ones shortened once that would be too much.
    var byteCount = 0
    var later: [ModelMessage] = []
    for round in rounds.reversed() {
      let isShortened = byteCount > Self.resultsByteLimit
      let result = message(of: round, isShortened: isShortened)
      byteCount += result.utf8.count
      later.append(ModelMessage(.user, result))
      later.append(
        ModelMessage(.model, Conversation.shortened(round.reply, to: Self.replyByteLimit)))
    }
    messages += later.reversed()
    for index in messages.indices {
      messages[index].text = secrets.redacted(cut: messages[index].text)
    }
    let rest = options.tokenLimit.map { max(1, $0 - spentTokenCount) }
    return ModelRequest(
      system: SystemText.make(today: options.today()), messages: messages,
      maximumOutputTokenCount: rest)
  }

  private func message(of round: Round, isShortened: Bool) -> String {
    var parts: [String] = []
    for (index, result) in round.results.enumerated() {
      let command = Conversation.shortened(
        Escaping.displayed(result.command), to: Self.echoByteLimit)
      let data =
        isShortened
        ? Conversation.shortened(result.text.data, to: Self.shortenedByteLimit) : result.text.data
      parts.append("Result \(index + 1), of \(command)\n\(block.wrapping(data))")
      if !result.text.note.isEmpty { parts.append(result.text.note) }
    }
    if !round.remark.isEmpty { parts.append(round.remark) }
    return parts.joined(separator: "\n")
  }

  /// Sends what there is to send and reads the reply to its end.
  ///
  /// - Throws: `budget`, `network`, `provider`, `interrupted`, and what the screen throws. Whatever the
  ///   model has said by then counts for nothing.
  mutating func listen(step: Int) async throws(QrrotError) -> Said {
    try session.interrupt.check()
    let request = modelRequest
    var count = TokenCount(
      sentByteCount: request.messages.reduce(request.system.utf8.count) { $0 + $1.text.utf8.count })
    try requireBudget(count)
    try screen.show(.asking(step: step))
    outcome.roundCount += 1
    var isOver = false
    defer { add(count, isOver: isOver) }
    var said = Said()
    var scanner = TagScanner()
    var shown = SecretStreamFilter(secrets)
    for await event in model.answer(request) {
      try session.interrupt.check()
      switch event {
      case .waiting: try screen.show(.waiting)
      case .retrying(let seconds, let reason):
        try screen.show(.retrying(seconds: seconds, reason: secrets.redacted(reason)))
      case .text(let piece):
        count.receivedByteCount += piece.utf8.count
        let events = try scanner.append(piece)
        said.raw += piece
        try requireBudget(count)
        try take(events, into: &said, &shown)
      case .usage(let usage):
        count.usage = usage
        try requireBudget(count)
      case .failed(let error): throw error
      case .finished: isOver = true
      }
      if isOver { break }
    }
    guard isOver else {
      throw QrrotError(
        .network, "\(model.providerName): the answer broke off; nothing of it was run")
    }
    try take(try scanner.finish(), into: &said, &shown)
    try show(shown.finish(), &said)
    return said
  }

  private func take(
    _ events: [TagScanner.Event], into said: inout Said, _ shown: inout SecretStreamFilter
  ) throws(QrrotError) {
    for event in events {
      switch event {
      case .text(let text): try show(shown.append(text), &said)
      case .tag(let tag): said.tags.append(tag)
      }
    }
  }

  private func show(_ text: String, _ said: inout Said) throws(QrrotError) {
    guard !text.isEmpty else { return }
    said.text += text
    try screen.show(.text(text))
  }

  /// About so many bytes of results go whole.
  private static let resultsByteLimit = 64 << 10
  private static let shortenedByteLimit = 512
  private static let replyByteLimit = 16 << 10
  private static let echoByteLimit = 120
}

/// The tokens of one round.
struct TokenCount {
  /// The bytes of what was sent.
  let sentByteCount: Int
  /// The bytes of what has come back.
  var receivedByteCount = 0
  /// What the provider has said.
  var usage: ModelUsage?

  init(sentByteCount: Int) { self.sentByteCount = sentByteCount }

  /// What the provider has counted, and where it has not, a token for every four bytes.
  var estimate: Int {
    let (sum, isTooLarge) = max(0, usage?.inputTokenCount ?? sentByteCount / 4)
      .addingReportingOverflow(max(0, usage?.outputTokenCount ?? receivedByteCount / 4))
    return isTooLarge ? .max : sum
  }
}

extension AgentRun {
  private func requireBudget(_ count: TokenCount) throws(QrrotError) {
    guard let limit = options.tokenLimit else { return }
    let (sum, isTooLarge) = spentTokenCount.addingReportingOverflow(count.estimate)
    guard isTooLarge || sum > limit else { return }
    throw QrrotError(
      .budget,
      "the request would take more than \(limit) tokens; nothing was applied. Ask for less, or raise --ai-max-tokens"
    )
  }

  /// Adds a round's tokens to those of the run.
  ///
  /// A round that the provider neither counted nor answered, such as one with a wrong key, costs
  /// nothing; any other one without a count makes the sum unknown.
  private mutating func add(_ count: TokenCount, isOver: Bool) {
    guard count.usage != nil || isOver || count.receivedByteCount > 0 else { return }
    let (sum, isTooLarge) = spentTokenCount.addingReportingOverflow(count.estimate)
    spentTokenCount = isTooLarge ? .max : sum
    outcome.usage.add(count.usage ?? ModelUsage())
  }
}

extension ModelUsage {
  /// No tokens.
  static let zero = ModelUsage(inputTokenCount: 0, outputTokenCount: 0)

  /// Adds what another round took; what is unknown of one is unknown of both.
  mutating func add(_ other: ModelUsage) {
    inputTokenCount = Self.sum(inputTokenCount, other.inputTokenCount)
    outputTokenCount = Self.sum(outputTokenCount, other.outputTokenCount)
  }

  private static func sum(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (sum, isTooLarge) = max(0, a).addingReportingOverflow(max(0, b))
    return isTooLarge ? .max : sum
  }
}
