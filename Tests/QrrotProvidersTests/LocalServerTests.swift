import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("Servers of this machine")
struct LocalServerTests {
  static func answer(_ body: String, status: Int = 200) -> [SceneServer.Step] {
    [
      .send(
        Array(
          "HTTP/1.1 \(status) X\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
            .utf8))
    ]
  }

  static let list = #"{"object":"list","data":[{"id":"small"},{"id":"large"}]}"#

  static func directory(_ servers: [(String, SceneServer)]) -> ProviderDirectory {
    var directory = ProviderDirectory(environment: [:])
    directory.searchTime = .seconds(60)
    directory.localServers = servers.compactMap { LocalServer(program: $0.0, port: $0.1.port) }
    return directory
  }

  @Test(
    "without a key, the first server in order that lists a model is found, with its first model")
  func found() async throws {
    let web = try await SceneServer([Self.answer("<html></html>", status: 404)])
    let empty = try await SceneServer([Self.answer(#"{"object":"list","data":null}"#)])
    let good = try await SceneServer([
      Self.answer(Self.list), SceneServer.turn(try Asking.scene("openai/ok")),
    ])
    let other = try await SceneServer([Self.answer(Self.list)])
    let directory = Self.directory([
      ("web", web), ("Ollama", empty), ("llama.cpp", good), ("vLLM", other),
    ])
    guard case .found(let model) = try await directory.select(ModelConfiguration()) else {
      Issue.record("nothing was found")
      return
    }
    #expect(model.providerName == "llama.cpp at 127.0.0.1:\(good.port)")
    #expect(model.modelName == "small")
    #expect(await Asking.hear(model).isFinished)
    #expect(good.requests.map(\.line).first == "GET /v1/models HTTP/1.1")
    #expect(good.requests.allSatisfy { $0.header("authorization") == nil })
    for server in [web, empty, good, other] { await server.stop() }
  }

  @Test("what was asked for by --ai local needs no further agreement")
  func agreed() async throws {
    let server = try await SceneServer([Self.answer(Self.list)])
    var configuration = ModelConfiguration()
    configuration.provider = .local
    configuration.modelName = "large"
    let selection = try await Self.directory([("Ollama", server)]).select(configuration)
    guard case .ready(let model) = selection else {
      Issue.record("not ready")
      return
    }
    #expect(model.modelName == "large")
    await server.stop()
  }

  @Test("a server without a model says how to get one, if it was asked for")
  func noModel() async throws {
    let server = try await SceneServer([
      Self.answer(#"{"object":"list","data":[]}"#), Self.answer(#"{"object":"list","data":[]}"#),
    ])
    let directory = Self.directory([("Ollama", server)])
    guard case .none = try await directory.select(ModelConfiguration()) else {
      Issue.record("found")
      return
    }
    var configuration = ModelConfiguration()
    configuration.provider = .local
    let error = await #expect(throws: QrrotError.self) { try await directory.select(configuration) }
    #expect(error?.message.contains("ollama pull NAME") == true)
    await server.stop()
  }

  @Test("servers that accept and say nothing cost a bounded time")
  func silent() async throws {
    let server = try await SceneServer([[.hold], [.hold]])
    var directory = Self.directory([("a", server), ("b", server)])
    directory.searchTime = .milliseconds(200)
    guard case .none = try await directory.select(ModelConfiguration()) else {
      Issue.record("found")
      return
    }
    #expect(ProviderDirectory(environment: [:]).searchTime == .seconds(1))
    await server.stop()
  }

  @Test("--ai openai at this machine needs no key, sends none, and takes the first model")
  func openAI() async throws {
    let server = try await SceneServer([
      Self.answer(Self.list), SceneServer.turn(try Asking.scene("openai/ok")),
    ])
    var configuration = ModelConfiguration()
    configuration.provider = .openai
    configuration.baseURL = "http://127.0.0.1:\(server.port)/v1"
    var directory = ProviderDirectory(environment: [:])
    directory.searchTime = .seconds(60)
    let model = try await Asking.model(directory, configuration)
    #expect(model.modelName == "small")
    #expect(await Asking.hear(model).isFinished)
    #expect(server.requests.allSatisfy { $0.header("authorization") == nil })
    await server.stop()
  }

  @Test("a server that wants a key for its list says so")
  func wantsKey() async throws {
    let server = try await SceneServer([
      Self.answer(
        #"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#,
        status: 401)
    ])
    var configuration = ModelConfiguration()
    configuration.provider = .local
    configuration.baseURL = "http://127.0.0.1:\(server.port)/v1"
    var directory = ProviderDirectory(environment: [:])
    directory.searchTime = .seconds(60)
    let error = await #expect(throws: QrrotError.self) { try await directory.select(configuration) }
    #expect(
      error?.message
        == "the server at 127.0.0.1:\(server.port) answered 401: Invalid API Key; it wants a key: give "
        + "one with --ai-key-file")
    await server.stop()
  }
}
