internal import QrrotCore

/// An HTTP request to a provider.
public struct WireRequest: Equatable, Sendable {
  /// A header's name, in small letters, and its value.
  public struct Header: Equatable, Sendable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String

    /// Makes a header.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// `POST`, or `GET` where there is no body.
  public var method: String
  /// The whole address; no key stands in it.
  public var url: String
  /// The headers, but for the one with the key.
  public var headers: [Header]
  /// What stands in the header with the key: apart, so that nothing that is kept can have it.
  public var key: (name: String, value: Secret)?
  /// A JSON text.
  public var body: [UInt8]

  /// Whether all but the keys is equal.
  public static func == (left: Self, right: Self) -> Bool {
    left.method == right.method && left.url == right.url && left.headers == right.headers
      && left.body == right.body
  }

  /// A request without a body, such as for a list of models.
  public init(get url: String, key: Secret? = nil) {
    method = "GET"
    self.url = url
    headers = [Header("accept", "application/json"), Header("user-agent", Self.userAgent)]
    self.key = key.map { ("authorization", Secret("Bearer \($0.text)")) }
    body = []
  }

  /// The request that asks `endpoint` to answer `request`, as a stream.
  public init(_ request: ModelRequest, to endpoint: WireEndpoint) {
    method = "POST"
    headers = [
      Header("content-type", "application/json"), Header("accept", "text/event-stream"),
      Header("user-agent", Self.userAgent),
    ]
    var json = JSONWriter()
    switch endpoint.format {
    case .gemini:
      url =
        "\(endpoint.base)/v1beta/models/\(Self.pathSegment(endpoint.model)):streamGenerateContent"
        + "?alt=sse"
      key = endpoint.key.map { ("x-goog-api-key", $0) }
      Self.writeGemini(request, endpoint, to: &json)
    case .openai:
      url = "\(endpoint.base)/chat/completions"
      key = endpoint.key.map { ("authorization", Secret("Bearer \($0.text)")) }
      Self.writeOpenAI(request, endpoint, to: &json)
    case .anthropic:
      url = "\(endpoint.base)/v1/messages"
      key = endpoint.key.map { ("x-api-key", $0) }
      // The newer version answers 400 to any temperature.
      headers.append(
        Header("anthropic-version", endpoint.temperature == nil ? "2026-10-21" : "2023-06-01"))
      Self.writeAnthropic(request, endpoint, to: &json)
    }
    body = json.bytes
  }

  private static let userAgent = "qrrot/\(Version.current)"
  /// What Anthropic, which insists on a number, is told where the request has none.
  private static let anthropicTokenCount = 8_192
  /// No provider is asked for a longer answer, since models refuse a request for more than they can
  /// give; what is beyond of a budget is counted while the answer comes.
  private static let longestAnswer = 32_000

  private static func writeGemini(
    _ request: ModelRequest, _ endpoint: WireEndpoint, to json: inout JSONWriter
  ) {
    json.object { json in
      json.name("systemInstruction")
      json.object { $0.textParts(request.system) }
      json.name("contents")
      json.array { json in
        for message in request.messages {
          json.object { json in
            json.name("role")
            json.string(message.role == .user ? "user" : "model")
            json.textParts(message.text)
          }
        }
      }
      guard request.maximumOutputTokenCount != nil || endpoint.temperature != nil else { return }
      json.name("generationConfig")
      json.object { json in
        if let count = request.maximumOutputTokenCount {
          json.name("maxOutputTokens")
          json.number(min(count, longestAnswer))
        }
        json.temperature(endpoint.temperature)
      }
    }
  }

  private static func writeOpenAI(
    _ request: ModelRequest, _ endpoint: WireEndpoint, to json: inout JSONWriter
  ) {
    json.object { json in
      json.name("model")
      json.string(endpoint.model)
      json.name("messages")
      json.array { json in
        json.message(role: "system", request.system)
        for message in request.messages {
          json.message(role: message.role == .user ? "user" : "assistant", message.text)
        }
      }
      if let count = request.maximumOutputTokenCount {
        // OpenAI's reasoning models refuse the old name; other servers know the old one for sure.
        json.name(endpoint.isOpenAI ? "max_completion_tokens" : "max_tokens")
        json.number(min(count, longestAnswer))
      }
      json.temperature(endpoint.temperature)
      json.name("stream")
      json.literal("true")
      json.name("stream_options")
      json.object {
        $0.name("include_usage")
        $0.literal("true")
      }
    }
  }

  private static func writeAnthropic(
    _ request: ModelRequest, _ endpoint: WireEndpoint, to json: inout JSONWriter
  ) {
    json.object { json in
      json.name("model")
      json.string(endpoint.model)
      json.name("max_tokens")
      json.number(min(request.maximumOutputTokenCount ?? anthropicTokenCount, longestAnswer))
      json.name("system")
      json.string(request.system)
      json.name("messages")
      json.array { json in
        for message in request.messages {
          json.message(role: message.role == .user ? "user" : "assistant", message.text)
        }
      }
      json.temperature(endpoint.temperature)
      json.name("stream")
      json.literal("true")
    }
  }

  /// A model's name inside an address.
  private static func pathSegment(_ name: String) -> String {
    // The list of models gives names with this in front.
    let name = name.hasPrefix("models/") ? name.dropFirst("models/".count) : Substring(name)
    var segment = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        segment.append(Character(Unicode.Scalar(byte)))
      default:
        segment += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return segment
  }
}

extension JSONWriter {
  fileprivate mutating func textParts(_ text: String) {
    name("parts")
    array {
      $0.object {
        $0.name("text")
        $0.string(text)
      }
    }
  }

  fileprivate mutating func message(role: String, _ text: String) {
    object {
      $0.name("role")
      $0.string(role)
      $0.name("content")
      $0.string(text)
    }
  }

  fileprivate mutating func temperature(_ temperature: Double?) {
    guard let temperature, temperature.isFinite else { return }
    name("temperature")
    literal(String(decoding: JSONDouble.text(temperature), as: UTF8.self))
  }
}
