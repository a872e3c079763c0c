internal import QrrotCore

/// Running what the model asks for.
extension AgentRun {
  /// Runs every command of a reply, in order, and shows what came of it.
  ///
  /// - Throws: what ends the run: `interrupted`, a staged write over the limit, a database that fails,
  ///   a screen that nobody reads. All other errors are for the model.
  mutating func run(
    _ tags: [ModelTag]
  ) async throws(QrrotError) -> [(command: String, text: ResultText)] {
    var results: [(command: String, text: ResultText)] = []
    var rest = Self.stepByteLimit
    for (index, tag) in tags.enumerated() {
      try session.interrupt.check()
      let limit = max(Self.leastByteLimit, rest / (tags.count - index))
      var step = AgentStep(tag: tag.claim, command: secrets.redacted(tag.command), result: "")
      var text: ResultText
      var isWrite = false
      do throws(QrrotError) {
        let command = try gate.admit(tag)
        isWrite = command.name.access == .write
        text = try await run(command, byteLimit: limit)
      } catch {
        step.error = error
        step.error?.message = secrets.redacted(cut: error.message)
        text = ResultText(data: error.description)
      }
      text.data = secrets.redacted(cut: text.data)
      text.note = secrets.redacted(text.note)
      rest = max(0, rest - text.data.utf8.count)
      step.result = text.text
      outcome.steps.append(step)
      try screen.show(.step(step))
      if let error = step.error, error.endsRun(isWrite: isWrite) { throw error }
      results.append((step.command, text))
    }
    return results
  }

  private mutating func run(
    _ command: Command, byteLimit: Int
  ) async throws(QrrotError) -> ResultText {
    try await requireBounded(command)
    try await engine.execute(command, in: &session, into: &reply)
    // The model must not be told of what a crash could still take back.
    try engine.settle(&session)
    let text = ResultText(reply, of: command, byteLimit: byteLimit)
    reply.reset(.ok)
    return text
  }

  /// Checks that a list is not of all keys of a large database: it would take gigabytes to be made, and
  /// a model gets to see the first few of it.
  private func requireBounded(_ command: Command) async throws(QrrotError) {
    let isBounded: Bool
    switch command.name {
    case .all, .keys: isBounded = false
    case .find:
      isBounded = command.arguments.contains {
        $0.kind == .clause(.limit) && $0.integer <= listedKeyLimit
      }
    default: isBounded = true
    }
    guard !isBounded else { return }
    // Not in the transaction, where it would count as a read of everything.
    var probe = session
    probe.transaction = nil
    probe.undo = UndoLog()
    var size = Reply()
    try await engine.execute(Command(.size), in: &probe, into: &size)
    guard let keyCount = size.cells.first?.integer, keyCount > listedKeyLimit else { return }
    throw QrrotError(
      .tooLarge,
      "there are \(keyCount) keys, too many to be listed; use find PATTERN with limit N, and count PATTERN for their number"
    )
  }

  /// What the results of one reply's commands may take together.
  static let stepByteLimit = 16 << 10
  /// And what each of them may take in any case.
  static let leastByteLimit = 256
}

extension QrrotError {
  /// Whether it is nothing that a model could mend.
  fileprivate func endsRun(isWrite: Bool) -> Bool {
    switch code {
    case .interrupted, .io, .corrupt, .busy, .unknownOutcome, .network, .auth: true
    // What a write throws where too much would be staged.
    case .budget: isWrite
    default: false
    }
  }
}
