internal import QrrotAgent
internal import QrrotCore

/// What a shell keeps for `ask` and `ai` from one request to the next.
final class AgentDesk {
  /// Whom it asks.
  let directory: any ModelDirectory
  /// The conversation.
  let agent: Agent
  /// Which model is meant; `ai model` and a key that is typed change it.
  var configuration: ModelConfiguration {
    didSet {
      model = nil
      storedSecrets = nil
    }
  }
  /// The model that has been found for ``configuration``.
  private(set) var model: (any LanguageModel)?
  /// The servers on this machine that a person has agreed to.
  var agreedProviders: Set<String> = []
  /// Every key that was typed, a wrong one too.
  private var typedKeys: [Secret] = []
  /// The provider before a key was typed.
  private var formerProvider: ModelConfiguration.Provider?
  private var storedSecrets: SecretFilter?

  init(directory: any ModelDirectory, engine: any Engine, settings: AgentSettings) {
    self.directory = directory
    configuration = settings.modelConfiguration
    var options = AgentOptions()
    if let stepLimit = settings.stepLimit { options.stepLimit = stepLimit }
    options.tokenLimit = settings.tokenLimit
    if let confirmation = settings.confirmation { options.confirmation = confirmation }
    options.today = { Today.text }
    agent = Agent(engine: engine, options: options)
  }

  /// What must not be shown or kept.
  var secrets: SecretFilter {
    if let storedSecrets { return storedSecrets }
    let filter = SecretFilter(directory.secrets(configuration) + typedKeys)
    storedSecrets = filter
    return filter
  }

  /// Uses a key that was typed.
  func use(_ key: Secret, of provider: ModelConfiguration.Provider) {
    typedKeys.append(key)
    formerProvider = configuration.provider
    var changed = configuration
    changed.typedKey = (key, provider)
    changed.provider = provider
    configuration = changed
  }

  /// Drops a typed key that has turned out to be of no use, so that another one can be typed; it stays
  /// a secret.
  ///
  /// - Parameter error: why; it counts only if it speaks of the typed key.
  func forgetTypedKey(after error: QrrotError) {
    guard configuration.typedKey != nil, error.message.contains("the typed key") else { return }
    var changed = configuration
    changed.typedKey = nil
    changed.provider = formerProvider ?? .auto
    configuration = changed
  }

  /// Keeps the model that the configuration means.
  func use(_ model: any LanguageModel) { self.model = model }
}
