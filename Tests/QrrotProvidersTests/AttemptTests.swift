import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("Attempts")
struct AttemptTests {
  static func turn(_ name: String) throws -> [SceneServer.Step] {
    SceneServer.turn(try Asking.scene(name))
  }

  @Test(
    "after trouble it is tried again, after the pause that was asked for",
    arguments: WireFormat.allCases)
  func again(format: WireFormat) async throws {
    let folder = format.rawValue
    let pauses = Pauses()
    let (heard, requests) = try await Asking.hear(
      format,
      [
        try Self.turn("\(folder)/busy"), try Self.turn("\(folder)/limit"), [.close],
        try Self.turn("\(folder)/ok"),
      ], pauses)
    #expect(heard.isFinished)
    #expect(heard.text == "QUERY READ: get ivan — 😀")
    #expect(heard.retries == [1, format == .anthropic ? 2 : 1.5, 4])
    #expect(pauses.all == heard.retries)
    #expect(heard.reasons.last == "the connection to \(heard.provider(format)) broke")
    #expect(requests.count == 4)
  }

  @Test("three times more, and no more", arguments: WireFormat.allCases)
  func limit(format: WireFormat) async throws {
    let busy = try Self.turn("\(format.rawValue)/busy")
    let (heard, requests) = try await Asking.hear(format, [busy, busy, busy, busy, busy])
    #expect(heard.retries == [1, 2, 4])
    #expect(requests.count == 4)
    #expect(heard.error?.code == .provider)
    #expect(heard.error?.message.contains("(tried 4 times)") == true)
  }

  @Test("a spent quota is final", arguments: WireFormat.allCases)
  func quota(format: WireFormat) async throws {
    let (heard, requests) = try await Asking.hear(
      format, [try Self.turn("\(format.rawValue)/quota")])
    #expect(heard.retries.isEmpty)
    #expect(requests.count == 1)
    #expect(heard.error?.message.contains("the quota is spent") == true)
  }

  @Test(
    "an answer that breaks off anywhere is called that, whatever frames it",
    arguments: [
      // The connection ends inside a chunk, between two, inside a counted body; a chunk is spoilt.
      "transfer-encoding: chunked\r\n\r\n40\r\ndata: {\"choices\":",
      "transfer-encoding: chunked\r\n\r\n9\r\n: comment\r\n",
      "content-length: 1000\r\n\r\ndata: {\"choices\":",
      "transfer-encoding: chunked\r\n\r\n9\r\n: comment\r\nzz\r\n",
    ])
  func broken(rest: String) async throws {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    let steps = [SceneServer.Step.send(Array((head + rest).utf8)), .close]
    let scene = SceneServer.turn(try Asking.scene("openai/ok"))
    let (heard, _) = try await Asking.hear(.openai, [steps, steps, scene])
    #expect(heard.isFinished, "\(String(describing: heard.error))")
    #expect(heard.retries.count == 2)
    #expect(
      heard.reasons.allSatisfy { $0.hasSuffix("broke off before the end of its answer") },
      "\(heard.reasons)")
  }

  @Test("while a model is silent, time passes visibly")
  func waiting() async throws {
    let scene = try Asking.scene("openai/ok")
    let server = try await SceneServer([[.hold] + SceneServer.turn(scene)])
    let model = try await Asking.model(
      Asking.directory(), Asking.configuration(.openai, server))
    var heard = Heard()
    for await event in model.answer(Asking.request) {
      heard.note(event)
      // The server answers only once the spinner has turned.
      if heard.waits == 3 { server.release() }
    }
    #expect(heard.waits >= 3)
    #expect(heard.isFinished)
    await server.stop()
  }

  @Test("time passes visibly between attempts too")
  func waitingBetween() async throws {
    let server = try await SceneServer([
      try Self.turn("openai/busy"), SceneServer.turn(try Asking.scene("openai/ok")),
    ])
    var directory = Asking.directory()
    let gate = AsyncStream.makeStream(of: Void.self)
    directory.pace.sleep = { _ in for await _ in gate.stream { return } }
    let model = try await Asking.model(directory, Asking.configuration(.openai, server))
    var heard = Heard()
    var waitsInPause = 0
    for await event in model.answer(Asking.request) {
      heard.note(event)
      if heard.retries.count == 1, !heard.isFinished, event == .waiting {
        waitsInPause += 1
        if waitsInPause == 3 { gate.continuation.finish() }
      }
    }
    #expect(heard.isFinished)
    #expect(waitsInPause >= 3)
    await server.stop()
  }

  @Test("a server that says nothing for too long is given up, before its answer and inside of it")
  func silence() async throws {
    for steps in [
      [SceneServer.Step.hold],
      [.send(SceneServer.streamHead), .hold],
      [.send(SceneServer.streamHead + SceneServer.chunk(Array(": x\n".utf8))), .hold],
    ] {
      let server = try await SceneServer([steps])
      var directory = Asking.directory()
      directory.pace.silence = .milliseconds(300)
      let model = try await Asking.model(directory, Asking.configuration(.openai, server))
      let heard = await Asking.hear(model)
      #expect(heard.error?.code == .network)
      #expect(heard.error?.message.hasPrefix("no byte came from OpenAI") == true)
      #expect(heard.retries.isEmpty)
      #expect(heard.late == 0)
      // The connection is closed, not left to itself.
      for await case .closed in server.events { break }
      await server.stop()
    }
  }

  @Test(
    "who stops reading closes the connection, before the answer and inside of it",
    arguments: [0, 1])
  func cancellation(place: Int) async throws {
    let begun =
      SceneServer.streamHead
      + SceneServer.chunk(
        Array(#"data: {"choices":[{"delta":{"content":"x"}}]}"#.utf8) + Array("\n\n".utf8))
    let server = try await SceneServer([place == 0 ? [.hold] : [.send(begun), .hold]])
    let model = try await Asking.model(
      Asking.directory(), Asking.configuration(.openai, server))
    let reading = Task { () -> Heard in
      var heard = Heard()
      for await event in model.answer(Asking.request) {
        heard.note(event)
        if place == 1, case .text = event { return heard }
      }
      return heard
    }
    var events = server.events.makeAsyncIterator()
    guard case .request = await events.next() else {
      Issue.record("no request came")
      return
    }
    if place == 0 { reading.cancel() }
    let heard = await reading.value
    #expect(!heard.isFinished)
    #expect(heard.error == nil)
    guard case .closed = await events.next() else {
      Issue.record("the connection stays open")
      return
    }
    await server.stop()
  }

  @Test("cancelled between two attempts, there is no second one")
  func cancellationBetween() async throws {
    let server = try await SceneServer([try Self.turn("openai/busy")])
    var directory = Asking.directory()
    directory.pace.sleep = { _ in try await Task.sleep(for: .seconds(600)) }
    let model = try await Asking.model(directory, Asking.configuration(.openai, server))
    for await event in model.answer(Asking.request) {
      if case .retrying = event { break }
    }
    await server.stop()
    #expect(server.requests.count == 1)
  }

  @Test("an answer of 100 MB is left early, and the server sees it")
  func endless() async throws {
    let piece = String(repeating: "x", count: 60_000)
    let event =
      Array(#"data: {"choices":[{"delta":{"content":"\#(piece)"}}]}"#.utf8) + Array("\n\n".utf8)
    let chunk = SceneServer.Step.send(SceneServer.chunk(event))
    let server = try await SceneServer([
      [.send(SceneServer.streamHead)] + Array(repeating: chunk, count: 30) + [.hold]
        + Array(repeating: chunk, count: 1_600)
    ])
    let model = try await Asking.model(
      Asking.directory(), Asking.configuration(.openai, server))
    let heard = await Asking.hear(model)
    #expect(heard.error?.code == .budget)
    #expect(heard.text.utf8.count <= 1 << 20 + 60_000)
    for await case .closed in server.events { break }
    await server.stop()
  }
}

extension Heard {
  /// The name that errors give a provider in these tests.
  func provider(_ format: WireFormat) -> String {
    guard let reason = reasons.last, let range = reason.firstRange(of: "\(format.name) at ") else {
      return format.name
    }
    return String(reason[range.lowerBound...].dropLast(" broke".count))
  }
}
