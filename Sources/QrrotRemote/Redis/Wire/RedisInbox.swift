internal import NIOCore
internal import QrrotWire

/// Makes replies of the bytes that come, on the connection's event loop.
///
/// The server is not trusted: replies are bounded, and what is none ends the connection.
final class RedisInbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let line: RedisLine
  private var reader = ReplyReader(limits: RedisInbox.limits)
  private var input: [UInt8] = []
  private var hasEnded = false

  init(_ line: RedisLine) { self.line = line }

  /// A stored value, and a little more; the keys of a large set.
  private static var limits: ReplyLimits {
    ReplyLimits(depth: 32, nodeCount: 16 << 20, bulkByteCount: (512 << 20) + (1 << 20))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    let bytes = unwrapInboundIn(data).readableBytesView
    if input.isEmpty { input = Array(bytes) } else { input.append(contentsOf: bytes) }
    line.noteProgress()
    var chunk = Gathering()
    do throws(ReplyError) {
      try gather(&chunk)
      if let fault = hand(over: chunk) { end(fault, context) }
    } catch {
      let rest = Array(input[chunk.byteCount...].prefix(64))
      // What came before it is right.
      end(hand(over: chunk) ?? .noReply(rest), context)
    }
  }

  /// Replies that are whole.
  private struct Gathering {
    var nodes: [ReplyNode] = []
    var starts: [RedisChunk.Start] = []
    var byteCount = 0
  }

  private func gather(_ chunk: inout Gathering) throws(ReplyError) {
    // The standard library's `withUnsafeBytes` can't rethrow a type.
    try input.withUnsafeBufferPointer { bytes throws(ReplyError) in
      while chunk.byteCount < bytes.count {
        let rest = UnsafeBufferPointer(rebasing: bytes[chunk.byteCount...])
        guard let count = try reader.next(UnsafeRawBufferPointer(rest)) else { return }
        // A push answers nobody.
        if let head = reader.nodes.first, head.kind != .push {
          chunk.starts.append(
            RedisChunk.Start(
              node: UInt32(truncatingIfNeeded: chunk.nodes.count),
              base: UInt32(truncatingIfNeeded: chunk.byteCount)))
          chunk.nodes.append(contentsOf: reader.nodes)
        }
        chunk.byteCount += count
      }
    }
  }

  /// Gives whole replies to those who wait for them.
  ///
  /// - Returns: what is wrong with them.
  private func hand(over chunk: Gathering) -> PeerFault? {
    guard chunk.byteCount > 0 else { return nil }
    let bytes = input
    // The beginning of the next reply stays.
    input = chunk.byteCount == bytes.count ? [] : Array(bytes[chunk.byteCount...])
    guard !chunk.starts.isEmpty else { return nil }
    let isTaken = line.deliver(
      RedisChunk(bytes: bytes, nodes: chunk.nodes, starts: chunk.starts))
    return isTaken ? nil : .noReply(Array(bytes.prefix(64)))
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
    input = []
    line.end(fault)
    context.close(promise: nil)
  }
}
