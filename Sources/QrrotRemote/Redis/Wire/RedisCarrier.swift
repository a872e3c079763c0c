internal import NIOCore
internal import QrrotCore

/// What bytes go and come by.
protocol RedisCarrier: Sendable {
  var isActive: Bool { get }

  /// Sends bytes, in the order of the calls; one call at a time.
  ///
  /// - Returns: whether anything of them may have been sent.
  func write(_ bytes: [UInt8], _ interrupt: Interrupt?) -> Bool

  /// Ends it.
  func close()
}

/// An event loop carries: with TLS.
struct RedisChannelCarrier: RedisCarrier {
  let channel: any Channel
  let line: RedisLine

  var isActive: Bool { channel.isActive }

  func write(_ bytes: [UInt8], _ interrupt: Interrupt?) -> Bool {
    guard channel.isActive else { return false }
    var buffer = ByteBuffer(bytes: bytes)
    guard bytes.count > Self.sliceByteCount else {
      channel.writeAndFlush(buffer, promise: nil)
      return true
    }
    // In slices, so that one sees whether the server takes anything.
    let line = line
    while let slice = buffer.readSlice(length: min(Self.sliceByteCount, buffer.readableBytes)),
      slice.readableBytes > 0
    {
      channel.writeAndFlush(slice).whenSuccess { line.noteProgress() }
    }
    return true
  }

  private static var sliceByteCount: Int { 1 << 20 }

  func close() { channel.close(promise: nil) }
}
