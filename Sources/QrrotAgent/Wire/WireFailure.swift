/// Why there is no whole answer.
public enum WireFailure: Error, Equatable, Sendable {
  /// The provider answered with an error, by its status or inside the stream.
  case server(ServerError)
  /// A page for people came, such as a proxy shows.
  case page(status: Int, title: String)
  /// It is said to be somewhere else; `target` is the other host, if it is named.
  case redirect(status: Int, target: String?)
  /// What came can't be read; `excerpt` is how it begins.
  case unreadable(excerpt: String)
  /// The provider blocked the prompt or the answer, for this reason.
  case blocked(reason: String)
  /// The model declined to answer; `text` is what it says to that.
  case declined(text: String)
  /// The answer is complete and holds nothing.
  case empty
  /// The answer ended early, for this reason that is not known.
  case ended(reason: String)
  /// The answer was cut where the provider's limit of length is.
  case cutByLength
  /// More came than is read.
  case tooLarge(what: String)
  /// The stream ended before the answer did.
  case incomplete
  /// No answer came over the network.
  case connection(ConnectionFailure)
}

/// How a connection fails.
public enum ConnectionFailure: Error, Equatable, Sendable {
  /// Nothing listens at the address.
  case refused
  /// The host's name has no address.
  case unknownHost
  /// The connection could not be made in time.
  case connectTimeout
  /// No byte came for so many seconds.
  case silence(seconds: Int)
  /// It broke.
  case dropped
  /// What listens there does not speak HTTP.
  case notHTTP
  /// The server's certificate does not verify; the text is the library's reason.
  case certificate(String)
  /// No TLS connection could be made otherwise.
  case tls(String)
  /// The proxy did not let it through.
  case proxy(String)
  /// The recording that answers in its place has no more answers.
  case recordingEnded
  /// The recording had the key in this answer, which was left out.
  case recordingWithheld
  /// Anything else.
  case other(String)
}

/// An error as a provider words it.
public struct ServerError: Equatable, Sendable {
  /// The HTTP status, or what stands for it inside a stream; nil where nothing does.
  public var status: Int?
  /// Whether it came inside a stream that had begun well.
  public var isInStream = false
  /// The provider's words.
  public var message: String
  /// The provider's names for it: type, status, code, reason, in small letters.
  public var names: [String] = []
  /// The quotas that are used up.
  public var quotas: [String] = []
  /// The pause that the provider asks for, in seconds.
  public var retryAfterSeconds: Double?

  /// Makes an error.
  public init(status: Int?, message: String) {
    self.status = status
    self.message = message
  }
}

extension ServerError {
  /// What an error is about, which decides what to do.
  public enum Kind: Sendable {
    /// The key is missing or wrong.
    case key
    /// The key may not do that.
    case permission
    /// Nothing will be answered until somebody pays or a day is over.
    case quota
    /// The provider has no such model.
    case model
    /// There is nothing at the address.
    case address
    /// The conversation is longer than the model can take.
    case length
    /// Too many requests in a short time.
    case rate
    /// The provider has trouble that passes.
    case trouble
    /// The request can't be taken as it is.
    case request
  }

  /// What it is about.
  public var kind: Kind {
    let words = message.lowercased()
    func isNamed(_ parts: String...) -> Bool {
      parts.contains { part in names.contains { $0.contains(part) } }
    }
    func says(_ parts: String...) -> Bool { parts.contains { words.contains($0) } }

    if isNamed("insufficient_quota", "billing", "spend_limit")
      || says("spend_limit", "credit balance")
      || quotas.contains(where: { $0.contains("PerDay") }) || status == 402
    {
      return .quota
    }
    if isNamed("api_key", "authentication") || status == 401 { return .key }
    if isNamed("context_length", "context_size", "request_too_large") || status == 413
      || says("context length", "context size", "prompt is too long", "context window")
      || says("maximum number of tokens")
    {
      return .length
    }
    if isNamed("model_not_found") { return .model }
    // Gemini's word for an account that may not be served from where it is.
    if isNamed("failed_precondition") { return .permission }
    switch status {
    case 404:
      return says("model") || isNamed("not_found_error") ? .model : .address
    case 403: return .permission
    case 429: return .rate
    case 408, 409: return .trouble
    case .some(500...): return .trouble
    case nil: return isInStream ? .trouble : .request
    default: return .request
    }
  }

  /// Whether the same request may be answered after a while.
  public func isRetryable(by format: WireFormat) -> Bool {
    switch kind {
    case .rate: true
    // A conflict passes at OpenAI; Anthropic's tells of something that stays.
    case .trouble: status != 409 || format == .openai
    default: false
    }
  }
}
