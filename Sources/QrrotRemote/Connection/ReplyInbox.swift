internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QrrotWire

/// What comes from a server.
enum Incoming: Sendable {
  /// A bulk string.
  case bulk([UInt8])
  /// A status line.
  case status(String)
  /// An error line.
  case error(String)
  case integer(Int64)
  /// Any other reply of the protocol.
  case other
  /// The end: nothing comes any more.
  case end(PeerFault)
}

/// Makes replies of the bytes that come, on the connection's event loop.
///
/// The server is not trusted: replies are bounded, and what is none ends the connection.
final class ReplyInbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let mailbox: Mailbox<Incoming>
  private let isOpen: NIOLockedValueBox<Bool>
  private var reader = ReplyReader(limits: ReplyInbox.limits)
  private var input: [UInt8] = []
  private var hasEnded = false

  init(_ mailbox: Mailbox<Incoming>, isOpen: NIOLockedValueBox<Bool>) {
    self.mailbox = mailbox
    self.isOpen = isOpen
  }

  private static var limits: ReplyLimits {
    ReplyLimits(
      depth: 8, nodeCount: 4_096, bulkByteCount: Call.partByteCount + 64,
      replyByteCount: 2 * Call.partByteCount)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    input.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    do throws(ReplyError) {
      try readReplies()
    } catch {
      end(.noReply(Array(input.prefix(64))), context)
    }
  }

  private func readReplies() throws(ReplyError) {
    var done = 0
    defer { input.removeFirst(done) }
    while done < input.count {
      // The standard library's `withUnsafeBytes` can't rethrow a type.
      let reply = try input.withUnsafeBufferPointer {
        bytes throws(ReplyError) -> (Incoming, Int)? in
        let rest = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[done...]))
        guard let count = try reader.next(rest) else { return nil }
        return (Self.incoming(reader.nodes, rest), count)
      }
      guard let (incoming, count) = reply else { return }
      done += count
      // What keeps the connection alive answers nobody.
      if case .status("PONG") = incoming { continue }
      mailbox.put(incoming)
    }
  }

  private static func incoming(
    _ nodes: [ReplyNode], _ bytes: UnsafeRawBufferPointer
  ) -> Incoming {
    guard let node = nodes.first else { return .other }
    let content = bytes[node.range]
    switch node.kind {
    case .bulk: return .bulk(Array(content))
    case .simple: return .status(String(decoding: content, as: UTF8.self))
    case .error, .bulkError: return .error(String(decoding: content, as: UTF8.self))
    case .integer: return node.integer(in: bytes).map { .integer($0) } ?? .other
    default: return .other
    }
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
    isOpen.withLockedValue { $0 = false }
    mailbox.put(.end(fault))
    context.close(promise: nil)
  }
}
