/// How to get to a server, and how long to wait for it.
public struct RemoteOptions: Sendable {
  /// Where it is.
  public var address: RemoteAddress
  /// What it wants before it answers; nil if nothing.
  public var password: [UInt8]?
  /// A PEM file with the certificates that may vouch for the server, in the place of the system's.
  public var authorityFile: String?
  /// Whether the server is to refuse every write.
  public var isReadOnly = false
  /// How long making a connection may take, in milliseconds.
  public var connectMilliseconds = 5_000
  /// How long a lost server is looked for before a command fails, in milliseconds.
  public var reconnectMilliseconds = 5_000
  /// After so many milliseconds without an answer the server is asked whether it is still at work.
  public var patienceMilliseconds = 10_000
  /// How long the answer to that, and to a request to stop, may take.
  public var controlMilliseconds = 2_000
  /// How often a connection shows that it is alive, in milliseconds; more often where the server closes
  /// silent ones soon.
  public var pulseMilliseconds = 30_000

  /// The defaults.
  public init(_ address: RemoteAddress) { self.address = address }
}

extension RemoteOptions {
  /// The server as one to connect to.
  var peer: Peer {
    Peer(
      host: address.host, port: address.port, authorityFile: authorityFile,
      isSecure: address.isSecure,
      kind: Peer.Kind(noun: "a qrrot server", plainScheme: "qrrot://", secureScheme: "qrrots://"))
  }
}
