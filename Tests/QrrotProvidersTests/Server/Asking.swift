import QrrotAgent
import QrrotCore
import QrrotTesting
import Synchronization
import Testing

@testable import QrrotProviders

/// What came of asking a model once.
struct Heard: Equatable {
  var text = ""
  var usage = ModelUsage()
  var retries: [Double] = []
  var reasons: [String] = []
  var waits = 0
  var isFinished = false
  var error: QrrotError?
  /// How many events came behind the last one there may be.
  var late = 0

  mutating func note(_ event: ModelEvent) {
    if isFinished || error != nil { late += 1 }
    switch event {
    case .waiting: waits += 1
    case .retrying(let seconds, let reason):
      retries.append(seconds)
      reasons.append(reason)
    case .text(let piece): text += piece
    case .usage(let count): usage = count
    case .finished: isFinished = true
    case .failed(let error): self.error = error
    }
  }
}

/// The pauses that a model would have waited for.
final class Pauses: Sendable {
  private let seconds = Mutex<[Double]>([])
  var all: [Double] { seconds.withLock { $0 } }
  func note(_ pause: Double) { seconds.withLock { $0.append(pause) } }
}

enum Asking {
  static let key = "test-key-0123456789"
  static let request = ModelRequest(system: "sys", messages: [ModelMessage(.user, "show ivan")])

  /// A directory that waits for nothing, with all three keys.
  static func directory(
    _ pauses: Pauses = Pauses(), environment: [String: String] = [:]
  ) -> ProviderDirectory {
    var all = [
      "GEMINI_API_KEY": "\(key)-g", "OPENAI_API_KEY": "\(key)-o", "ANTHROPIC_API_KEY": "\(key)-a",
    ]
    all.merge(environment) { $1 }
    var directory = ProviderDirectory(environment: all)
    directory.localServers = []
    directory.pace.sleep = { pauses.note($0) }
    directory.pace.jitter = { 0 }
    directory.pace.secondsNow = { 1_800_000_000 }
    // A slow machine is no silent server.
    directory.searchTime = .seconds(60)
    return directory
  }

  /// A configuration that leads to a server.
  static func configuration(_ format: WireFormat, _ server: SceneServer) -> ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.provider = ModelConfiguration.Provider(rawValue: format.rawValue) ?? .auto
    configuration.baseURL = "http://127.0.0.1:\(server.port)" + (format == .openai ? "/v1" : "")
    configuration.modelName = "model-x"
    return configuration
  }

  static func model(
    _ directory: ProviderDirectory, _ configuration: ModelConfiguration
  ) async throws -> any LanguageModel {
    guard case .ready(let model) = try await directory.select(configuration) else {
      throw QrrotError(.refused, "no model")
    }
    return model
  }

  static func hear(
    _ model: any LanguageModel, _ request: ModelRequest = Asking.request
  ) async -> Heard {
    var heard = Heard()
    for await event in model.answer(request) { heard.note(event) }
    return heard
  }

  /// Asks a server that answers with these turns, once.
  static func hear(
    _ format: WireFormat, _ turns: [[SceneServer.Step]], _ pauses: Pauses = Pauses()
  ) async throws -> (heard: Heard, requests: [SceneServer.Request]) {
    let server = try await SceneServer(turns)
    let model = try await model(directory(pauses), configuration(format, server))
    let heard = await hear(model)
    let requests = server.requests
    await server.stop()
    return (heard, requests)
  }

  static func scene(_ name: String) throws -> ProviderScene { try #require(ProviderScene(name)) }
}
