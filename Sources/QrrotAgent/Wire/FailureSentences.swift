public import QrrotCore

/// What an error says about whom it comes from: the parts of its sentence that are not the failure's.
public struct FailurePlace: Equatable, Sendable {
  /// Who answers, as a person knows it.
  public var providerName: String
  /// The model.
  public var modelName: String
  /// Where the key is from: `GEMINI_API_KEY`, `the key file keys/gemini`, `the typed key`; nil
  /// without one.
  public var keySource: String?
  /// Host and port.
  public var host: String
  /// Whether it is on this machine.
  public var isLocal: Bool

  /// Describes a place.
  public init(
    providerName: String, modelName: String, keySource: String?, host: String, isLocal: Bool
  ) {
    self.providerName = providerName
    self.modelName = modelName
    self.keySource = keySource
    self.host = host
    self.isLocal = isLocal
  }
}

extension WireFailure {
  /// The failure as an error: who, what was answered, what to do.
  ///
  /// - Parameter attempts: how often it was tried.
  public func error(at place: FailurePlace, attempts: Int = 1) -> QrrotError {
    let again = attempts > 1 ? " (tried \(attempts) times)" : ""
    return QrrotError(code, "\(summary(at: place))\(again); \(advice(at: place))")
  }

  private var code: QrrotError.Code {
    switch self {
    case .cutByLength, .tooLarge: .budget
    // A recording answers in the provider's place.
    case .connection(.recordingEnded), .connection(.recordingWithheld): .provider
    case .connection, .incomplete: .network
    default: .provider
    }
  }

  /// What happened: the error's text as far as it does not say what to do.
  public func summary(at place: FailurePlace) -> String {
    let who = place.providerName
    switch self {
    case .server(let error):
      return error.summary(at: place)
    case .page(let status, let title):
      let named = title.isEmpty ? "" : ", \"\(title)\""
      return "\(who) sent a web page instead of an answer (HTTP \(status)\(named))"
    case .redirect(let status, let target):
      let elsewhere = target.map { "to \($0)" } ?? "to somewhere else"
      return "\(who) answered \(status), a redirect \(elsewhere), which is not followed"
    case .unreadable(let excerpt):
      return "\(who) sent what is no answer of a model: \(excerpt)"
    case .blocked(let reason):
      return "\(who) blocked \(ServerErrorReading.excerpt(reason))"
    case .declined(let text):
      let words = ServerErrorReading.sentence(text)
      return "\(place.modelName) declined to answer" + (words.isEmpty ? "" : ": \(words)")
    case .empty:
      return "\(place.modelName) gave an empty answer"
    case .ended(let reason):
      return "\(who) ended the answer with \(ServerErrorReading.excerpt(reason, limit: 80))"
    case .cutByLength:
      return "the answer of \(place.modelName) was cut where its limit of length is"
    case .tooLarge(let what):
      return "\(what), and \(who) sent more"
    case .incomplete:
      return "\(who) broke off before the end of its answer"
    case .connection(let failure):
      return failure.summary(at: place)
    }
  }

  private func advice(at place: FailurePlace) -> String {
    switch self {
    case .server(let error): error.advice(at: place)
    case .page(let status, _) where status >= 500: "try again later"
    case .page:
      "a proxy or a log-in page may stand in between: check HTTPS_PROXY and --ai-url"
    case .redirect: "if that is the right place, name it with --ai-url"
    case .unreadable: "check --ai and --ai-url"
    case .blocked: "ask in other words, or choose another model with `ai model NAME`"
    case .declined: "ask in other words"
    case .empty, .ended: "ask again, or choose another model with `ai model NAME`"
    case .cutByLength: "ask for less at a time, or allow more with --ai-max-tokens"
    case .tooLarge: "the rest was not read: ask for less at a time"
    case .incomplete: "try again"
    case .connection(let failure): failure.advice(at: place)
    }
  }
}

extension ServerError {
  /// `Gemini answered 400: API key not valid`
  fileprivate func summary(at place: FailurePlace) -> String {
    let words = ServerErrorReading.sentence(message)
    let said =
      isInStream
      ? "\(place.providerName) broke off its answer with an error"
      : "\(place.providerName) answered" + (status.map { " \($0)" } ?? " with an error")
    return said + (words.isEmpty ? "" : ": \(words)")
  }

  fileprivate func advice(at place: FailurePlace) -> String {
    let otherModel = "choose another model with `ai model NAME` or --ai-model"
    switch kind {
    case .key:
      return place.keySource.map { "check \($0)" } ?? "it wants a key: give one with --ai-key-file"
    case .permission:
      return "the key may not use \(place.modelName) like this: check the account, or \(otherModel)"
    case .quota:
      return "the quota is spent: add to it, wait until it is renewed, or \(otherModel)"
    case .model:
      return "there is no model \(place.modelName) for you: \(otherModel)"
    case .address:
      return "nothing is there: check --ai-url, whose path for OpenAI-like servers ends in /v1"
    case .length:
      return "the conversation is too long for \(place.modelName): `ai reset` forgets what came "
        + "before, or \(otherModel)"
    case .rate:
      return pauseAdvice ?? "too many requests in a short time: try again in a minute"
    case .trouble:
      return pauseAdvice ?? "try again later, or \(otherModel)"
    case .request:
      return "the request does not suit \(place.modelName): \(otherModel)"
    }
  }

  /// Only a pause that was not waited for is worth a word.
  private var pauseAdvice: String? {
    guard let seconds = retryAfterSeconds, seconds > RetryPolicy.pauseSecondsMax else { return nil }
    let whole = Int(exactly: seconds.rounded(.up)).map { String($0) } ?? "very many"
    return "it asks for a pause of \(whole) s: try again after that"
  }
}

extension ConnectionFailure {
  fileprivate func summary(at place: FailurePlace) -> String {
    let who = place.providerName
    let host = place.host
    switch self {
    case .refused where place.isLocal: return "nothing listens at \(host)"
    case .refused: return "\(who) can't be reached: \(host) refuses the connection"
    case .unknownHost: return "\(who) can't be reached: no address is known for \(host)"
    case .connectTimeout: return "\(who) can't be reached: no connection to \(host) in time"
    case .silence(let seconds): return "no byte came from \(who) for \(seconds) s"
    case .dropped: return "the connection to \(who) broke"
    case .notHTTP: return "what listens at \(host) does not speak HTTP"
    case .certificate(let reason):
      return
        "the certificate of \(host) does not verify (\(ServerErrorReading.excerpt(reason))), so "
        + "nothing was sent"
    case .tls(let reason):
      return "no secure connection to \(host) (\(ServerErrorReading.excerpt(reason)))"
    case .proxy(let reason):
      return "the proxy does not let the request to \(host) through: "
        + ServerErrorReading.sentence(reason)
    case .recordingEnded: return "the recording has no more answers"
    case .recordingWithheld: return "the recording leaves this answer out, since it held a key"
    case .other(let reason): return "no answer from \(who): \(ServerErrorReading.sentence(reason))"
    }
  }

  fileprivate func advice(at place: FailurePlace) -> String {
    switch self {
    case .refused where place.isLocal:
      "start the model's server, or name another one with --ai-url"
    case .refused, .unknownHost, .connectTimeout:
      "check the network, --ai-url and HTTPS_PROXY"
    case .silence: "try again, or choose a quicker model with `ai model NAME`"
    case .dropped, .other: "try again"
    case .notHTTP, .tls: "check --ai-url"
    case .certificate:
      "a proxy may stand in between, whose certificate SSL_CERT_FILE can name, or the clock is wrong"
    case .proxy: "check HTTPS_PROXY"
    case .recordingEnded, .recordingWithheld: "record anew with --ai-record"
    }
  }
}
