internal import QrrotCore

/// A proxy that connections go through.
struct HTTPProxy: Hashable, Sendable {
  var host: String
  var port: Int
  var user: String?
  var password: String?
}

/// What `HTTPS_PROXY` and `NO_PROXY`, or the same in small letters, say.
///
/// Since plain HTTP is for this machine alone, and nothing to this machine goes through a proxy,
/// `HTTP_PROXY` has nothing to do.
struct ProxySettings: Sendable {
  private let proxyText: String?
  private let exceptions: [Substring]

  init(environment: [String: String]) {
    func value(_ name: String) -> String? {
      // The small letters win, as in other programs.
      for name in [name.lowercased(), name] {
        if let value = environment[name], !value.isEmpty { return value }
      }
      return nil
    }
    proxyText = value("HTTPS_PROXY")
    exceptions = (value("NO_PROXY") ?? "").lowercased().split { $0 == "," || $0 == " " }
  }

  /// The password of the proxy, if there is one: a secret like a key.
  var password: String? { (try? parsed())?.password }

  /// The proxy for an address; nil if it is reached directly.
  ///
  /// - Throws: `syntax` for a proxy's address that can't be read; it is not shown, for a password may
  ///   be in it.
  func proxy(for url: BaseURL) throws(QrrotError) -> HTTPProxy? {
    guard url.isSecure, !url.isLoopback, !isException(url) else { return nil }
    return try parsed()
  }

  /// A name stands for itself and for all under it; a star for everything.
  private func isException(_ url: BaseURL) -> Bool {
    exceptions.contains { exception in
      var name = exception
      if let colon = name.lastIndex(of: ":"), !name.dropLast(0).hasSuffix("]"),
        name.firstIndex(of: ":") == colon || name.contains("]")
      {
        guard Int(name[name.index(after: colon)...]) == url.port else { return false }
        name = name[..<colon]
      }
      if name == "*" { return true }
      if name.first == "[", name.last == "]" { name = name.dropFirst().dropLast() }
      while name.first == "." || name.first == "*" { name = name.dropFirst() }
      guard !name.isEmpty else { return false }
      return url.host == name || url.host.hasSuffix(".\(name)")
    }
  }

  private func parsed() throws(QrrotError) -> HTTPProxy? {
    guard let proxyText else { return nil }
    var rest = Substring(proxyText)
    if let scheme = rest.firstRange(of: "://") {
      guard rest[..<scheme.lowerBound].lowercased() == "http" else {
        throw Self.error("only proxies at http://HOST:PORT are spoken to")
      }
      rest = rest[scheme.upperBound...]
    }
    var proxy = HTTPProxy(host: "", port: 80)
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      proxy.user = Self.percentDecoded(parts.first ?? "")
      proxy.password = Self.percentDecoded(parts.dropFirst().first ?? "")
      rest = rest[rest.index(after: at)...]
    }
    // The rules for hosts and ports are the same as those of a base, but for where one may lead.
    guard let address = try? BaseURL("https://\(rest)"), address.path.isEmpty else {
      throw Self.error("it is read as http://HOST:PORT")
    }
    proxy.host = address.host
    proxy.port = rest.contains(":\(address.port)") ? address.port : 80
    return proxy
  }

  private static func error(_ rule: String) -> QrrotError {
    QrrotError(.syntax, "HTTPS_PROXY can't be used: \(rule)")
  }

  private static func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let digits = String(rest.prefix(2)), digits.count == 2,
        let decoded = UInt8(digits, radix: 16)
      {
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
