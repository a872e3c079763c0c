/// How to get to Redis or Valkey, and how long to wait for it.
public struct RedisOptions: Sendable {
  /// Where it is.
  public var address: RedisAddress
  /// Who logs in, in the place of the address's user; nil for that one, and else for the default user.
  public var user: String?
  /// What it wants before it answers; nil if nothing.
  public var password: [UInt8]?
  /// A PEM file with the certificates that may vouch for the servers, in the place of the system's.
  public var authorityFile: String?
  /// Whether nothing may be written.
  public var isReadOnly = false
  /// Whether replicas of a cluster are asked for what only reads. What they say may be a little old.
  public var readsFromReplicas = false
  /// How long making a connection may take, in milliseconds.
  public var connectMilliseconds = 5_000
  /// After so many milliseconds without a byte of an answer the server is asked whether it lives at all.
  public var answerMilliseconds = 10_000
  /// How long a lost server, or a cluster that has no answer, is waited for before a command fails, in
  /// milliseconds.
  public var recoveryMilliseconds = 15_000

  /// The defaults.
  public init(_ address: RedisAddress) { self.address = address }
}

extension RedisOptions {
  /// One of the servers, as one to connect to.
  func peer(_ host: RedisAddress.Host) -> Peer {
    Peer(
      host: host.host, port: host.port, authorityFile: authorityFile, isSecure: address.isSecure,
      kind: Peer.Kind(
        noun: "a Redis or Valkey server", plainScheme: "redis://", secureScheme: "rediss://"))
  }

  /// Who logs in: nobody, somebody by a password alone, or by a name too.
  var login: (user: String?, password: [UInt8])? {
    password.map { (user ?? address.user, $0) }
  }
}
