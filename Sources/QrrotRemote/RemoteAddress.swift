public import QrrotCore

/// Where a served database is: `qrrot://HOST[:PORT]`, or `qrrots://` for TLS.
///
/// Nothing is guessed: a name and a password, a path, a query and characters outside of printable ASCII are
/// errors.
public struct RemoteAddress: Equatable, Sendable {
  /// The host, without the brackets of an IPv6 address.
  public let host: String
  /// The port; 7379 where the text has none.
  public let port: Int
  /// Whether it speaks TLS.
  public let isSecure: Bool

  /// Reads an address.
  ///
  /// - Throws: `syntax` for what is no such address; `refused` for a name or a password in it, which is
  ///   not repeated.
  public init(_ text: String) throws(QrrotError) {
    let small = text.lowercased()
    let scheme: String
    if small.hasPrefix("qrrots://") {
      scheme = "qrrots://"
    } else if small.hasPrefix("qrrot://") {
      scheme = "qrrot://"
    } else {
      throw Self.error("begins with qrrot:// or redis://, or with qrrots:// or rediss:// for TLS")
    }
    isSecure = scheme == "qrrots://"
    let rest = text.dropFirst(scheme.count)
    guard !rest.contains("@") else {
      // What stands in front of the sign is not shown: it may be a password.
      throw QrrotError(
        .refused,
        "the address holds no name and no password, where others on this machine could read it; set QRROT_PASSWORD, or name a file with --password-file"
      )
    }
    guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw Self.error("has printable ASCII characters and no blanks")
    }
    let authority = rest.last == "/" ? rest.dropLast() : rest
    guard !authority.contains(where: { "/?#".contains($0) }) else {
      throw Self.error("has a host and a port, and nothing behind them")
    }
    let (host, port) = try HostAndPort.split(authority, example: "qrrot://[::1]:7379")
    guard !host.isEmpty else { throw Self.error("names a host, as in \(scheme)127.0.0.1:7379") }
    self.host = host
    self.port = port ?? Self.defaultPort
  }

  /// The port of a server that was told no other.
  public static let defaultPort = 7379

  /// The host and the port, as the prompt and errors name it.
  public var name: String { Peer.name(host, port) }

  /// Whether it is this machine, so that what is sent stays on it.
  public var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  private static func error(_ what: String) -> QrrotError {
    HostAndPort.error(what)
  }
}
