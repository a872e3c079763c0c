import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("Scenes over HTTP")
struct SceneOverHTTPTests {
  @Test(
    "a request carries its own provider's key and no other, and the answer comes as a stream",
    arguments: WireFormat.allCases)
  func ok(format: WireFormat) async throws {
    let scene = try Asking.scene("\(format.rawValue)/ok")
    let (heard, requests) = try await Asking.hear(format, [SceneServer.turn(scene)])
    #expect(heard.text == "QUERY READ: get ivan — 😀")
    #expect(heard.usage == ModelUsage(inputTokenCount: 7, outputTokenCount: 4))
    #expect(heard.isFinished)
    #expect(heard.error == nil)
    #expect(heard.late == 0)
    let request = try #require(requests.first)
    let keys = ["g": "x-goog-api-key", "o": "authorization", "a": "x-api-key"]
    for (letter, name) in keys {
      let isOwn = letter == String(format.rawValue.prefix(1))
      let value = (letter == "o" ? "Bearer " : "") + "\(Asking.key)-\(letter)"
      #expect(request.header(name) == (isOwn ? value : nil))
    }
    #expect(request.headers.filter { $0.value.contains(Asking.key) }.count == 1)
    #expect(!request.line.contains(Asking.key))
    #expect(!String(decoding: request.body, as: UTF8.self).contains(Asking.key))
  }

  @Test(
    "chunks of one byte, and of random sizes, make no difference", arguments: WireFormat.allCases)
  func chunks(format: WireFormat) async throws {
    var random = SeededGenerator(seed: TestSettings.seed(63))
    let scene = try Asking.scene("\(format.rawValue)/ok")
    var turns = [SceneServer.turn(scene, pieces: scene.body.map { [$0] })]
    for _ in 0..<5 {
      var pieces: [[UInt8]] = []
      var rest = scene.body[...]
      while !rest.isEmpty {
        pieces.append(Array(rest.prefix(Int.random(in: 1...50, using: &random))))
        rest = rest.dropFirst(pieces[pieces.count - 1].count)
      }
      turns.append(SceneServer.turn(scene, pieces: pieces))
    }
    let server = try await SceneServer(turns)
    let model = try await Asking.model(
      Asking.directory(), Asking.configuration(format, server))
    for _ in turns {
      let heard = await Asking.hear(model)
      #expect(heard.text == "QUERY READ: get ivan — 😀")
      #expect(heard.isFinished)
    }
    await server.stop()
  }

  @Test(
    "a stream that breaks behind its first piece is an error at once",
    arguments: WireFormat.allCases)
  func cut(format: WireFormat) async throws {
    let scene = try Asking.scene("\(format.rawValue)/cut")
    let (heard, requests) = try await Asking.hear(format, [SceneServer.turn(scene)])
    #expect(heard.error?.code == .network)
    #expect(heard.text == "QUERY READ: get")
    #expect(requests.count == 1)
    #expect(heard.late == 0)
  }

  @Test(
    "an error inside a stream is the provider's, and its text is no answer",
    arguments: WireFormat.allCases)
  func broken(format: WireFormat) async throws {
    let scene = try Asking.scene("\(format.rawValue)/broken")
    let (heard, requests) = try await Asking.hear(format, [SceneServer.turn(scene)])
    #expect(heard.error?.code == .provider)
    #expect(!heard.isFinished)
    #expect(requests.count == 1)
  }

  @Test("a page, a redirect and what is not HTTP are told apart")
  func strangers() async throws {
    let page = try await Asking.hear(.gemini, [SceneServer.turn(try Asking.scene("any/page"))])
    #expect(page.heard.error?.message.contains("\"Sign in to the Proxy\"") == true)
    let redirect = try await Asking.hear(
      .openai, [SceneServer.turn(try Asking.scene("any/redirect"))])
    #expect(redirect.heard.error?.message.contains("a redirect to login.example.net") == true)
    #expect(redirect.requests.count == 1)
    let stranger = try await Asking.hear(
      .openai, [[.send(Array("220 mail.example.net ESMTP\r\n".utf8)), .hold]])
    #expect(stranger.heard.error?.code == .network)
    #expect(stranger.heard.error?.message.contains("does not speak HTTP") == true)
  }

  @Test("where nothing listens the error comes at once, and says what to start")
  func refused() async throws {
    let server = try await SceneServer([])
    var configuration = Asking.configuration(.openai, server)
    await server.stop()
    // Not the port that has just become free: another test that runs beside this one may get it.
    let port = 1
    configuration.baseURL = "http://127.0.0.1:\(port)/v1"
    let heard = await Asking.hear(try await Asking.model(Asking.directory(), configuration))
    #expect(heard.error?.code == .network)
    #expect(
      heard.error?.message
        == "nothing listens at 127.0.0.1:\(port); start the model's server, or name another one "
        + "with --ai-url")
    #expect(heard.retries.isEmpty)
  }

  @Test("a key that a provider sends back shows nowhere")
  func redaction() async throws {
    let key = "\(Asking.key)-o"
    let body =
      #"{"error":{"message":"Incorrect API key provided: \#(key)","code":"invalid_api_key"}}"#
    let answer = "HTTP/1.1 401 X\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    let (heard, _) = try await Asking.hear(.openai, [[.send(Array(answer.utf8))]])
    #expect(heard.error?.message.contains("Incorrect API key provided: [key]") == true)
    #expect(heard.error?.message.contains("OPENAI_API_KEY") == true)
  }
}
