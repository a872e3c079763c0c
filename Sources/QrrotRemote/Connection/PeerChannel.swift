internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import QrrotCore

/// A server that somebody wants to connect to.
struct Peer: Sendable {
  /// The host, without the brackets of an IPv6 address.
  var host: String
  var port: Int
  /// A PEM file with the certificates that may vouch for it, in the place of the system's.
  var authorityFile: String?
  var isSecure: Bool
  /// What it should be, and how an address of it begins; for sentences.
  var kind: Kind

  /// A kind of server.
  struct Kind: Sendable {
    /// With its article.
    let noun: String
    let plainScheme: String
    let secureScheme: String
  }

  /// The host and the port, as errors name it.
  var name: String { Self.name(host, port) }

  static func name(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension Peer {
  /// Makes a connection, without a word on it yet.
  ///
  /// - Parameters:
  ///   - milliseconds: how long that may take.
  ///   - handler: what reads from it; made on its event loop.
  /// - Throws: the ``PeerFault``; the interrupt comes out as `silent`.
  func connect(
    milliseconds: Int, interrupt: Interrupt?,
    _ handler: @escaping @Sendable () -> any ChannelHandler
  ) throws(PeerFault) -> any Channel {
    let context = try tlsContext()
    let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connectTimeout(.milliseconds(Int64(milliseconds)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(self.tlsHandler(context))
          }
          try channel.pipeline.syncOperations.addHandler(handler())
        }
      }
    let results = Mailbox<Result<any Channel, any Error>>()
    let isAwaited = NIOLockedValueBox(true)
    bootstrap.connect(host: host, port: port).whenComplete { result in
      if isAwaited.withLockedValue({ $0 }) { return results.put(result) }
      // It came too late.
      if case .success(let channel) = result { channel.close(promise: nil) }
    }
    let end = ContinuousClock.now + .milliseconds(milliseconds + 500)
    while ContinuousClock.now < end, interrupt?.isRaised != true {
      switch results.take(milliseconds: 20) {
      case nil: continue
      case .success(let channel): return channel
      case .failure(let error): throw PeerFault(error)
      }
    }
    isAwaited.withLockedValue { $0 = false }
    if case .success(let channel)? = results.take(milliseconds: 0) { channel.close(promise: nil) }
    throw .silent
  }

  private func tlsContext() throws(PeerFault) -> NIOSSLContext? {
    guard isSecure else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .fullVerification
    configuration.minimumTLSVersion = .tlsv12
    do {
      if let authorityFile {
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorityFile))
      }
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw .tls("the certificates of --tls-ca can't be read")
    }
  }

  private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
    // An address of numbers is not sent as a name; it is compared with the certificate all the same.
    let isNumeric = (try? SocketAddress(ipAddress: host, port: port)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : host)
  }
}
