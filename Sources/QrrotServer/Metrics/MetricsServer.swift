internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import QrrotCore
internal import QrrotStore

/// Serves numbers over HTTP to programs on this machine: `/metrics` for Prometheus, `/health` for those who
/// only want to know whether all is well; nothing else.
///
/// It has a thread of its own, so that it answers when the server is busy. Each connection has one request
/// and ten seconds; there are 16 at most.
public final class MetricsServer: Sendable {
  /// What is served.
  public struct Source: Sendable {
    /// The text for `/metrics`.
    public var metrics: @Sendable () -> [UInt8]
    /// Why all is not well; nil if it is.
    public var illness: @Sendable () -> String?

    /// Makes a source.
    public init(
      metrics: @escaping @Sendable () -> [UInt8], illness: @escaping @Sendable () -> String?
    ) {
      self.metrics = metrics
      self.illness = illness
    }
  }

  /// The port of 127.0.0.1 that it listens on.
  public let port: Int
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel

  /// Begins to listen on 127.0.0.1, whatever address the server has.
  ///
  /// - Throws: `io` if that is not possible.
  public init(port: Int, _ source: Source) async throws(QrrotError) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let connections = Guarded(0)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 16)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try Self.admit(channel, connections, source)
        }
      }
    do throws(QrrotError) {
      channel = try await failing("can't serve metrics on 127.0.0.1:\(port)") {
        try await bootstrap.bind(host: "127.0.0.1", port: port).get()
      }
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
    self.group = group
    self.port = channel.localAddress?.port ?? 0
  }

  /// Stops listening and ends all connections.
  public func stop() async {
    try? await channel.close()
    try? await group.shutdownGracefully()
  }

  private static func admit(
    _ channel: any Channel, _ connections: Guarded<Int>, _ source: Source
  ) throws {
    let isAdmitted = connections.withLock { count in
      guard count < connectionLimit else { return false }
      count += 1
      return true
    }
    guard isAdmitted else { throw ChannelError.ioOnClosedChannel }
    channel.closeFuture.whenComplete { _ in connections.withLock { $0 -= 1 } }
    channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: true)
    try channel.pipeline.syncOperations.addHandler(MetricsHandler(source))
  }

  private static var connectionLimit: Int { 16 }
}

/// Answers one request.
private final class MetricsHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let source: MetricsServer.Source
  private var hasAnswered = false

  init(_ source: MetricsServer.Source) { self.source = source }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // A body is of no interest, and neither is what comes behind.
    guard case .head(let head) = unwrapInboundIn(data), !hasAnswered else { return }
    hasAnswered = true
    let path = head.uri.prefix { $0 != "?" }
    guard head.method == .GET || head.method == .HEAD else {
      return answer(.methodNotAllowed, "this is for GET\n", head, context)
    }
    switch path {
    case "/metrics":
      answer(.ok, source.metrics(), head, context, type: "text/plain; version=0.0.4; charset=utf-8")
    case "/health":
      if let illness = source.illness() {
        answer(.serviceUnavailable, "\(Escaping.displayed(illness))\n", head, context)
      } else {
        answer(.ok, "ok\n", head, context)
      }
    default:
      answer(.notFound, "there are /metrics and /health\n", head, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(
    _ status: HTTPResponseStatus, _ text: String, _ request: HTTPRequestHead,
    _ context: ChannelHandlerContext
  ) {
    answer(status, Array(text.utf8), request, context, type: "text/plain; charset=utf-8")
  }

  private func answer(
    _ status: HTTPResponseStatus, _ body: [UInt8], _ request: HTTPRequestHead,
    _ context: ChannelHandlerContext, type: String
  ) {
    var headers = HTTPHeaders([
      ("content-type", type), ("content-length", "\(body.count)"), ("connection", "close"),
      ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
    ])
    if status == .methodNotAllowed { headers.add(name: "allow", value: "GET, HEAD") }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }
}
