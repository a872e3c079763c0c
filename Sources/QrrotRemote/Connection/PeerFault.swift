internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import QrrotCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why there is no connection, or none any more.
enum PeerFault: Error, Equatable, Sendable {
  /// The other side has closed it.
  case closed
  /// Nobody listens there.
  case nobody
  /// The name of the host leads nowhere.
  case unknownHost
  /// No connection, or no answer, in time.
  case silent
  /// What came is no reply; how it begins.
  case noReply([UInt8])
  /// The server's certificate is not to be trusted.
  case certificate(String)
  /// TLS can't begin.
  case tls(String)
  /// The operating system or the network has an error.
  case network(String)

  init(_ error: any Error) {
    switch error {
    case let error as IOError:
      self = PeerFault(code: error.errnoCode)
    case let error as NIOConnectionError: self = Self.read(error)
    case let error as ChannelError:
      if case .connectTimeout = error { self = .silent } else { self = .closed }
    case let error as NIOSSLError: self = Self.read(error)
    case is NIOSSLExtraError: self = .certificate("it is for another host")
    default: self = .network("\(error)")
    }
  }

  /// - Parameter code: the error of a system call.
  init(code: CInt) {
    self =
      switch code {
      case ECONNREFUSED: .nobody
      case ECONNRESET, EPIPE: .closed
      case ETIMEDOUT: .silent
      default: .network(String(cString: strerror(code)))
      }
  }

  /// Of the addresses that were tried the last one's error is told.
  private static func read(_ error: NIOConnectionError) -> PeerFault {
    if let last = error.connectionErrors.last { return PeerFault(last.error) }
    if error.dnsAError != nil || error.dnsAAAAError != nil { return .unknownHost }
    return .network("\(error)")
  }

  private static func read(_ error: NIOSSLError) -> PeerFault {
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return .certificate("nobody whom this machine trusts vouches for it")
    }
    if text.contains("WRONG_VERSION_NUMBER") { return .tls("it does not speak TLS") }
    switch error {
    case .uncleanShutdown: return .closed
    case .handshakeFailed: return .tls("the handshake failed")
    default: return .tls("\(error)")
    }
  }

  /// What is wrong and what to do, for somebody who wants to connect.
  func sentence(_ peer: Peer) -> String {
    let name = peer.name
    let kind = peer.kind
    switch self {
    case .closed:
      let other =
        peer.isSecure
        ? "\(kind.plainScheme) is for one without TLS" : "\(kind.secureScheme) is for one with TLS"
      return "\(name) closed the connection before it answered; \(other)"
    case .nobody: return "nobody listens at \(name); is the server running?"
    case .unknownHost: return "there is no host \(peer.host)"
    case .silent:
      // A server of Redis without TLS waits for the end of what it takes for a line.
      let hint = peer.isSecure ? "; \(kind.plainScheme) is for a server without TLS" : ""
      return "no answer from \(name) in time\(hint)"
    case .noReply(let bytes):
      if bytes.starts(with: "HTTP/".utf8) {
        return "\(name) is a web server, not \(kind.noun)"
      }
      // An alert of TLS.
      if bytes.first == 0x15 {
        return "\(name) speaks TLS; connect to \(kind.secureScheme)\(name)"
      }
      return "\(name) is not \(kind.noun); it says \(QrrotError.excerpt(bytes))"
    case .certificate(let reason):
      return
        "the certificate of \(name) does not verify: \(reason); nothing was sent. --tls-ca FILE names whom to trust"
    case .tls(let reason):
      return
        "TLS with \(name) can't begin: \(reason); \(kind.plainScheme) is for a server without it"
    case .network(let reason): return "can't connect to \(name): \(reason)"
    }
  }

  /// Why a connection that was there is lost, as a part of a sentence.
  var reason: String {
    switch self {
    case .closed: "the server closed it"
    case .nobody, .unknownHost, .network: "the network failed"
    case .silent: "the server does not answer"
    case .noReply: "the server's answer can't be read"
    case .certificate, .tls: "TLS failed"
    }
  }
}
