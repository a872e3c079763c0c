internal import NIOCore
internal import QrrotCore
internal import QrrotWire
internal import Synchronization

/// One connection to a server: requests go out in the order in which they are asked, and each asker gets the
/// replies to its own. Any thread.
final class RedisConnection: Sendable {
  let host: RedisAddress.Host
  let line: RedisLine
  private let channel: any Channel
  private let known = Mutex(RedisIdentity())
  /// How many callers use it at present.
  let useCount = Atomic<Int>(0)

  init(_ host: RedisAddress.Host, _ line: RedisLine, _ channel: any Channel) {
    self.host = host
    self.line = line
    self.channel = channel
  }

  deinit { channel.close(promise: nil) }

  /// What the server has said of itself; nothing before the greeting.
  var identity: RedisIdentity {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }

  var isOpen: Bool { line.isOpen && channel.isActive }

  /// Ends it; who waits on it hears that it was closed.
  func close() {
    line.end(.closed)
    channel.close(promise: nil)
  }

  /// Nobody waits any more for what was asked with this mailbox, and nothing more is asked here: the
  /// replies that are still to come could take as long as they like.
  func giveUp(_ mailbox: Mailbox<RedisLetter>) {
    if !line.leave(mailbox, retires: true) { close() }
  }

  /// Sends requests; the replies come to the mailbox.
  ///
  /// - Returns: whether it was sent; if not, nothing of it was.
  func send(_ bytes: [UInt8], count: Int, part: Int, to mailbox: Mailbox<RedisLetter>) -> Bool {
    guard channel.isActive else { return false }
    return line.ask(mailbox, part: part, count: count) { write(bytes) }
  }

  private func write(_ bytes: [UInt8]) {
    var buffer = ByteBuffer(bytes: bytes)
    guard bytes.count > Self.sliceByteCount else {
      return channel.writeAndFlush(buffer, promise: nil)
    }
    // In slices, so that one sees whether the server takes anything.
    let line = line
    while let slice = buffer.readSlice(length: min(Self.sliceByteCount, buffer.readableBytes)),
      slice.readableBytes > 0
    {
      channel.writeAndFlush(slice).whenSuccess { line.noteProgress() }
    }
  }

  private static var sliceByteCount: Int { 1 << 20 }
}
