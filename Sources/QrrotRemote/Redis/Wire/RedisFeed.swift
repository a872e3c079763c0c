internal import QrrotWire

/// Makes replies of the bytes that come, and hands them to those who wait for them.
///
/// The server is not trusted: replies are bounded, and what is none is the end.
struct RedisFeed {
  private var reader = ReplyReader(limits: RedisFeed.limits)
  private var input: [UInt8] = []
  private var hasFailed = false

  /// A stored value, and a little more; the keys of a large set.
  private static var limits: ReplyLimits {
    ReplyLimits(depth: 32, nodeCount: 16 << 20, bulkByteCount: (512 << 20) + (1 << 20))
  }

  /// Takes bytes that have come.
  ///
  /// - Returns: what is wrong with them; nothing is taken after that.
  /// - Complexity: O(n) for all bytes together.
  mutating func take(_ bytes: UnsafeRawBufferPointer, for line: RedisLine) -> PeerFault? {
    guard !hasFailed else { return .noReply([]) }
    if input.isEmpty { input = Array(bytes) } else { input.append(contentsOf: bytes) }
    var chunk = Gathering()
    var fault: PeerFault?
    do throws(ReplyError) {
      try gather(&chunk)
      fault = hand(over: chunk, to: line)
    } catch {
      let rest = Array(input[chunk.byteCount...].prefix(64))
      // What came before it is right.
      fault = hand(over: chunk, to: line) ?? .noReply(rest)
    }
    if fault != nil {
      hasFailed = true
      input = []
    }
    return fault
  }

  /// Replies that are whole.
  private struct Gathering {
    var nodes: [ReplyNode] = []
    var starts: [RedisChunk.Start] = []
    var byteCount = 0
  }

  private mutating func gather(_ chunk: inout Gathering) throws(ReplyError) {
    var reader = reader
    defer { self.reader = reader }
    // Two owners would have the nodes copied.
    self.reader = ReplyReader()
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
  private mutating func hand(over chunk: Gathering, to line: RedisLine) -> PeerFault? {
    guard chunk.byteCount > 0 else { return nil }
    let bytes = input
    // The beginning of the next reply stays.
    input = chunk.byteCount == bytes.count ? [] : Array(bytes[chunk.byteCount...])
    guard !chunk.starts.isEmpty else { return nil }
    let isTaken = line.deliver(
      RedisChunk(bytes: bytes, nodes: chunk.nodes, starts: chunk.starts))
    return isTaken ? nil : .noReply(Array(bytes.prefix(64)))
  }
}
