public import QrrotAgent
public import QrrotCore

/// What flags, the environment and the configuration file say about `ask` and `ai`.
public struct AgentSettings: Equatable, Sendable {
  /// `ai`: whose model.
  public var provider: ModelConfiguration.Provider?
  /// `ai-model`: the model.
  public var modelName: String?
  /// `ai-url`: the base of the provider's addresses.
  public var baseURL: String?
  /// `ai-key-file`: a file of mode 0600 that holds the key.
  public var keyFile: String?
  /// `ai-steps`: after so many steps the model has to answer.
  public var stepLimit: Int?
  /// `ai-max-tokens`: the most tokens of a request.
  public var tokenLimit: Int?
  /// `ai-confirm`: which plans need a yes.
  public var confirmation: AgentOptions.Confirmation?
  /// `ai-temperature`: the sampling temperature, from 0 to 2.
  public var temperature: Double?
  /// `ai-record`: where the HTTP exchanges are kept.
  public var recordFile: String?
  /// `ai-replay`: where answers are taken from instead of the network.
  public var replayFile: String?

  /// Every setting's name in the file; behind `--` it is that of the flag.
  public static let names = [
    "ai", "ai-model", "ai-url", "ai-key-file", "ai-steps", "ai-max-tokens", "ai-confirm",
    "ai-temperature", "ai-record", "ai-replay",
  ]
  /// The bounds of `ai-steps`.
  public static let stepLimits = 1...100
  /// The bounds of `ai-temperature`.
  public static let temperatures = 0.0...2.0

  /// Makes settings that say nothing.
  public init() {}

  /// Makes the setting `name`.
  ///
  /// - Returns: nil if it is made; else what it takes, as in "ai-steps is 1 to 100".
  public mutating func set(_ name: String, to value: String) -> String? {
    switch name {
    case "ai":
      provider = ModelConfiguration.Provider(rawValue: value)
      return provider == nil ? Self.choices(ModelConfiguration.Provider.self) : nil
    case "ai-steps":
      stepLimit = Int(value).flatMap { Self.stepLimits.contains($0) ? $0 : nil }
      return stepLimit == nil
        ? "is a number from \(Self.stepLimits.lowerBound) to \(Self.stepLimits.upperBound)" : nil
    case "ai-max-tokens":
      tokenLimit = Int(value).flatMap { $0 > 0 ? $0 : nil }
      return tokenLimit == nil ? "is a number of tokens, at least 1" : nil
    case "ai-confirm":
      confirmation = AgentOptions.Confirmation(rawValue: value)
      return confirmation == nil ? Self.choices(AgentOptions.Confirmation.self) : nil
    case "ai-temperature":
      temperature = Double(value).flatMap { Self.temperatures.contains($0) ? $0 : nil }
      return temperature == nil ? "is a number from 0 to 2" : nil
    default:
      return setText(name, to: value)
    }
  }

  private mutating func setText(_ name: String, to value: String) -> String? {
    guard !value.isEmpty else { return "can't be empty" }
    switch name {
    case "ai-model": modelName = value
    case "ai-url": baseURL = value
    case "ai-key-file": keyFile = value
    case "ai-record": recordFile = value
    case "ai-replay": replayFile = value
    default: return "is no setting"
    }
    return nil
  }

  private static func choices<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) -> String where Choice.RawValue == String {
    "is one of \(type.allCases.map(\.rawValue).joined(separator: ", "))"
  }

  /// These settings where they say something, else those of `other`.
  public func winning(over other: AgentSettings) -> AgentSettings {
    var settings = self
    settings.provider = provider ?? other.provider
    settings.modelName = modelName ?? other.modelName
    settings.baseURL = baseURL ?? other.baseURL
    settings.keyFile = keyFile ?? other.keyFile
    settings.stepLimit = stepLimit ?? other.stepLimit
    settings.tokenLimit = tokenLimit ?? other.tokenLimit
    settings.confirmation = confirmation ?? other.confirmation
    settings.temperature = temperature ?? other.temperature
    settings.recordFile = recordFile ?? other.recordFile
    settings.replayFile = replayFile ?? other.replayFile
    return settings
  }

  /// What can't be meant.
  ///
  /// - Throws: `syntax`.
  public func check() throws(QrrotError) {
    if recordFile != nil, replayFile != nil {
      throw QrrotError(
        .syntax, "ai-record and ai-replay don't go together: a recording is not recorded again")
    }
  }

  /// Which model they mean.
  var modelConfiguration: ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.provider = provider ?? .auto
    configuration.modelName = modelName
    configuration.baseURL = baseURL
    configuration.keyFile = keyFile
    configuration.temperature = temperature
    configuration.recordFile = recordFile
    configuration.replayFile = replayFile
    return configuration
  }
}
