internal import NIOCore
internal import NIOPosix
internal import NIOSSL
public import QrrotCore
public import QrrotService
internal import QrrotStore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The network in front of a ``Service``: it listens, hands over bytes and sends what is answered.
public final class Server: Sendable {
  /// Where it listens.
  public let address: String
  /// The port that it listens on.
  public let port: Int
  private let core: ServerCore
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let settling: BackgroundThread?

  /// Begins to listen.
  ///
  /// - Throws: `io` if that is not possible; `refused` if the files of TLS are of no use.
  public static func start(
    _ service: Service, _ options: ServerOptions
  ) async throws(QrrotError) -> Server {
    let core = ServerCore(service)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, options.threadCount))
    do throws(QrrotError) {
      let tls = try options.tls.map { files throws(QrrotError) in try TLSSetup.context(files) }
      for loop in group.makeIterator() {
        try await failing("can't start") { try await loop.submit { core.adopt(loop) }.get() }
      }
      let channel = try await listen(core, group, options, tls)
      return Server(core, group, channel)
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private init(
    _ core: ServerCore, _ group: MultiThreadedEventLoopGroup, _ channel: any Channel
  ) {
    self.core = core
    self.group = group
    self.channel = channel
    address = channel.localAddress?.ipAddress ?? ""
    port = channel.localAddress?.port ?? 0
    settling = core.settler.start()
  }

  private static func listen(
    _ core: ServerCore, _ group: MultiThreadedEventLoopGroup, _ options: ServerOptions,
    _ tls: NIOSSLContext?
  ) async throws(QrrotError) -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.maxMessagesPerRead, value: 16)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10)
      )
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try admit(channel, core, tls) }
      }
    return try await failing("can't listen on \(options.host):\(options.port)") {
      try await bootstrap.bind(host: options.host, port: options.port).get()
    }
  }

  /// Takes in a connection, on its loop.
  private static func admit(
    _ channel: any Channel, _ core: ServerCore, _ tls: NIOSSLContext?
  ) throws {
    let bound = NIOLoopBoundBox<ConnectionHandler?>(nil, eventLoop: channel.eventLoop)
    let actions = ClientRecord.Actions(
      close: {
        channel.eventLoop.execute { bound.value?.close(reason: "closed by CLIENT KILL") }
      },
      send: { bytes in
        channel.eventLoop.execute { bound.value?.push(bytes) }
      },
      wake: { channel.eventLoop.execute { bound.value?.wake() } })
    let record = core.service.admit(
      address: describe(channel.remoteAddress), localAddress: describe(channel.localAddress),
      actions: actions)
    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
    guard let record, let watch = core.watch(of: channel.eventLoop) else {
      return try channel.pipeline.syncOperations.addHandler(RefusingHandler())
    }
    core.connectionBegan()
    let handler = ConnectionHandler(core, watch, record)
    bound.value = handler
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  private static func describe(_ address: SocketAddress?) -> String {
    guard let address, let host = address.ipAddress, let port = address.port else { return "?:0" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Stops listening, lets every client have what it was promised, and ends.
  ///
  /// - Parameter patience: for how long clients may take their last replies, in milliseconds.
  public func stop(patience: Int = 5_000) async {
    try? await channel.close().get()
    core.forEachLoop { $0.drain() }
    if !core.waitForConnections(milliseconds: patience) {
      core.forEachLoop { $0.closeAll() }
      _ = core.waitForConnections(milliseconds: 1_000)
    }
    core.service.waitForSaving()
    core.settler.stop()
    settling?.join()
    try? await group.shutdownGracefully()
  }
}

/// Runs `body`, whose errors are the network's.
func failing<R: Sendable>(
  _ what: String, _ body: () async throws -> R
) async throws(QrrotError) -> R {
  do {
    return try await body()
  } catch let error as IOError {
    throw QrrotError(.io, "\(what): \(String(cString: strerror(error.errnoCode)))")
  } catch {
    throw QrrotError(.io, "\(what): \(error)")
  }
}

/// Tells a client that there is no room for it, and closes.
private final class RefusingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelActive(context: ChannelHandlerContext) {
    let buffer = ByteBuffer(bytes: Service.refusalOfClients)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }
}
