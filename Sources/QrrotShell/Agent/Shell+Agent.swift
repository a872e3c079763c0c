internal import QrrotAgent
internal import QrrotCore

/// `ask` and `ai`.
extension Shell {
  func agentWord(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    guard command.arguments.first?.kind == .word else {
      return try await converse(command, at: place)
    }
    do throws(QrrotError) {
      return try await subcommand(command)
    } catch {
      return try fail(redacted(error), at: place)
    }
  }

  /// Sends a question or a request, and shows what comes of it.
  private func converse(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    let text = command.text(0)
    let desk: AgentDesk
    let model: any LanguageModel
    do throws(QrrotError) {
      if command.name == .ai, session.transaction != nil {
        throw QrrotError(
          .refused,
          "ai works outside a transaction, for it makes one of its own; commit or rollback first")
      }
      desk = try agentDesk()
      guard !desk.secrets.holdsSecret(command.content(0)) else {
        throw QrrotError(.refused, "the text holds a key, which is not sent; leave it out")
      }
      model = try await self.model(at: desk)
    } catch {
      try stopAfterAgent()
      return try fail(redacted(error), at: place)
    }
    let screen = ConsoleScreen(
      self, request: text, modelName: model.providerName, secrets: desk.secrets)
    let outcome = await run(command.name, text, desk, model, screen)
    try screen.end()
    try stopAfterAgent()
    if let error = outcome.error { desk.forgetTypedKey(after: error) }
    return try report(outcome, of: command, screen, at: place)
  }

  private func run(
    _ name: CommandName, _ text: String, _ desk: AgentDesk, _ model: any LanguageModel,
    _ screen: ConsoleScreen
  ) async -> AgentOutcome {
    desk.agent.options.assumesYes = options.assumesYes
    desk.agent.options.isInteractive = canShowAndAsk
    guard name == .ai else {
      return await desk.agent.ask(
        text, model: model, secrets: desk.secrets, session: session, screen: screen)
    }
    // What is shown meanwhile settles `session`. The before-images stay in one pair of hands, or a
    // commit would copy them.
    var own = session
    session.undo = UndoLog()
    let outcome = await desk.agent.request(
      text, model: model, secrets: desk.secrets, session: &own, screen: screen)
    session = own
    return outcome
  }

  /// A signal, or an output that is gone, ends more than the request.
  private func stopAfterAgent() throws(ShellStop) {
    let stop = agentStop
    agentStop = nil
    if let signal = signals.termination { throw .terminated(signal) }
    switch stop {
    case .outputClosed, .outputFailed: if let stop { throw stop }
    case .exit, .terminated, .interrupted, nil: break
    }
  }

  /// Prints what came of a request.
  private func report(
    _ outcome: AgentOutcome, of command: Command, _ screen: ConsoleScreen, at place: Place?
  ) throws(ShellStop) -> Outcome {
    if outcome.decision == .applied {
      // Nobody is told that it is applied before it lasts.
      do throws(QrrotError) { try engine.settle(&session) } catch {
        return try fail(error, at: place)
      }
    }
    if screen.isObject {
      var object: [UInt8] = []
      AgentObject.append(
        outcome, kind: "\(command.name)", request: screen.request, secrets: screen.secrets,
        to: &object)
      try console.print(bytes: object)
    } else if let answer = outcome.answer, !screen.hasShownAnswer {
      try console.print(bytes: Self.shown(screen.secrets.redacted(answer)))
    }
    switch outcome.decision {
    case .applied where outcome.error == nil:
      if !screen.isObject { try screen.showSummary(of: outcome, appliedText) }
      return .succeeded
    case .none where outcome.error == nil:
      // A model's text may look like the shell's own `Applied.`; the last word is not the model's.
      let text = command.name == .ai ? "Nothing was changed." : ""
      if !screen.isObject { try screen.showSummary(of: outcome, text) }
      return .succeeded
    case .refused where canShowAndAsk && outcome.error?.code ?? .refused == .refused:
      if !screen.isObject { try screen.showSummary(of: outcome, "Nothing was applied.") }
      if isInteractive { return .failed }
    default: break
    }
    let error =
      outcome.error ?? QrrotError(.refused, "the plan was not confirmed; nothing was applied")
    return try fail(redacted(error), at: place)
  }

  /// `undo` is a person's, at the prompt; the undo list of a run ends with it.
  private var appliedText: String {
    isInteractive ? "Applied. `undo` takes it back." : "Applied."
  }

  /// A model's text as it is shown, one line feed at its end.
  private static func shown(_ text: String) -> [UInt8] {
    var stream = TextStream()
    return stream.append(text) + stream.finish() + [UInt8(ascii: "\n")]
  }

  /// What an error says without the keys that it might hold.
  func redacted(_ error: QrrotError) -> QrrotError {
    guard let desk else { return error }
    var error = error
    error.message = desk.secrets.redacted(cut: error.message)
    return error
  }

  /// What is kept of requests; made when it is needed first.
  func agentDesk() throws(QrrotError) -> AgentDesk {
    if let desk { return desk }
    guard let models else {
      throw QrrotError(.refused, "there is nobody to ask here: no provider is known")
    }
    let desk = AgentDesk(directory: models, engine: engine, settings: options.agent)
    self.desk = desk
    return desk
  }

  /// Whether a line holds a key, so that it must not be kept.
  func holdsSecret(_ line: [UInt8]) -> Bool {
    guard models != nil, let desk = try? agentDesk() else { return false }
    return desk.secrets.holdsSecret(line)
  }

  /// Whether there is somebody to answer a question, who has seen what it is about: a plan is shown on
  /// standard error.
  var canShowAndAsk: Bool { canAsk && console.surroundings.errorIsTerminal }

  /// Shows a question and waits for what is typed after that. What was typed or pasted before is gone,
  /// with the rest of a paste that this line came in.
  func readTyped(_ question: String, isHidden: Bool = false) throws(ShellStop) -> LineInput {
    guard let reader = reader ?? questionReader else { return .endOfInput }
    try console.flush()
    hasAsked = true
    reader.discardTypedInput()
    if isHidden { return reader.readHiddenLine(prompt: question) }
    return reader.readLine(prompt: Prompt(text: question, isColored: false))
  }
}
