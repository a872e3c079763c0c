internal import NIOCore

/// Takes what comes on a connection with TLS, on its event loop.
final class RedisInbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let line: RedisLine
  private var feed = RedisFeed()
  private var hasEnded = false

  init(_ line: RedisLine) { self.line = line }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    line.noteProgress()
    let fault = unwrapInboundIn(data).withUnsafeReadableBytes { feed.take($0, for: line) }
    if let fault { end(fault, context) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.closed, context)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(PeerFault(error), context)
  }

  private func end(_ fault: PeerFault, _ context: ChannelHandlerContext) {
    guard !hasEnded else { return }
    hasEnded = true
    line.end(fault)
    context.close(promise: nil)
  }
}
