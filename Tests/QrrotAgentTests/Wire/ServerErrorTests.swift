import QrrotCore
import Testing

@testable import QrrotAgent

@Suite("Errors of servers")
struct ServerErrorTests {
  static func kind(_ status: Int, _ body: String) -> ServerError.Kind? {
    let failure = ServerErrorReading.failure(
      status: status, headers: [], body: Array(body.utf8), secondsNow: 0)
    guard case .server(let error) = failure else { return nil }
    return error.kind
  }

  /// What an answer of status 200 fails with.
  static func failure(of body: String, type: String) -> WireFailure? {
    let headers = [WireRequest.Header("content-type", type)]
    var reader = AnswerReader(.openai, status: 200, headers: headers, secondsNow: 0)
    var events: [ModelEvent] = []
    do throws(WireFailure) {
      try reader.append(Array(body.utf8), to: &events)
      try reader.finish(to: &events)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "each shape of each server is understood",
    arguments: [
      (404, #"{"detail":"Not Found"}"#, ServerError.Kind.address),
      (404, #"{"error":"model 'x' not found"}"#, .model),
      (404, #"{"type":"error","error":{"type":"not_found_error","message":"claude-x"}}"#, .model),
      (400, #"[{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}]"#, .key),
      (401, "", .key),
      (400, #"{"error":{"status":"FAILED_PRECONDITION","message":"User location"}}"#, .permission),
      (402, #"{"error":{"type":"billing_error"}}"#, .quota),
      (400, #"{"error":{"message":"Your credit balance is too low"}}"#, .quota),
      (413, #"{"error":{"type":"request_too_large"}}"#, .length),
      (400, #"{"error":{"code":400,"type":"exceed_context_size_error"}}"#, .length),
      (429, #"{"error":{"message":"slow"}}"#, .rate), (529, "overloaded", .trouble),
      (503, #"{"error":{"code":503,"message":"Loading model"}}"#, .trouble),
      (400, #"{"message":"no Route matched"}"#, .request), (418, "{", .request),
    ])
  func kinds(status: Int, body: String, kind: ServerError.Kind) {
    #expect(Self.kind(status, body) == kind)
  }

  @Test("200 with an error in its body is that error; with anything else it can't be read")
  func status200() {
    let error = ServerErrorReading.failure(
      status: 200, headers: [],
      body: Array(#"{"error":{"code":"429","type":"rate_limit_error","message":"slow"}}"#.utf8),
      secondsNow: 0)
    #expect(error.isRetryable(by: .openai))
    let answer = ServerErrorReading.failure(
      status: 200, headers: [], body: Array(#"{"choices":[]}"#.utf8), secondsNow: 0)
    #expect(answer == .unreadable(excerpt: #"{"choices":[]}"#))
    // What is not called a stream and does not look like one is none, though it begins like nothing.
    #expect(
      Self.failure(of: "hello there", type: "text/plain") == .unreadable(excerpt: "hello there"))
    #expect(Self.failure(of: "hello there", type: "text/event-stream") == .incomplete)
  }

  @Test("a provider's words are cut, on one line, and escaped where they are shown")
  func words() {
    let long = String(repeating: "very ", count: 200)
    let body = "{\"error\":{\"message\":\"a\\n\\u001b[31mb\\u202e \(long)\"}}"
    let failure = ServerErrorReading.failure(
      status: 400, headers: [], body: Array(body.utf8), secondsNow: 0)
    let error = failure.error(at: ProviderTranscriptTests.place(.openai))
    #expect(error.message.count < 600)
    #expect(!error.message.contains("\n"))
    #expect(!error.description.utf8.contains(0x1B))
    #expect(!error.description.unicodeScalars.contains("\u{202E}"))
  }
}
