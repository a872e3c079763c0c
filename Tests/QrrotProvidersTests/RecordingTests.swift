import Foundation
import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("Recordings")
struct RecordingTests {
  static func text(_ file: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
  }

  @Test(
    "what is recorded is answered again, without a key and without a network",
    arguments: WireFormat.allCases)
  func roundTrip(format: WireFormat) async throws {
    let folder = try ScratchFolder()
    let file = folder.path + "/recording"
    let name = format.rawValue
    let ok = try Asking.scene("\(name)/ok")
    let server = try await SceneServer([
      SceneServer.turn(try Asking.scene("\(name)/busy")),
      SceneServer.turn(ok, pieces: ok.body.map { [$0] }), [.close],
      SceneServer.turn(try Asking.scene("\(name)/badkey")),
      SceneServer.turn(try Asking.scene("\(name)/cut")),
    ])
    var configuration = Asking.configuration(format, server)
    configuration.recordFile = file
    let directory = Asking.directory()
    var live: [Heard] = []
    for _ in 0..<3 {
      // Selecting it again goes on with the same file.
      live.append(await Asking.hear(try await Asking.model(directory, configuration)))
    }
    await server.stop()
    #expect(live.map(\.isFinished) == [true, false, false])

    var replaying = ModelConfiguration()
    replaying.replayFile = file
    var offline = ProviderDirectory(environment: [:])
    offline.pace.jitter = { 0 }
    for heard in live {
      let model = try await Asking.model(offline, replaying)
      #expect(model.providerName == "\(format.name) (recording)")
      #expect(model.modelName == "model-x")
      let replayed = await Asking.hear(model)
      #expect(replayed.text == heard.text)
      #expect(replayed.usage == heard.usage)
      #expect(replayed.retries == heard.retries)
      #expect(replayed.isFinished == heard.isFinished)
      #expect(replayed.error?.code == heard.error?.code)
    }
    let end = await Asking.hear(try await Asking.model(offline, replaying))
    #expect(end.error?.code == .provider)
    #expect(end.error?.message.hasPrefix("the recording has no more answers") == true)

    let text = try Self.text(file)
    #expect(!text.contains(Asking.key))
    #expect(
      text.hasPrefix(
        #"{"qrrot-recording":1,"provider":"\#(name)","model":"model-x","made":"2027-01-15T08:00:00Z"}"#
      ))
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("no key reaches a recording: not in requests, headers, bodies, over pieces, over events")
  func keys() async throws {
    let folder = try ScratchFolder()
    let file = folder.path + "/recording"
    let key = "\(Asking.key)-o"
    let half = key.index(key.startIndex, offsetBy: 9)
    func event(_ text: Substring) -> [UInt8] {
      Array(#"data: {"choices":[{"delta":{"content":"\#(text)"}}]}"#.utf8) + Array("\n\n".utf8)
    }
    let done = event("ok") + Array("data: [DONE]\n\n".utf8)
    let end = SceneServer.Step.send(Array("0\r\n\r\n".utf8))
    let head = SceneServer.Step.send(SceneServer.streamHead)
    func send(_ bytes: [UInt8]) -> SceneServer.Step { .send(SceneServer.chunk(bytes)) }
    let whole = event(key[...])
    let server = try await SceneServer([
      // In one piece, cut inside of it, spread over two events, and in an error with a header.
      [head, send(whole), send(done), end],
      [head, send(Array(whole.prefix(50))), send(Array(whole.dropFirst(50))), send(done), end],
      [head, send(event(key[..<half])), send(event(key[half...])), send(done), end],
      [
        .send(
          Array(
            "HTTP/1.1 400 X\r\nx-echo: \(key)\r\ncontent-length: \(key.utf8.count)\r\n\r\n\(key)"
              .utf8))
      ],
    ])
    var configuration = Asking.configuration(.openai, server)
    configuration.recordFile = file
    let model = try await Asking.model(Asking.directory(), configuration)
    var request = Asking.request
    request.messages[0].text = "my key is \(key), or \"\(key)\""
    for index in 0..<4 {
      let heard = await Asking.hear(model, request)
      #expect(heard.isFinished == (index < 3))
    }
    await server.stop()
    let text = try Self.text(file)
    #expect(!text.contains(key))
    #expect(!SecretFilter([Secret(key)]).holdsSecret(text.utf8))
    #expect(text.contains(#""content":"my key is [key], or \"[key]\"""#))
    #expect(text.split(separator: "\n").count == 5)

    // Read back, the answers' text holds none either, and the one that is left out says so.
    var replaying = ModelConfiguration()
    replaying.replayFile = file
    let replay = try await Asking.model(ProviderDirectory(environment: [:]), replaying)
    #expect(await Asking.hear(replay).text == "[key]ok")
    #expect(await Asking.hear(replay).text == "[key]ok")
    #expect(await Asking.hear(replay).error?.message.contains("since it held a key") == true)
  }

  @Test("a file that is there is replaced only if that is asked for; a link never")
  func existing() async throws {
    let folder = try ScratchFolder()
    let server = try await SceneServer([SceneServer.turn(try Asking.scene("gemini/ok"))])
    var configuration = Asking.configuration(.gemini, server)
    configuration.recordFile = folder.file("there", "precious", mode: 0o644)
    let file = try #require(configuration.recordFile)
    let error = await #expect(throws: QrrotError.self) {
      try await Asking.directory().select(configuration)
    }
    #expect(error?.detail == .fileExists)
    #expect(try Self.text(file) == "precious")
    configuration.replacesRecordFile = true
    #expect(await Asking.hear(try await Asking.model(Asking.directory(), configuration)).isFinished)
    #expect(try Self.text(file).split(separator: "\n").count == 2)
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    await server.stop()

    let target = folder.file("target", "precious")
    configuration.recordFile = folder.path + "/link"
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: target)
    let refusal = await #expect(throws: QrrotError.self) {
      try await Asking.directory().select(configuration)
    }
    #expect(refusal?.code == .refused)
    #expect(refusal?.detail == nil)
    #expect(try Self.text(target) == "precious")
  }

  @Test(
    "what is no recording is an error with its line",
    arguments: [
      ("", "is empty"), ("{}\n", ":1: the first line lacks"), ("nonsense\n", ":1: not JSON"),
      (#"{"qrrot-recording":2,"provider":"gemini"}"#, ":1: the first line lacks"),
      (#"{"qrrot-recording":1,"provider":"x"}"#, ":1: an unknown provider"),
      (
        "{\"qrrot-recording\":1,\"provider\":\"gemini\"}\n\n{\"request\":", ":3: not JSON"
      ),
      ("{\"qrrot-recording\":1,\"provider\":\"gemini\"}\n{}", ":2: no request"),
      (
        "{\"qrrot-recording\":1,\"provider\":\"gemini\"}\n{\"request\":{\"url\":\"x\"},\"response\":7}",
        ":2: no response"
      ),
    ])
  func malformed(text: String, words: String) throws {
    let error = #expect(throws: QrrotError.self) { try Recording(Array(text.utf8), "file") }
    #expect(error?.code == .syntax)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test("a character that two pieces share is whole in the recording")
  func characters() throws {
    let body = Array("é😀x".utf8)
    for cut in 0...body.count {
      let exchange = RecordedExchange(
        status: 200, chunks: [Array(body[..<cut]), Array(body[cut...])])
      let request = WireRequest(get: "https://x/chat/completions")
      let line = RecordingForm.line(request, exchange, SecretFilter([]))
      let head = RecordingForm.header(
        WireEndpoint(.openai, base: "https://x", model: "m"), secondsNow: 0)
      let recording = try Recording(head + line, "file")
      #expect(recording.entries.first?.exchange.chunks.flatMap { $0 } == body)
    }
  }
}
