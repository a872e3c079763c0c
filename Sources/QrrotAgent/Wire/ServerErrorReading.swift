/// What a provider sends in the place of an answer.
enum ServerErrorReading {
  /// The body of an answer whose status is not 200, or that is no stream of events.
  ///
  /// - Parameters:
  ///   - headers: their names in small letters.
  ///   - secondsNow: the time since 1970, for dates in headers.
  static func failure(
    status: Int, headers: [WireRequest.Header], body: [UInt8], secondsNow: Int64
  ) -> WireFailure {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    if (300..<400).contains(status) {
      return .redirect(status: status, target: header("location").flatMap(host(ofLocation:)))
    }
    let text = String(decoding: body, as: UTF8.self)
    let isPage = body.first { $0 > 0x20 } == UInt8(ascii: "<")
    if isPage || header("content-type")?.lowercased().hasPrefix("text/html") == true {
      return .page(status: status, title: title(of: body))
    }
    guard var error = WireJSON(body).flatMap({ serverError(in: $0, status: status) }) else {
      if status == 200 { return .unreadable(excerpt: excerpt(text)) }
      var error = ServerError(status: status, message: excerpt(text))
      error.retryAfterSeconds = hint(header, secondsNow: secondsNow)
      return .server(error)
    }
    error.retryAfterSeconds = hint(header, secondsNow: secondsNow) ?? error.retryAfterSeconds
    return .server(error)
  }

  /// An error in a JSON text of any provider: of each one's shape, on each one's wire; nil if there is
  /// none.
  ///
  /// - Parameter status: the HTTP status, unless it came inside a stream.
  static func serverError(in json: WireJSON, status: Int?) -> ServerError? {
    // Gemini wraps it into an array where it would stream one.
    let json = json.elements.first ?? json
    guard let value = json["error"] ?? json["detail"] ?? (status == 200 ? nil : json["message"])
    else { return nil }
    guard value.isTrue else { return nil }
    guard value.isObject else {
      return ServerError(status: status == 200 ? nil : status, message: value.label ?? "")
    }
    var error = ServerError(status: status, message: value["message"]?.string ?? "")
    for name in ["type", "status", "code"] {
      if let label = value[name]?.label { error.names.append(label.lowercased()) }
    }
    readDetails(value["details"]?.elements ?? [], into: &error)
    if status == nil || status == 200 {
      let code = value["code"]?.count.flatMap { (400..<600).contains($0) ? $0 : nil }
      error.status = code ?? Self.status(named: error.names)
    }
    return error
  }

  /// Google's details.
  private static func readDetails(_ details: [WireJSON], into error: inout ServerError) {
    for detail in details {
      if let reason = detail["reason"]?.string { error.names.append(reason.lowercased()) }
      for violation in detail["violations"]?.elements ?? [] {
        if let quota = violation["quotaId"]?.string { error.quotas.append(quota) }
      }
      if let delay = detail["retryDelay"]?.string, delay.hasSuffix("s"),
        let seconds = seconds(String(delay.dropLast()))
      {
        error.retryAfterSeconds = seconds
      }
    }
  }

  /// The status of an error that comes inside a stream, where it is a name alone.
  private static func status(named names: [String]) -> Int? {
    for name in names {
      switch name {
      case "overloaded_error": return 529
      case "api_error", "server_error", "internal": return 500
      case "unavailable", "unavailable_error": return 503
      case "timeout_error", "deadline_exceeded": return 504
      case "rate_limit_error", "rate_limit_exceeded", "resource_exhausted": return 429
      case "authentication_error", "invalid_api_key", "unauthenticated": return 401
      case "permission_error", "permission_denied": return 403
      case "not_found_error", "model_not_found", "not_found": return 404
      case "invalid_request_error", "invalid_argument": return 400
      default: continue
      }
    }
    return nil
  }

  private static func hint(_ header: (String) -> String?, secondsNow: Int64) -> Double? {
    if let milliseconds = header("retry-after-ms").flatMap(seconds) { return milliseconds / 1_000 }
    guard let text = header("retry-after") else { return nil }
    if let seconds = seconds(text) { return seconds }
    return CalendarDate.seconds(ofHTTPDate: text).map { Double(max(0, $0 - secondsNow)) }
  }

  /// A number of seconds that makes sense.
  private static func seconds(_ text: String) -> Double? {
    guard let seconds = Double(text), seconds.isFinite, seconds >= 0 else { return nil }
    return seconds
  }

  /// The host of an absolute address.
  private static func host(ofLocation location: String) -> String? {
    for scheme in ["https://", "http://", "//"] where location.lowercased().hasPrefix(scheme) {
      let authority = location.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
      let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
      return host.isEmpty ? nil : cut(String(host), at: 100)
    }
    return nil
  }

  private static func title(of page: [UInt8]) -> String {
    let lowered = page.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    guard let start = lowered.firstRange(of: Array("<title>".utf8)),
      let end = lowered[start.upperBound...].firstRange(of: Array("</title>".utf8))
    else { return "" }
    return excerpt(
      String(decoding: page[start.upperBound..<end.lowerBound], as: UTF8.self), limit: 80)
  }

  /// `text` on one line, cut.
  static func excerpt(_ text: String, limit: Int = 300) -> String {
    // Not more of a large text than can be needed is looked at.
    let words = text.prefix(4 * limit).split { $0.isWhitespace }
    return cut(words.joined(separator: " "), at: limit)
  }

  /// `text` on one line, cut, without the mark at its end: our own sentence goes on.
  static func sentence(_ text: String) -> String {
    var words = excerpt(text)
    while let last = words.last, ".!;:".contains(last) { words.removeLast() }
    return words
  }

  private static func cut(_ text: String, at limit: Int) -> String {
    text.count > limit ? text.prefix(limit) + "…" : text
  }
}

extension WireFailure {
  /// What came in the place of a list of models.
  ///
  /// - Parameter headers: their names in small letters.
  public static func readingList(
    status: Int, headers: [WireRequest.Header], body: [UInt8]
  ) -> WireFailure {
    ServerErrorReading.failure(status: status, headers: headers, body: body, secondsNow: 0)
  }
}
