internal import QrrotCore

/// One question or one request, from the first word to the model to the last effect.
struct AgentRun {
  /// What a run may do.
  enum Purpose {
    /// Answer: there is no way to write.
    case question
    /// Change the database.
    case request
  }

  /// What a model was sent beyond the beginning, and what it said before that.
  struct Round {
    /// The model's reply, as it came.
    var reply: String
    /// What it was told of each of its commands.
    var results: [(command: String, text: ResultText)] = []
    /// What it is told besides.
    var remark = ""
  }

  let purpose: Purpose
  let text: String
  let model: any LanguageModel
  let secrets: SecretFilter
  let screen: any AgentScreen
  let engine: any Engine
  let options: AgentOptions
  let block: DataBlock
  /// The person's session with what is staged: a transaction for a request, none of its own for a
  /// question.
  var session: Session
  var outcome = AgentOutcome()
  /// What the conversation begins with: the requests before, the sketch, this request.
  var opening: [ModelMessage] = []
  var rounds: [Round] = []
  /// Tokens of the rounds that are over, estimated where the provider gave none.
  var spentTokenCount = 0
  var gate: CommandGate
  var reply = Reply()
  /// In a database of more keys a list needs a limit of its own; tests have smaller ones.
  var listedKeyLimit = Int.max

  /// Prepares a run; `session` is a copy that becomes the run's own.
  init(
    _ purpose: Purpose, _ text: String, model: any LanguageModel, secrets: SecretFilter,
    screen: any AgentScreen, engine: any Engine, options: AgentOptions, block: DataBlock,
    session: Session
  ) {
    self.purpose = purpose
    self.text = text
    self.model = model
    self.secrets = secrets
    self.screen = screen
    self.engine = engine
    self.options = options
    self.block = block
    self.session = session
    outcome.usage = .zero
    gate = CommandGate(admitsWrites: purpose == .request, secrets: secrets)
    switch purpose {
    case .question: self.session.isReadOnly = true
    case .request: beginStaging()
    }
  }

  /// Begins with nothing staged and nothing read.
  mutating func beginStaging() {
    session.transaction = Transaction()
    session.allowsWritesBeyondUndo = false
    session.stagedByteLimit = Self.stagedByteLimit
  }

  /// Runs to the end; whatever happens stands in ``outcome`` afterwards.
  mutating func perform(after conversation: Conversation) async {
    let start = ContinuousClock.now
    do throws(QrrotError) {
      try await open(after: conversation)
      try await drive()
    } catch {
      var error = error
      error.message = secrets.redacted(cut: error.message)
      outcome.error = error
      let hasStaged = session.transaction?.writtenKeys.isEmpty == false
      if purpose == .request, outcome.plan != nil || hasStaged, outcome.decision == .none {
        outcome.decision = .dropped
      }
    }
    outcome.duration = ContinuousClock.now - start
  }

  private mutating func open(after conversation: Conversation) async throws(QrrotError) {
    var probe = session
    probe.transaction = nil
    let sketch = try await Sketch.make(of: engine, in: probe)
    let task =
      switch purpose {
      case .question: "QUESTION (only QUERY READ can run): \(text)"
      case .request: "REQUEST: \(text)"
      }
    opening = conversation.messages(block)
    opening.append(
      ModelMessage(
        .user, "What the database holds, from a sample:\n\(block.wrapping(sketch))\n\n\(task)"))
  }

  /// Asks the model, runs what it asks for, and tells it, until it answers.
  private mutating func drive() async throws(QrrotError) {
    var stepCount = 0
    var mustAnswer = false
    var isRepeated = false
    var lastTags: [ModelTag] = []
    while true {
      let said = try await listen(step: stepCount + 1)
      guard !said.tags.isEmpty else {
        guard !said.text.allSatisfy(\.isWhitespace) else { throw Self.saidNothing }
        outcome.answer = said.text
        guard purpose == .request, let conflict = try await conclude() else { return }
        // Somebody else was quicker: from the beginning, as far as the steps go.
        stepCount += 1
        guard stepCount < options.stepLimit else { throw conflict }
        try screen.show(.note(secrets.redacted(cut: conflict.message)))
        outcome.answer = nil
        outcome.plan = nil
        beginStaging()
        lastTags = []
        // Whatever had ended the steps was about what is dropped now.
        mustAnswer = false
        isRepeated = false
        rounds.append(Round(reply: said.raw, remark: conflictRemark(conflict)))
        continue
      }
      guard !mustAnswer else {
        throw isRepeated ? Self.onlyRepeats : Self.stepsSpent(options.stepLimit)
      }
      if said.tags == lastTags {
        mustAnswer = true
        isRepeated = true
        let results = rounds.last?.results ?? []
        rounds.append(Round(reply: said.raw, results: results, remark: Self.repetitionRemark))
        continue
      }
      lastTags = said.tags
      let results = try await run(said.tags)
      stepCount += 1
      mustAnswer = stepCount >= options.stepLimit
      rounds.append(
        Round(reply: said.raw, results: results, remark: mustAnswer ? Self.lastRemark : ""))
    }
  }

  /// The most that a request may stage (64 MiB).
  static let stagedByteLimit = 64 << 20
}

/// What is said in the course of a run.
extension AgentRun {
  private static let lastRemark =
    "These were the last results. Answer now, without any QUERY line: with what you know, and say what is missing."
  private static let repetitionRemark =
    "This is the same step as before, so it was not run again; these are its results once more. Answer now, without any QUERY line: with what you know, and say what is missing."

  /// The error may name a key, which is stored data.
  private func conflictRemark(_ conflict: QrrotError) -> String {
    """
    Everything that you staged was dropped:
    \(block.wrapping(Escaping.displayed(conflict.description)))
    Read what you need anew and give the commands again.
    """
  }

  private static let saidNothing = QrrotError(
    .provider, "the model answered with nothing; ask again, or in other words")

  private static let onlyRepeats = QrrotError(
    .budget,
    "the model asked for the same step again and again instead of answering; nothing was applied. Ask in other words, or choose another model with `ai model NAME`"
  )

  private static func stepsSpent(_ limit: Int) -> QrrotError {
    QrrotError(
      .budget,
      "the model had \(limit) step\(limit == 1 ? "" : "s") and still asks for more instead of answering; nothing was applied. Ask for less at once, or raise --ai-steps"
    )
  }
}
