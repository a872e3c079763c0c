import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Stands between a client and a server, and can be a bad network.
final class FaultyProxy: Sendable {
  /// What is wrong with it.
  struct Faults: Sendable {
    /// After so many bytes of replies a connection is cut; nil for never.
    var replyByteLimit: Int?
    /// How many connections, from the first on, are subject to that.
    var cutConnectionCount = 1
    /// Whether nothing of what the server answers gets through.
    var isSilent = false
  }

  private struct State {
    var faults = Faults()
    var connectionCount = 0
    var replyByteCount = 0
    var requestCount = 0
  }

  private let state = NIOLockedValueBox(State())
  private let channel: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// - Parameter target: the port of the server.
  init(to target: Int) async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let state = state
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { client in Self.join(client, to: target, state) }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  private static func join(
    _ client: any Channel, to target: Int, _ state: NIOLockedValueBox<State>
  ) -> EventLoopFuture<Void> {
    let number = state.withLockedValue { state in
      state.connectionCount += 1
      return state.connectionCount
    }
    return ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: target)
      .flatMapThrowing { server in
        try client.pipeline.syncOperations.addHandler(
          Forwarder(to: server) { count in
            state.withLockedValue { $0.requestCount += 1 }
            return count
          })
        try server.pipeline.syncOperations.addHandler(
          Forwarder(to: client) { count in
            state.withLockedValue { Self.passed(count, number, &$0) }
          })
      }
  }

  /// How many of so many bytes of a reply get through; negative: so many, and then it is cut.
  private static func passed(_ count: Int, _ number: Int, _ state: inout State) -> Int {
    if state.faults.isSilent { return 0 }
    guard let limit = state.faults.replyByteLimit, number <= state.faults.cutConnectionCount else {
      state.replyByteCount += count
      return count
    }
    let room = max(0, limit - state.replyByteCount)
    state.replyByteCount += min(room, count)
    return count <= room ? count : -room - 1
  }

  var port: Int { channel.localAddress?.port ?? 0 }

  /// How many connections there have been.
  var connectionCount: Int { state.withLockedValue { $0.connectionCount } }

  /// How often something has come from clients.
  var requestCount: Int { state.withLockedValue { $0.requestCount } }

  /// How many bytes of replies have got through.
  var replyByteCount: Int { state.withLockedValue { $0.replyByteCount } }

  /// Becomes better or worse.
  func change(_ body: @Sendable (inout Faults) -> Void) {
    state.withLockedValue { body(&$0.faults) }
  }

  func stop() async {
    try? await channel.close().get()
    try? await group.shutdownGracefully()
  }
}

/// Hands what comes on one connection to another one.
private final class Forwarder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel
  private let passed: (Int) -> Int

  init(to other: any Channel, _ passed: @escaping (Int) -> Int) {
    self.other = other
    self.passed = passed
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    let count = passed(buffer.readableBytes)
    let isCut = count < 0
    if let slice = buffer.readSlice(length: isCut ? -count - 1 : count) {
      other.writeAndFlush(slice, promise: nil)
    }
    if isCut { context.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Answers everybody the same.
final class StubbornServer: Sendable {
  private let channel: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// - Parameters:
  ///   - reply: what it says when it hears something.
  ///   - closes: whether it closes the connection then.
  init(saying reply: [UInt8], closes: Bool = false) async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Parrot(reply, closes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var port: Int { channel.localAddress?.port ?? 0 }

  func stop() async {
    try? await channel.close().get()
    try? await group.shutdownGracefully()
  }
}

private final class Parrot: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let reply: [UInt8]
  private let closes: Bool

  init(_ reply: [UInt8], _ closes: Bool) {
    self.reply = reply
    self.closes = closes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.writeAndFlush(NIOAny(ByteBuffer(bytes: reply)), promise: nil)
    if closes { context.close(promise: nil) }
  }
}
