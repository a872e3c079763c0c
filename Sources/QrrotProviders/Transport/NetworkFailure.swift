internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import QrrotAgent
internal import QrrotCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What the libraries' errors mean.
enum NetworkFailure {
  /// What an error means.
  ///
  /// - Parameter proxy: the proxy that the connection was to go through: what can't be reached is the
  ///   proxy then, not the host behind it.
  static func read(_ error: any Error, through proxy: HTTPProxy?) -> ConnectionFailure {
    let failure = read(error)
    guard let proxy else { return failure }
    let place = "\(proxy.host):\(proxy.port)"
    return switch failure {
    case .refused: .proxy("nothing listens at \(place)")
    case .unknownHost: .proxy("no address is known for \(proxy.host)")
    // The library has no name for a proxy that hangs up instead of answering.
    case .other where String(describing: type(of: error)) == "NoResult": .dropped
    default: failure
    }
  }

  static func read(_ error: any Error) -> ConnectionFailure {
    switch error {
    case let error as HTTPClientError: return read(error)
    case let error as NIOConnectionError: return read(error)
    case let error as NIOSSLError: return read(error)
    case is NIOSSLExtraError: return .certificate("it is not for this host")
    // The connection ended inside an answer that had begun well.
    case HTTPParserError.invalidEOFState: return .dropped
    case is HTTPParserError: return .notHTTP
    case let error as IOError: return read(errno: error.errnoCode)
    case let error as ChannelError: return read(error)
    case is CancellationError: return .dropped
    default: return .other(String(describing: error))
    }
  }

  private static func read(_ error: HTTPClientError) -> ConnectionFailure {
    switch error {
    case .connectTimeout, .httpProxyHandshakeTimeout, .tlsHandshakeTimeout,
      .getConnectionFromPoolTimeout:
      return .connectTimeout
    case .remoteConnectionClosed, .readTimeout, .writeTimeout, .uncleanShutdown, .cancelled,
      .deadlineExceeded:
      return .dropped
    case .proxyAuthenticationRequired:
      return .proxy("it wants a name and a password, as in http://NAME:PASSWORD@HOST:PORT")
    default:
      if error.description.contains("invalidProxyResponse") {
        return .proxy("it answered with an error")
      }
      return .other(error.shortDescription)
    }
  }

  private static func read(_ error: NIOConnectionError) -> ConnectionFailure {
    if error.connectionErrors.isEmpty { return .unknownHost }
    // Of several addresses, one that refuses tells more than one that can't be reached at all.
    let failures = error.connectionErrors.map { read($0.error) }
    return failures.first { $0 == .refused } ?? failures.last ?? .dropped
  }

  private static func read(_ error: ChannelError) -> ConnectionFailure {
    switch error {
    case .connectTimeout: .connectTimeout
    case .connectPending, .inputClosed, .outputClosed, .eof, .ioOnClosedChannel, .alreadyClosed:
      .dropped
    default: .other(String(describing: error))
    }
  }

  private static func read(_ error: NIOSSLError) -> ConnectionFailure {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return .certificate(TLSReason.text(in: text)) }
    switch error {
    case .uncleanShutdown: return .dropped
    case .failedToLoadCertificate: return .tls("the file that SSL_CERT_FILE names can't be read")
    default: return .tls(TLSReason.text(in: text))
    }
  }

  private static func read(errno code: CInt) -> ConnectionFailure {
    switch code {
    case ECONNREFUSED: .refused
    case ETIMEDOUT: .connectTimeout
    case ECONNRESET, EPIPE, ENOTCONN, ECONNABORTED: .dropped
    default: .other(String(cString: strerror(code)))
    }
  }
}
