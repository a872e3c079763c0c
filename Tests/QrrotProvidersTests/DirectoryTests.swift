import Foundation
import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("Provider directory")
struct DirectoryTests {
  /// A name and a model, or the case.
  static func selected(
    _ environment: [String: String], _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) async throws -> String {
    var directory = ProviderDirectory(environment: environment)
    directory.localServers = []
    var configuration = ModelConfiguration()
    change(&configuration)
    switch try await directory.select(configuration) {
    case .ready(let model): return "\(model.providerName): \(model.modelName)"
    case .found(let model): return "found \(model.providerName): \(model.modelName)"
    case .none: return "none"
    }
  }

  static let key = "0123456789"

  @Test("auto is the first key that is set: Gemini's, OpenAI's, Anthropic's")
  func auto() async throws {
    var environment = ["ANTHROPIC_API_KEY": Self.key]
    #expect(try await Self.selected([:]) == "none")
    #expect(try await Self.selected(environment) == "Anthropic: claude-sonnet-5-5")
    environment["OPENAI_API_KEY"] = Self.key
    #expect(try await Self.selected(environment) == "OpenAI: gpt-6.1-sol")
    environment["GEMINI_API_KEY"] = " \n"
    #expect(try await Self.selected(environment) == "OpenAI: gpt-6.1-sol")
    environment["GEMINI_API_KEY"] = Self.key + "\n"
    #expect(try await Self.selected(environment) == "Gemini: gemini-3.8-flash")
    #expect(
      try await Self.selected(environment) { $0.provider = .anthropic }
        == "Anthropic: claude-sonnet-5-5")
    #expect(
      try await Self.selected(environment) {
        $0.provider = .openai
        $0.modelName = "gpt-x"
        $0.baseURL = "https://x.example/v1"
      } == "OpenAI at x.example: gpt-x")
  }

  @Test("a provider without its key is none, whoever else's key is there")
  func withoutKey() async throws {
    #expect(
      try await Self.selected(["OPENAI_API_KEY": Self.key]) { $0.provider = .gemini } == "none")
  }

  @Test("a typed key counts before the environment, for its own provider alone")
  func typedKey() async throws {
    let typed = (key: Secret("typed-key-1"), provider: ModelConfiguration.Provider.anthropic)
    #expect(
      try await Self.selected(["GEMINI_API_KEY": Self.key]) { $0.typedKey = typed }
        == "Anthropic: claude-sonnet-5-5")
    #expect(
      try await Self.selected([:]) {
        $0.typedKey = typed
        $0.provider = .openai
      } == "none")
  }

  @Test("a key with what can't stand in a header is refused, and not shown")
  func badKeys() async throws {
    for text in ["ab cd efgh", "abcd\nefgh", "abcdéfgh", "abcd\u{7F}efgh", "abcd\r\nx-evil: 1"] {
      let error = await #expect(throws: QrrotError.self) {
        try await Self.selected(["GEMINI_API_KEY": text])
      }
      #expect(error?.code == .refused)
      #expect(error?.message.hasPrefix("GEMINI_API_KEY holds a blank") == true)
      #expect(error?.message.contains("efgh") == false)
      let secrets = ProviderDirectory(environment: ["GEMINI_API_KEY": text])
        .secrets(ModelConfiguration())
      #expect(secrets == [Secret(text)])
    }
  }

  @Test("every key is a secret, whoever is asked, and a proxy's password too")
  func secrets() {
    let directory = ProviderDirectory(environment: [
      "GEMINI_API_KEY": "g-key\n", "ANTHROPIC_API_KEY": "a-key",
      "HTTPS_PROXY": "http://u:pass-word@h:1",
    ])
    var configuration = ModelConfiguration()
    configuration.typedKey = (Secret(" t-key"), .openai)
    #expect(
      directory.secrets(configuration).map(\.text) == ["g-key", "a-key", "t-key", "pass-word"])
  }

  @Test("an address says who is asked: without a provider only this machine's is understood")
  func autoWithURL() async throws {
    let environment = ["GEMINI_API_KEY": Self.key]
    let error = await #expect(throws: QrrotError.self) {
      try await Self.selected(environment) { $0.baseURL = "https://x.example/v1" }
    }
    #expect(error?.code == .refused)
    #expect(
      try await Self.selected(environment) {
        $0.baseURL = "http://localhost:9/v1"
        $0.modelName = "m"
      } == "the server at localhost:9: m")
  }

  @Test("a version at the end of a base that is to be without one is dropped")
  func versions() async throws {
    let scene = try Asking.scene("gemini/ok")
    let server = try await SceneServer([
      SceneServer.turn(scene), SceneServer.turn(try Asking.scene("anthropic/ok")),
    ])
    for (format, suffix) in [(WireFormat.gemini, "/v1beta/"), (.anthropic, "/v1")] {
      var configuration = Asking.configuration(format, server)
      configuration.baseURL? += suffix
      let heard = await Asking.hear(try await Asking.model(Asking.directory(), configuration))
      #expect(heard.isFinished)
    }
    #expect(
      server.requests.map(\.line) == [
        "POST /v1beta/models/model-x:streamGenerateContent?alt=sse HTTP/1.1",
        "POST /v1/messages HTTP/1.1",
      ])
    await server.stop()
  }
}
