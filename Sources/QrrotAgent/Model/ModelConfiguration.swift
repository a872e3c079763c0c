public import QrrotCore

/// Which model is to be asked, as flags, settings and `ai model` say it.
public struct ModelConfiguration: Sendable {
  /// What `--ai` can say.
  public enum Provider: String, CaseIterable, Sendable {
    /// The first whose key is in the environment, else a server on this machine.
    case auto
    /// Google's Gemini.
    case gemini
    /// OpenAI, and every server that speaks its chat completions.
    case openai
    /// Anthropic's messages.
    case anthropic
    /// A server on this machine that speaks OpenAI's chat completions.
    case local
  }

  /// Whose model.
  public var provider = Provider.auto
  /// The model; nil for the provider's default.
  public var modelName: String?
  /// The base of the provider's addresses; nil for its own.
  public var baseURL: String?
  /// A file of mode 0600 that holds the key; nil for the environment.
  public var keyFile: String?
  /// A key that was typed, and the provider that it is for.
  public var typedKey: (key: Secret, provider: Provider)?
  /// The sampling temperature; nil, as ever, sends none.
  public var temperature: Double?
  /// Where the HTTP exchanges are kept; nil for nowhere.
  public var recordFile: String?
  /// Where answers are taken from instead of the network; nil for the network.
  public var replayFile: String?
  /// Whether a file that is there may be overwritten by ``recordFile``.
  public var replacesRecordFile = false

  /// The defaults.
  public init() {}
}

/// What there is to answer.
public enum ModelSelection: Sendable {
  /// A model that was asked for, by a flag or by a key.
  case ready(any LanguageModel)
  /// A server on this machine that was found by looking: to be named and agreed to before it is used.
  case found(any LanguageModel)
  /// No key and no server.
  case none
}

/// Makes models of configurations.
public protocol ModelDirectory: Sendable {
  /// Looks for the model that `configuration` means. Opens no connection but to look for a server on
  /// this machine, for at most a second.
  ///
  /// A recording that is to be written is begun here, so that nothing is sent whose answer can't be kept.
  ///
  /// - Throws: `io`, `syntax`, `refused`, `too-large`: a key, a file or a URL that can't be used, with
  ///   what to do; `refused` with detail `fileExists` where a recording would replace a file; `network`,
  ///   `provider` if the server that was named does not list its models, which is asked only where no
  ///   model is named. Nothing is left behind.
  func select(_ configuration: ModelConfiguration) async throws(QrrotError) -> ModelSelection

  /// Every key that it knows of, whichever provider it is for: nothing that is shown or kept may hold
  /// one.
  func secrets(_ configuration: ModelConfiguration) -> [Secret]
}
