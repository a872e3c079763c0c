public import QrrotCore

/// Where Redis or Valkey is: one server, a cluster, or a master that sentinels know.
///
/// `redis://[USER@]HOST[:PORT][/DB]`, `redis+cluster://[USER@]HOST[:PORT][,HOST[:PORT]…]`,
/// `redis+sentinel://[USER@]HOST[:PORT][,…]/MASTER[/DB]`; with `rediss` in the place of `redis` for TLS.
///
/// Nothing is guessed: a password, a query and characters outside of printable ASCII are errors.
public struct RedisAddress: Equatable, Sendable {
  /// What there is.
  public enum Kind: Equatable, Sendable {
    /// One server.
    case single
    /// A cluster; the hosts are some of its nodes.
    case cluster
    /// The server that sentinels know by this name; the hosts are sentinels.
    case sentinel(master: String)
  }

  /// A server of several.
  public struct Host: Hashable, Sendable {
    /// A name or an address, without the brackets of IPv6.
    public let host: String
    /// 1 to 65535.
    public let port: Int

    /// Takes them as they are.
    public init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    /// The host and the port, as errors name it.
    public var name: String { Peer.name(host, port) }
  }

  /// What there is.
  public let kind: Kind
  /// Where, in the order of the text; at least one.
  public let hosts: [Host]
  /// Whether it speaks TLS.
  public let isSecure: Bool
  /// Who logs in, where the text says so.
  public let user: String?
  /// The number of the database; 0 where the text has none, and in a cluster.
  public let database: Int

  /// Reads an address.
  ///
  /// - Throws: `syntax` for what is no such address; `refused` for a password in it, which is not repeated.
  public init(_ text: String) throws(QrrotError) {
    guard let scheme = Scheme.all.first(where: { text.lowercased().hasPrefix($0.prefix) }) else {
      throw Self.error(
        "begins with redis://, redis+cluster:// or redis+sentinel://, or with rediss for TLS")
    }
    isSecure = scheme.isSecure
    let rest = text.dropFirst(scheme.prefix.count)
    let (user, behind) = try Self.splitUser(rest)
    self.user = user
    guard behind.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
      !behind.contains(where: { "?#".contains($0) })
    else {
      throw Self.error("has printable ASCII characters, no blanks, and nothing behind a ? or #")
    }
    let parts = behind.split(separator: "/", omittingEmptySubsequences: false)
    hosts = try Self.hosts(parts[0], scheme)
    var path = Array(parts.dropFirst())
    if path.last == "" { path.removeLast() }
    switch scheme.form {
    case .single: kind = .single
    case .cluster: kind = .cluster
    case .sentinel:
      guard let master = path.first, !master.isEmpty else {
        throw Self.error(
          "names the master behind the sentinels, as in redis+sentinel://HOST:26379/MASTER")
      }
      kind = .sentinel(master: String(master))
      path.removeFirst()
    }
    guard let number = path.first else {
      database = 0
      return
    }
    guard path.count == 1, let database = UInt16(number), number.allSatisfy(\.isNumber) else {
      throw Self.error("has the number of a database behind the /, and nothing else")
    }
    guard scheme.form != .cluster || database == 0 else {
      throw Self.error("has no other database than 0: a cluster has one only")
    }
    self.database = Int(database)
  }

  /// Whether a text begins as such an address does.
  public static func fits(_ text: String) -> Bool {
    Scheme.all.contains { text.lowercased().hasPrefix($0.prefix) }
  }

  /// What the prompt and errors call it.
  public var name: String {
    let first = hosts[0].name
    let end = database == 0 ? "" : "/\(database)"
    return switch kind {
    case .single: first + end
    case .cluster: "cluster \(first)"
    case .sentinel(let master): "\(master)@\(first)\(end)"
    }
  }

  /// Whether all of it is this machine, so that what is sent stays on it.
  public var isLoopback: Bool {
    hosts.allSatisfy { $0.host == "localhost" || $0.host == "::1" || $0.host.hasPrefix("127.") }
  }
}

extension RedisAddress {
  private enum Form { case single, cluster, sentinel }

  /// How an address may begin.
  private struct Scheme {
    let prefix: String
    let form: Form
    let isSecure: Bool

    static var all: [Scheme] {
      [
        Scheme(prefix: "redis://", form: .single, isSecure: false),
        Scheme(prefix: "rediss://", form: .single, isSecure: true),
        Scheme(prefix: "redis+cluster://", form: .cluster, isSecure: false),
        Scheme(prefix: "rediss+cluster://", form: .cluster, isSecure: true),
        Scheme(prefix: "redis+sentinel://", form: .sentinel, isSecure: false),
        Scheme(prefix: "rediss+sentinel://", form: .sentinel, isSecure: true),
      ]
    }

    var defaultPort: Int { form == .sentinel ? 26_379 : 6_379 }
  }

  /// What stands in front of the last `@`, with `%` and two digits for what could not stand there.
  private static func splitUser(
    _ text: Substring
  ) throws(QrrotError) -> (user: String?, rest: Substring) {
    guard let at = text.lastIndex(of: "@") else { return (nil, text) }
    let name = text[..<at]
    guard !name.contains(":") else {
      // It is not shown: it may be a password.
      throw QrrotError(
        .refused,
        "the address holds no password, where others on this machine could read it; set QRROT_PASSWORD, or name a file with --password-file"
      )
    }
    guard !name.contains(where: { "/?#".contains($0) }), let user = decoded(name), !user.isEmpty
    else { throw error("has the name of a user in front of the @") }
    return (user, text[text.index(after: at)...])
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let value = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hosts(
    _ text: Substring, _ scheme: Scheme
  ) throws(QrrotError) -> [Host] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 1 || scheme.form != .single else {
      throw error("has one host; several are for redis+cluster:// and redis+sentinel://")
    }
    guard parts.count <= 64 else { throw error("names 64 hosts at most") }
    var hosts: [Host] = []
    for part in parts {
      let (host, port) = try HostAndPort.split(part, example: "\(scheme.prefix)[::1]:6379")
      guard !host.isEmpty else {
        throw error("names a host, as in \(scheme.prefix)127.0.0.1:\(scheme.defaultPort)")
      }
      hosts.append(Host(host: host, port: port ?? scheme.defaultPort))
    }
    return hosts
  }

  private static func error(_ what: String) -> QrrotError { HostAndPort.error(what) }
}
