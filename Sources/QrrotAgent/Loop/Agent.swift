public import QrrotCore

/// Answers questions and carries out requests with the help of a language model.
///
/// The model is told what the database looks like and what it may ask for, gives commands, and gets
/// their results, until it answers. Its writes are staged, and become one transaction at the end, with
/// a person's yes where something would be destroyed. Neither what a model says nor what stored data
/// says is trusted: the parser decides what a command is, the effects decide what needs a yes.
///
/// An agent remembers the last requests, so that the next one may refer to them. It runs one at a time.
public final class Agent {
  /// What may differ from one request to the next.
  public var options: AgentOptions
  /// Tokens of all requests so far, as the providers counted them; nil where one gave no number.
  public private(set) var totalUsage = ModelUsage.zero
  /// The last request that was applied, and what it changed; nil before the first.
  public private(set) var lastApplied: (request: String, plan: Plan)?
  /// See ``AgentRun/listedKeyLimit``.
  var listedKeyLimit = 1_000_000
  private let engine: any Engine
  private let block: DataBlock
  private var conversation = Conversation()

  /// Makes an agent that has seen nothing yet.
  public convenience init(engine: any Engine, options: AgentOptions = AgentOptions()) {
    self.init(engine: engine, options: options, block: DataBlock())
  }

  /// The same with markers that tests can foresee.
  init(engine: any Engine, options: AgentOptions, block: DataBlock) {
    self.engine = engine
    self.options = options
    self.block = block
  }

  /// Forgets the requests before; what was counted stays.
  public func reset() { conversation = Conversation() }

  /// Answers a question. Nothing can be written: not by what the model says, nor by mistake.
  ///
  /// - Parameters:
  ///   - question: what is asked.
  ///   - model: who is asked.
  ///   - secrets: what must be neither sent nor shown.
  ///   - session: a copy of the person's; inside a transaction its writes are seen.
  ///   - screen: sees what happens.
  /// - Returns: what came of it. Its ``AgentOutcome/error`` is `budget`, `network`, `provider`,
  ///   `interrupted`, what the screen threw, or what the database threw.
  public func ask(
    _ question: String, model: any LanguageModel, secrets: SecretFilter, session: Session,
    screen: any AgentScreen
  ) async -> AgentOutcome {
    var run = AgentRun(
      .question, question, model: model, secrets: secrets, screen: screen, engine: engine,
      options: options, block: block, session: session)
    run.listedKeyLimit = listedKeyLimit
    await run.perform(after: conversation)
    note(run)
    return run.outcome
  }

  /// Carries out a request: what the model writes is applied as one transaction, which one `undo` takes
  /// back, or not at all.
  ///
  /// - Parameter session: the person's, in which it is applied. While the request runs it must not be
  ///   used for anything else.
  /// - Returns: what came of it; see also ``ask(_:model:secrets:session:screen:)``. Unless it says
  ///   ``AgentOutcome/Decision-swift.enum/applied``, nothing has changed.
  ///   Its error is `refused` inside a transaction, and where a plan needs a yes that nobody can give;
  ///   `conflict` if others were quicker to the end; `unknown-outcome` if it is applied and may not
  ///   last.
  public func request(
    _ text: String, model: any LanguageModel, secrets: SecretFilter, session: inout Session,
    screen: any AgentScreen
  ) async -> AgentOutcome {
    guard session.transaction == nil else {
      var outcome = AgentOutcome()
      outcome.usage = .zero
      outcome.error = QrrotError(
        .refused,
        "ai works outside a transaction, for it makes one of its own; commit or rollback first")
      return outcome
    }
    var run = AgentRun(
      .request, text, model: model, secrets: secrets, screen: screen, engine: engine,
      options: options, block: block, session: session)
    // The before-images, up to 64 MiB, are in one pair of hands, or a commit would copy them.
    session.undo = UndoLog()
    run.listedKeyLimit = listedKeyLimit
    await run.perform(after: conversation)
    let before = session
    session = run.session
    session.transaction = nil
    session.allowsWritesBeyondUndo = before.allowsWritesBeyondUndo
    session.stagedByteLimit = before.stagedByteLimit
    note(run)
    if run.outcome.decision == .applied, let plan = run.outcome.plan { lastApplied = (text, plan) }
    return run.outcome
  }

  /// Remembers a run for those that follow.
  private func note(_ run: AgentRun) {
    totalUsage.add(run.outcome.usage)
    guard let answer = run.outcome.answer else { return }
    let steps = run.outcome.steps.map { step in
      "\(Escaping.displayed(step.command)) → \(Conversation.shortened(Escaping.displayed(step.result), to: 400))"
    }
    conversation.append(
      Conversation.Exchange(
        request: run.text, digest: steps.joined(separator: "\n"), answer: answer,
        consequence: run.outcome.consequence))
  }
}

extension AgentOutcome {
  /// What became of the changes, for the model.
  fileprivate var consequence: String {
    let count = plan?.changes.count ?? 0
    return switch decision {
    case .none: ""
    case .applied: "applied: \(count) key\(count == 1 ? "" : "s") changed"
    case .refused: "the person did not want this plan: nothing was changed"
    case .dropped: "nothing was changed"
    }
  }
}
