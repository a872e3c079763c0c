import Testing

@testable import QrrotAgent

@Suite("Requests to providers")
struct WireRequestTests {
  static let conversation = ModelRequest(
    system: "You are \"qrrot\"",
    messages: [
      ModelMessage(.user, "show ivan\n"), ModelMessage(.model, "QUERY READ: get ivan"),
      ModelMessage(.user, "\u{1B}[31m é"),
    ])

  static func body(_ request: WireRequest) -> String {
    String(decoding: request.body, as: UTF8.self)
  }

  @Test("Gemini's: the key in its header, the model in the path, no temperature")
  func gemini() {
    let endpoint = WireEndpoint(
      .gemini, base: "https://g.example", model: "models/gemini x/../y", key: Secret("k1"))
    let request = WireRequest(Self.conversation, to: endpoint)
    #expect(
      request.url
        == "https://g.example/v1beta/models/gemini%20x%2F..%2Fy:streamGenerateContent?alt=sse")
    #expect(request.key?.name == "x-goog-api-key")
    #expect(request.key?.value == Secret("k1"))
    #expect(
      Self.body(request)
        == #"{"systemInstruction":{"parts":[{"text":"You are \"qrrot\""}]},"contents":["#
        + #"{"role":"user","parts":[{"text":"show ivan\n"}]},"#
        + #"{"role":"model","parts":[{"text":"QUERY READ: get ivan"}]},"#
        + #"{"role":"user","parts":[{"text":"\u001B[31m é"}]}]}"#)
  }

  @Test("OpenAI's: a bearer key or none, usage asked for, the limit by the name the server knows")
  func openAI() {
    var endpoint = WireEndpoint(.openai, base: "http://127.0.0.1:1/v1", model: "m")
    var conversation = Self.conversation
    conversation.maximumOutputTokenCount = 100
    let local = WireRequest(conversation, to: endpoint)
    #expect(local.url == "http://127.0.0.1:1/v1/chat/completions")
    #expect(local.key == nil)
    #expect(
      Self.body(local)
        == #"{"model":"m","messages":[{"role":"system","content":"You are \"qrrot\""},"#
        + #"{"role":"user","content":"show ivan\n"},"#
        + #"{"role":"assistant","content":"QUERY READ: get ivan"},"#
        + #"{"role":"user","content":"\u001B[31m é"}],"max_tokens":100,"stream":true,"#
        + #""stream_options":{"include_usage":true}}"#)
    endpoint.isOpenAI = true
    endpoint.key = Secret("k2")
    endpoint.temperature = 0.5
    let remote = WireRequest(conversation, to: endpoint)
    #expect(remote.key?.value == Secret("Bearer k2"))
    #expect(Self.body(remote).contains(#""max_completion_tokens":100,"temperature":0.5,"#))
    #expect(!remote.headers.contains { $0.value.contains("k2") })
  }

  @Test("a large budget asks no model for more than it can give", arguments: WireFormat.allCases)
  func largeBudget(format: WireFormat) {
    var request = Self.conversation
    request.maximumOutputTokenCount = 1_000_000
    let endpoint = WireEndpoint(format, base: "https://a.example", model: "m", isOpenAI: true)
    let name =
      switch format {
      case .gemini: "maxOutputTokens"
      case .openai: "max_completion_tokens"
      case .anthropic: "max_tokens"
      }
    #expect(Self.body(WireRequest(request, to: endpoint)).contains("\"\(name)\":32000"))
    request.maximumOutputTokenCount = 31_999
    #expect(Self.body(WireRequest(request, to: endpoint)).contains("\"\(name)\":31999"))
  }

  @Test("Anthropic's: a limit always, and the older version where there is a temperature")
  func anthropic() {
    var endpoint = WireEndpoint(
      .anthropic, base: "https://a.example", model: "c", key: Secret("k3"))
    let request = WireRequest(Self.conversation, to: endpoint)
    #expect(request.url == "https://a.example/v1/messages")
    #expect(request.key?.name == "x-api-key")
    #expect(request.headers.contains(WireRequest.Header("anthropic-version", "2026-10-21")))
    #expect(
      Self.body(request)
        == #"{"model":"c","max_tokens":8192,"system":"You are \"qrrot\"","messages":["#
        + #"{"role":"user","content":"show ivan\n"},"#
        + #"{"role":"assistant","content":"QUERY READ: get ivan"},"#
        + #"{"role":"user","content":"\u001B[31m é"}],"stream":true}"#)
    endpoint.temperature = 1
    let warm = WireRequest(Self.conversation, to: endpoint)
    #expect(warm.headers.contains(WireRequest.Header("anthropic-version", "2023-06-01")))
    #expect(Self.body(warm).contains(#""temperature":1"#))
  }
}
