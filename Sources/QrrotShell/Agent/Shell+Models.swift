internal import QrrotAgent
internal import QrrotCore

/// Finding out whom to ask.
extension Shell {
  /// The model that flags, settings, the environment or a person say.
  ///
  /// - Throws: `provider` without any, with what to do; `refused` where a person has not agreed to one
  ///   that was found; what the directory throws.
  func model(at desk: AgentDesk) async throws(QrrotError) -> any LanguageModel {
    while true {
      if let model = desk.model { return model }
      let selection: ModelSelection
      do throws(QrrotError) { selection = try await select(desk) } catch {
        desk.forgetTypedKey(after: error)
        throw error
      }
      switch selection {
      case .ready(let model): desk.use(model)
      case .found(let model):
        try agree(to: model, desk)
        desk.use(model)
      case .none:
        let (key, provider) = try typedKey(desk)
        desk.use(key, of: provider)
      }
    }
  }

  /// The provider and the model as `ai model` shows them. Nobody is asked for anything.
  func modelText(_ desk: AgentDesk) async throws(QrrotError) -> String {
    if let model = desk.model { return "\(model.providerName): \(model.modelName)" }
    switch try await select(desk) {
    case .ready(let model):
      desk.use(model)
      return "\(model.providerName): \(model.modelName)"
    case .found(let model): return "\(model.providerName): \(model.modelName)"
    case .none: throw Self.nobody(desk)
    }
  }

  private func select(_ desk: AgentDesk) async throws(QrrotError) -> ModelSelection {
    do throws(QrrotError) {
      return try await desk.directory.select(desk.configuration)
    } catch {
      guard error.detail == .fileExists else { throw error }
      let name = desk.configuration.recordFile ?? "the recording"
      if !options.assumesYes {
        try confirm("\(name) is there already", "Replace it?", refusal: "nothing was recorded")
      }
      desk.configuration.replacesRecordFile = true
      return try await desk.directory.select(desk.configuration)
    }
  }

  /// A server that was found by looking is not used before it is named and agreed to.
  private func agree(to model: any LanguageModel, _ desk: AgentDesk) throws(QrrotError) {
    let name = "\(model.providerName) with the model \(model.modelName)"
    if desk.agreedProviders.contains(model.providerName) { return }
    guard canShowAndAsk else {
      throw QrrotError(
        .refused, "no key is set; \(name) was found on this machine: --ai local uses it")
    }
    let question = "No key is set. Use \(Escaping.displayed(name))? [y]es [n]o "
    guard case .line(let answer) = try typed(question),
      ["y", "yes"].contains(String(decoding: answer, as: UTF8.self).lowercased())
    else {
      throw QrrotError(.refused, "not agreed to, nothing was sent; --ai chooses another provider")
    }
    desk.agreedProviders.insert(model.providerName)
  }

  /// Says how to get going, and takes a key from a person.
  private func typedKey(_ desk: AgentDesk) throws(QrrotError) -> (
    key: Secret, provider: ModelConfiguration.Provider
  ) {
    for line in AgentGuide.lines {
      do throws(ShellStop) { try console.showLine(line, .plain) } catch { agentStop = error }
    }
    guard canShowAndAsk, let provider = try typedProvider(desk) else { throw Self.nobody(desk) }
    let question =
      "The key for \(provider.rawValue), kept until you leave (not shown; Enter for none): "
    guard case .line(let key) = try typed(question, isHidden: true) else {
      throw Self.nobody(desk)
    }
    let text = Settings.trimmed(String(decoding: key, as: UTF8.self))
    guard !text.isEmpty else { throw Self.nobody(desk) }
    return (Secret(text), provider)
  }

  /// Whose key is to be typed: the provider that was asked for, or the one that a person names.
  private func typedProvider(
    _ desk: AgentDesk
  ) throws(QrrotError) -> ModelConfiguration.Provider? {
    let provider = desk.configuration.provider
    if provider == .local { return nil }
    if provider != .auto { return provider }
    let question = "Type a key now? [g]emini [o]penai [a]nthropic, Enter for no: "
    guard case .line(let answer) = try typed(question) else { return nil }
    return Self.provider(String(decoding: answer, as: UTF8.self).lowercased())
  }

  private func typed(_ question: String, isHidden: Bool = false) throws(QrrotError) -> LineInput {
    let input: LineInput
    do throws(ShellStop) { input = try readTyped(question, isHidden: isHidden) } catch {
      agentStop = error
      throw QrrotError(.io, "the question can't be written")
    }
    switch input {
    case .line, .endOfInput: return input
    case .interrupted:
      signals.interruptRequested()
      throw QrrotError(.interrupted, "stopped by Ctrl-C")
    case .terminated: throw QrrotError(.interrupted, "stopped by a signal")
    }
  }

  private static func provider(_ answer: String) -> ModelConfiguration.Provider? {
    let known: [ModelConfiguration.Provider] = [.gemini, .openai, .anthropic]
    return known.first { answer == $0.rawValue || answer == $0.rawValue.prefix(1) }
  }

  private static func nobody(_ desk: AgentDesk) -> QrrotError {
    let advice =
      switch desk.configuration.provider {
      case .auto:
        "set GEMINI_API_KEY, OPENAI_API_KEY or ANTHROPIC_API_KEY, or start a model on this machine and use --ai local"
      case .gemini: "set GEMINI_API_KEY, or name a file with the key by --ai-key-file"
      case .openai: "set OPENAI_API_KEY, or name a file with the key by --ai-key-file"
      case .anthropic: "set ANTHROPIC_API_KEY, or name a file with the key by --ai-key-file"
      case .local:
        "no server on this machine has answered; start one, or say by --ai-url where it listens"
      }
    return QrrotError(.provider, "nobody to ask: \(advice)")
  }
}
