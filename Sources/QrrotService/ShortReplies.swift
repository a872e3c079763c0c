internal import QrrotCore
internal import QrrotWire

/// Short replies, one after another, in memory of a fixed size: for the replies of one batch, which then
/// go to the writer all at once.
struct ShortReplies: ~Copyable {
  /// The longest value that is answered here.
  static var valueByteLimit: Int { 99 }
  /// The longest reply: `$dd`, the value, two line ends, and what is stored beyond them.
  private static var replyByteLimit: Int { 128 }
  private static var byteCount: Int { RequestBatch.requestLimit * replyByteLimit }

  private let base: UnsafeMutableRawPointer
  private(set) var count = 0

  init() { base = .allocate(byteCount: Self.byteCount, alignment: 8) }

  deinit { base.deallocate() }

  /// `+OK`.
  @inline(__always)
  mutating func ok() {
    // The five bytes of it, and three that the next reply overwrites.
    (base + count).storeBytes(of: UInt64(0x0A_0D4B_4F2B).littleEndian, as: UInt64.self)
    count &+= 5
  }

  /// A bulk string of at most ``valueByteLimit`` bytes. A batch of requests has no more replies than there
  /// is room for.
  @inline(__always)
  mutating func bulk(_ value: UnsafeRawBufferPointer) {
    precondition(
      value.count <= Self.valueByteLimit && count <= Self.byteCount &- Self.replyByteLimit)
    let start = base + count
    let number = UInt64(truncatingIfNeeded: value.count)
    // A tenth of what is below 100, without a division.
    let tens = (number &* 205) >> 11
    let headCount: Int
    if tens == 0 {
      start.storeBytes(of: (0x0A0D_3024 &+ (number << 8)).littleEndian, as: UInt64.self)
      headCount = 4
    } else {
      let digits = (tens << 8) &+ ((number &- tens &* 10) << 16)
      start.storeBytes(of: (0x0A_0D30_3024 &+ digits).littleEndian, as: UInt64.self)
      headCount = 5
    }
    if let from = value.baseAddress {
      (start + headCount).copyMemory(from: from, byteCount: value.count)
    }
    (start + (headCount &+ value.count)).storeBytes(
      of: UInt16(0x0A0D).littleEndian, as: UInt16.self)
    count &+= headCount &+ value.count &+ 2
  }

  /// Moves all of them behind what has been written.
  @inline(__always)
  mutating func move(to writer: inout ReplyWriter) {
    guard count > 0 else { return }
    writer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count))
    count = 0
  }
}
