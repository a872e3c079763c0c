public import QrrotAgent
public import QrrotCore

/// The providers of the world outside, reached over HTTP.
///
/// It keeps the recordings that it has begun to write or to answer from: the same file in a later
/// configuration goes on where it was.
public struct ProviderDirectory: ModelDirectory {
  let environment: [String: String]
  let recordings = Recordings()
  /// Where servers of this machine listen.
  var localServers = LocalServer.known
  /// Time and chance.
  var pace = Pace()
  /// How long servers of this machine are looked for.
  var searchTime = Duration.seconds(1)

  /// Makes a directory that takes keys, proxies and certificates from `environment`.
  public init(environment: [String: String]) { self.environment = environment }

  /// As ``ModelDirectory/select(_:)`` says. Nothing is kept of a choice: the next call looks anew.
  public func select(_ configuration: ModelConfiguration) async throws(QrrotError) -> ModelSelection
  {
    if let file = configuration.replayFile { return try replay(file, configuration) }
    switch try choice(configuration) {
    case .provider(let format):
      return try await remote(format, configuration)
    case .server:
      return try await server(configuration)
    case .search(let isAgreed):
      return try await search(configuration, isAgreed: isAgreed)
    case .none:
      return .none
    }
  }

  /// What a configuration leads to.
  private enum Choice {
    case provider(WireFormat)
    /// The server at `baseURL`.
    case server
    /// A server of this machine, which is looked for.
    case search(isAgreed: Bool)
    case none
  }

  private func choice(_ configuration: ModelConfiguration) throws(QrrotError) -> Choice {
    switch configuration.provider {
    case .gemini: return .provider(.gemini)
    case .openai: return .provider(.openai)
    case .anthropic: return .provider(.anthropic)
    case .local: return configuration.baseURL == nil ? .search(isAgreed: true) : .server
    case .auto: break
    }
    let say = "say what is spoken there: --ai gemini, openai, anthropic or local"
    if let text = configuration.baseURL {
      guard try BaseURL(text).isLoopback else { throw QrrotError(.refused, "--ai-url: \(say)") }
      return .server
    }
    if let typed = configuration.typedKey, let format = WireFormat(typed.provider) {
      return .provider(format)
    }
    guard configuration.keyFile == nil else {
      throw QrrotError(
        .refused, "--ai-key-file: say whose key it is: --ai gemini, openai or anthropic")
    }
    let format = [WireFormat.gemini, .openai, .anthropic].first { environmentKey($0) != nil }
    return format.map { .provider($0) } ?? .search(isAgreed: false)
  }

  /// A provider of the world outside, or a server that speaks like one.
  private func remote(
    _ format: WireFormat, _ configuration: ModelConfiguration
  ) async throws(QrrotError) -> ModelSelection {
    let key = try key(for: format, configuration)
    var url = try BaseURL(configuration.baseURL ?? format.baseText)
    switch format {
    // The version is a part of the paths, though many write it into the base.
    case .gemini: url = url.dropping(suffix: "/v1beta")
    case .anthropic: url = url.dropping(suffix: "/v1")
    case .openai: break
    }
    if key == nil, !url.isLoopback { return .none }
    var name = configuration.modelName ?? format.defaultModel
    if format == .openai, url.isLoopback, configuration.modelName == nil {
      name = try await firstModel(of: LocalServer(url), key: key?.secret)
    }
    let who = configuration.baseURL == nil ? format.name : "\(format.name) at \(url.authority)"
    let endpoint = WireEndpoint(
      format, base: url.text, model: name, key: key?.secret,
      temperature: configuration.temperature, isOpenAI: url.host == "api.openai.com")
    return .ready(try model(endpoint, who, url, keySource: key?.source, configuration))
  }

  /// The OpenAI-compatible server at `baseURL`.
  private func server(_ configuration: ModelConfiguration) async throws(QrrotError)
    -> ModelSelection
  {
    guard let text = configuration.baseURL else { return .none }
    let server = LocalServer(try BaseURL(text))
    let key = try key(for: nil, configuration)
    var name = configuration.modelName
    if name == nil { name = try await firstModel(of: server, key: key?.secret) }
    let endpoint = WireEndpoint(
      .openai, base: server.url.text, model: name ?? "", key: key?.secret,
      temperature: configuration.temperature)
    return .ready(
      try model(endpoint, server.name, server.url, keySource: key?.source, configuration))
  }

  /// The first server of this machine that has a model.
  private func search(
    _ configuration: ModelConfiguration, isAgreed: Bool
  ) async throws(QrrotError) -> ModelSelection {
    let key = isAgreed ? try key(for: nil, configuration) : nil
    let found = await LocalServer.find(among: localServers, key: key?.secret, within: searchTime)
    guard let (server, models) = found.first(where: { !$0.models.isEmpty }) else {
      guard isAgreed, let (server, _) = found.first else { return .none }
      throw QrrotError(
        .refused, "\(server.name) has no model: load one first, as with `ollama pull NAME`")
    }
    let endpoint = WireEndpoint(
      .openai, base: server.url.text, model: configuration.modelName ?? models[0],
      key: key?.secret, temperature: configuration.temperature)
    let model = try model(
      endpoint, server.name, server.url, keySource: key?.source, configuration)
    return isAgreed ? .ready(model) : .found(model)
  }

  private func firstModel(of server: LocalServer, key: Secret?) async throws(QrrotError) -> String {
    let settings = try settings(for: server.url)
    do throws(WireFailure) {
      let models = try await server.models(key: key, settings, within: searchTime)
      if let first = models.first { return first }
    } catch {
      let place = FailurePlace(
        providerName: server.name, modelName: "a model", keySource: key == nil ? nil : "the key",
        host: server.url.authority, isLocal: server.url.isLoopback)
      throw error.error(at: place)
    }
    throw QrrotError(
      .refused, "\(server.name) has no model: load one first, as with `ollama pull NAME`")
  }

  private func model(
    _ endpoint: WireEndpoint, _ name: String, _ url: BaseURL, keySource: String?,
    _ configuration: ModelConfiguration
  ) throws(QrrotError) -> ProviderModel {
    let place = FailurePlace(
      providerName: name, modelName: endpoint.model, keySource: keySource, host: url.authority,
      isLocal: url.isLoopback)
    let filter = SecretFilter(secrets(configuration))
    var model = ProviderModel(
      endpoint: endpoint, place: place, transport: NetworkTransport(try settings(for: url)),
      filter: filter, pace: pace)
    if let file = configuration.recordFile {
      model.recording = try recordings.writer(
        file, replacing: configuration.replacesRecordFile, endpoint, filter,
        secondsNow: pace.secondsNow())
    }
    return model
  }

  private func settings(for url: BaseURL) throws(QrrotError) -> NetworkTransport.Settings {
    let file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    return NetworkTransport.Settings(
      proxy: try ProxySettings(environment: environment).proxy(for: url), certificateFile: file)
  }

  private func replay(
    _ file: String, _ configuration: ModelConfiguration
  ) throws(QrrotError) -> ModelSelection {
    let (recording, transport) = try recordings.replay(file)
    let format = WireFormat(configuration.provider) ?? recording.format
    let name = configuration.modelName ?? recording.model
    let who = "\(format.name) (recording)"
    let endpoint = WireEndpoint(format, base: "https://recording.invalid", model: name)
    let place = FailurePlace(
      providerName: who, modelName: name, keySource: nil, host: file, isLocal: true)
    var pace = pace
    // The pauses of the recorded attempts are over.
    pace.sleep = { _ in }
    return .ready(
      ProviderModel(
        endpoint: endpoint, place: place, transport: transport,
        filter: SecretFilter(secrets(configuration)), pace: pace))
  }
}

extension WireFormat {
  /// The format of a provider that has one of its own.
  init?(_ provider: ModelConfiguration.Provider) {
    switch provider {
    case .gemini: self = .gemini
    case .openai: self = .openai
    case .anthropic: self = .anthropic
    case .auto, .local: return nil
    }
  }

  /// The provider as a person knows it.
  var name: String {
    switch self {
    case .gemini: "Gemini"
    case .openai: "OpenAI"
    case .anthropic: "Anthropic"
    }
  }

  /// The provider's own base.
  var baseText: String {
    switch self {
    case .gemini: "https://generativelanguage.googleapis.com"
    case .openai: "https://api.openai.com/v1"
    case .anthropic: "https://api.anthropic.com"
    }
  }

  /// The model where none is named: quick, and good enough for the command language.
  var defaultModel: String {
    switch self {
    case .gemini: "gemini-3.8-flash"
    case .openai: "gpt-6.1-sol"
    case .anthropic: "claude-sonnet-5-5"
    }
  }

  /// The variable that its key is in.
  var keyVariable: String {
    switch self {
    case .gemini: "GEMINI_API_KEY"
    case .openai: "OPENAI_API_KEY"
    case .anthropic: "ANTHROPIC_API_KEY"
    }
  }
}
