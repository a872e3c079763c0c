internal import NIOCore
internal import NIOPosix
internal import NIOSSL
public import QrrotCore
public import QrrotService
internal import QrrotStore
internal import Synchronization

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
  let core: ServerCore
  private let startedAt = ContinuousClock.now
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let settling: BackgroundThread?

  /// Begins to listen.
  ///
  /// - Throws: `io` if that is not possible; `refused` if the files of TLS are of no use, and if others can
  ///   reach the address and there is no password or no TLS (``ServerOptions/allowsExposure``).
  public static func start(
    _ service: Service, _ options: ServerOptions
  ) async throws(QrrotError) -> Server {
    let address = try ListenAddress(host: options.host, port: options.port)
    if !options.allowsExposure {
      try address.requireProtection(
        hasPassword: service.configuration.password != nil, hasTLS: options.tls != nil)
    }
    let core = ServerCore(service, hasStandingClock: options.hasStandingClock)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, options.threadCount))
    do throws(QrrotError) {
      let tls = try options.tls.map { files throws(QrrotError) in try TLSSetup.context(files) }
      for loop in group.makeIterator() {
        try await failing("can't start") { try await loop.submit { core.adopt(loop) }.get() }
      }
      let channel = try await listen(core, group, address.socketAddress, tls)
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
    core.service.noteListening(port: port)
    settling = core.settler.start()
  }

  /// Where it listens, in the form `127.0.0.1:7379`.
  public var listening: String { channel.localAddress?.hostAndPort ?? "?:0" }

  /// Whether only this machine can reach it, or others with a password and over TLS.
  public var isProtected: Bool {
    let configuration = core.service.configuration
    let isLoopback = channel.localAddress?.isLoopback ?? false
    return isLoopback || (configuration.password != nil && configuration.hasTLS)
  }

  /// For how long it has been listening, in seconds.
  var uptimeSeconds: Double { (ContinuousClock.now - startedAt) / .seconds(1) }

  private static func listen(
    _ core: ServerCore, _ group: MultiThreadedEventLoopGroup, _ address: SocketAddress,
    _ tls: NIOSSLContext?
  ) async throws(QrrotError) -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.maxMessagesPerRead, value: 16)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      // One read of at most 64 KiB a turn: a client that sends without an end does not keep the others
      // from theirs.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        // At the lower mark a client goes on also where all have too much waiting: see `ReplyBudget`.
        .writeBufferWaterMark, value: .init(low: 8 << 10, high: 64 << 10)
      )
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try admit(channel, core, tls) }
      }
    return try await failing("can't listen on \(address.hostAndPort)") {
      try await bootstrap.bind(to: address).get()
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
      address: channel.remoteAddress?.hostAndPort ?? "?:0",
      localAddress: channel.localAddress?.hostAndPort ?? "?:0",
      actions: actions)
    guard let record, let watch = core.watch(of: channel.eventLoop) else {
      guard core.refusalBegan() else { throw ChannelError.ioOnClosedChannel }
      channel.closeFuture.whenComplete { _ in core.refusalEnded() }
      if let tls {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
      }
      return try channel.pipeline.syncOperations.addHandler(RefusingHandler())
    }
    core.service.journal.note(.clientConnected(id: record.id, address: record.address))
    core.connectionBegan()
    let handler = ConnectionHandler(core, watch, record, hasTLS: tls != nil)
    bound.value = handler
    // The handler has its record, and the record's actions reach the handler: without this, they would
    // keep each other for ever.
    channel.closeFuture.whenComplete { _ in bound.value = nil }
    do {
      if let tls {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
      }
      try channel.pipeline.syncOperations.addHandler(handler)
    } catch {
      core.service.dismiss(record)
      core.connectionEnded()
      throw error
    }
  }

  /// Stops listening, lets every client have the replies to what it has sent, and ends.
  ///
  /// - Parameter patience: for how long clients may take their last replies, in milliseconds; those that
  ///   are still there then are closed.
  /// - Returns: how many were closed so.
  @discardableResult
  public func stop(patience: Int = 10_000) async -> Int {
    await acceptRest()
    try? await channel.close().get()
    core.forEachLoop { $0.drain() }
    let cut = Guarded(0)
    let deadline = group.next().scheduleTask(in: .milliseconds(Int64(patience))) { [core] in
      core.forEachLoop { watch in
        // Before: who waits for the end of the last one reads the number then.
        cut.withLock { $0 += watch.openCount }
        watch.closeAll()
      }
    }
    await core.allConnectionsEnded()
    deadline.cancel()
    core.service.waitForSaving()
    core.settler.stop()
    settling?.join()
    core.forEachLoop { $0.stop() }
    try? await group.shutdownGracefully()
    return cut.value
  }

  /// Lets those in whom the system has connected already and we have not seen: with the end of listening
  /// they would be thrown out, with what they have sent.
  private func acceptRest() async {
    let statistics = core.service.statistics
    var seen = -1
    for _ in 0..<256 {
      // A loop looks at its sockets before it does this.
      for loop in group.makeIterator() { try? await loop.submit {}.get() }
      let count =
        statistics.connections.load(ordering: .relaxed)
        + statistics.refusedConnections.load(ordering: .relaxed)
      if count == seen { return }
      seen = count
    }
  }

  /// Closes all connections at once; ``stop(patience:)`` that waits for them goes on.
  public func closeConnections() {
    core.forEachLoop { $0.closeAll() }
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
