internal import NIOCore
public import QrrotCore

/// Where a server listens: an address as it is handed to the system, so that what was looked at is what is
/// used.
public struct ListenAddress: Sendable {
  let socketAddress: SocketAddress
  private let text: String

  /// Looks up a name or reads a number. It may wait for a name server.
  ///
  /// - Throws: `io` if there is no such name.
  public init(host: String, port: Int) throws(QrrotError) {
    text = host
    do {
      socketAddress = try SocketAddress.makeAddressResolvingHost(host, port: port)
    } catch {
      throw QrrotError(
        .io,
        "can't listen on \(host): there is no such address; --host takes a number or a name of this machine"
      )
    }
  }

  /// Whether only this machine can reach it.
  public var isLoopback: Bool { socketAddress.isLoopback }

  /// Refuses an address that others can reach where there is no password or no TLS.
  ///
  /// - Throws: `refused`, with what is missing.
  public func requireProtection(hasPassword: Bool, hasTLS: Bool) throws(QrrotError) {
    guard !isLoopback, !hasPassword || !hasTLS else { return }
    var missing: [String] = []
    if !hasPassword { missing.append("a password (--password-file FILE)") }
    if !hasTLS { missing.append("TLS (--tls-cert FILE --tls-key FILE)") }
    throw QrrotError(
      .refused,
      "\(text) can be reached from other machines, which needs \(missing.joined(separator: " and ")); leave --host out to serve this machine alone, or say --insecure to do without"
    )
  }
}

extension SocketAddress {
  /// Whether only this machine can reach it: 127.0.0.0/8, ::1, and the first in the form of the second.
  var isLoopback: Bool {
    guard let number = ipAddress else { return false }
    return number.hasPrefix("127.") || number == "::1" || number.hasPrefix("::ffff:127.")
  }

  /// The address and the port in the form `127.0.0.1:7379`, `[::1]:7379`.
  var hostAndPort: String {
    guard let host = ipAddress, let port else { return "?:0" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
