internal import QrrotCore

/// The base of a provider's addresses, as `--ai-url` gives it: `https://HOST[:PORT][/PATH]`, or
/// `http://` for this machine alone.
///
/// Nothing is guessed: a name and a password, a query, a fragment, characters outside of printable
/// ASCII and empty parts are errors.
struct BaseURL: Equatable, Sendable {
  /// Whether it is `https`.
  let isSecure: Bool
  /// The host in small letters, without the brackets of an IPv6 address.
  let host: String
  /// The port, also where the text has none.
  let port: Int
  /// The path without a slash at its end; empty, or it begins with one.
  let path: String
  private let hasPort: Bool

  /// Reads an address.
  ///
  /// - Throws: `syntax` for what is no such address; `refused` for `http` to another machine, and for
  ///   a name or a password in it.
  init(_ text: String) throws(QrrotError) {
    let scheme: String
    if text.lowercased().hasPrefix("https://") {
      scheme = "https://"
    } else if text.lowercased().hasPrefix("http://") {
      scheme = "http://"
    } else {
      throw Self.error("begins with https://, or http:// for a server on this machine")
    }
    isSecure = scheme == "https://"
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
    guard !authority.contains("@") else {
      // What stands in front of the sign is not shown: it may be a password.
      throw QrrotError(
        .refused, "--ai-url holds a name or a password; a key comes from --ai-key-file")
    }
    guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw Self.error("has printable ASCII characters and no blanks")
    }
    guard !rest.contains("?"), !rest.contains("#") else {
      throw Self.error("is a base: no question mark and no # are in it")
    }
    (host, port, hasPort) = try Self.read(authority: authority, isSecure: isSecure)
    var path = rest.dropFirst(authority.count)
    while path.last == "/" { path.removeLast() }
    guard !path.contains("//"),
      !path.split(separator: "/").contains(where: { $0 == ".." || $0 == "." })
    else { throw Self.error("has no empty parts and no dots in its path") }
    self.path = String(path)
    guard isSecure || isLoopback else {
      throw QrrotError(
        .refused,
        "--ai-url: http:// is for this machine alone, since the key and the data would be read by "
          + "anyone on the way; use https:// for \(host)")
    }
  }

  private init(_ other: BaseURL, path: String) {
    isSecure = other.isSecure
    host = other.host
    port = other.port
    hasPort = other.hasPort
    self.path = path
  }

  private static func read(
    authority: Substring, isSecure: Bool
  ) throws(QrrotError) -> (host: String, port: Int, hasPort: Bool) {
    var host = authority
    var portText: Substring?
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else { throw error("lacks a ]") }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let behind = authority[authority.index(after: end)...]
      guard behind.isEmpty || behind.first == ":" else { throw error("has a port behind the ]") }
      portText = behind.isEmpty ? nil : behind.dropFirst()
      guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
        throw error("has an IPv6 address in the brackets")
      }
    } else {
      if let colon = authority.firstIndex(of: ":") {
        host = authority[..<colon]
        portText = authority[authority.index(after: colon)...]
      }
      let isName = host.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
      }
      guard isName, !host.isEmpty, host.first != ".", !host.contains("..") else {
        throw error("has the name of a host behind ://")
      }
    }
    guard let portText else { return (host.lowercased(), isSecure ? 443 : 80, false) }
    guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(portText),
      (1...65_535).contains(port)
    else { throw error("has a port from 1 to 65535") }
    return (host.lowercased(), port, true)
  }

  private static func error(_ rule: String) -> QrrotError {
    QrrotError(.syntax, "--ai-url \(rule)")
  }

  /// The address, without a slash at its end.
  var text: String { (isSecure ? "https://" : "http://") + authority + path }

  /// Host and port, as a person reads them.
  var authority: String {
    (host.contains(":") ? "[\(host)]" : host) + (hasPort ? ":\(port)" : "")
  }

  /// Whether it is this machine: `localhost`, `127.0.0.0/8` or `::1`, written in full.
  var isLoopback: Bool { Self.isLoopback(host) }

  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "0:0:0:0:0:0:0:1" { return true }
    // Other forms of an address, such as 127.1 or 0x7f000001, are read differently by different
    // libraries: they don't count.
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "127" else { return false }
    return parts.allSatisfy { part in
      part.utf8.allSatisfy { (0x30...0x39).contains($0) } && part.count <= 3
        && (part.count == 1 || part.first != "0") && (Int(part) ?? 256) < 256
    }
  }

  /// The address without `suffix` at the end of its path, if that is there.
  func dropping(suffix: String) -> BaseURL {
    path.hasSuffix(suffix) ? BaseURL(self, path: String(path.dropLast(suffix.count))) : self
  }
}
