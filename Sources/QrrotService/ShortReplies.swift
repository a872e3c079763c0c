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

  /// `OK` for a plain line.
  @inline(__always)
  mutating func plainOK() {
    // Three bytes, and one that the next reply overwrites.
    (base + count).storeBytes(of: UInt32(0x0A_4B4F).littleEndian, as: UInt32.self)
    count &+= 3
  }

  /// A string in double quotes, for a plain line.
  ///
  /// - Returns: false if it has more than ``valueByteLimit`` bytes or one that is not shown as it is;
  ///   nothing is answered then.
  @inline(__always)
  mutating func quoted(_ value: UnsafeRawBufferPointer) -> Bool {
    guard value.count <= Self.valueByteLimit, count <= Self.byteCount &- Self.replyByteLimit,
      let from = value.baseAddress, value.count >= ByteWord.byteCount
    else { return false }
    let start = base + count
    start.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
    // Words that overlap take the place of a loop over the last bytes.
    let last = value.count &- ByteWord.byteCount
    var place = 0
    var marks: UInt64 = 0
    while place < last {
      marks |= copyWord(from + place, to: start + (1 &+ place))
      place &+= ByteWord.byteCount
    }
    marks |= copyWord(from + last, to: start + (1 &+ last))
    guard marks == 0 else { return false }
    (start + (1 &+ value.count)).storeBytes(of: UInt16(0x0A22).littleEndian, as: UInt16.self)
    count &+= value.count &+ 3
    return true
  }

  /// - Returns: marks on the bytes that can't stand so between quotes: controls, quotes, backslashes, and
  ///   what is not ASCII.
  @inline(__always)
  private func copyWord(_ from: UnsafeRawPointer, to target: UnsafeMutableRawPointer) -> UInt64 {
    let stored = from.loadUnaligned(as: UInt64.self)
    target.storeBytes(of: stored, as: UInt64.self)
    let word = stored.littleEndian
    return ByteWord.below(word, 0x20) | ByteWord.equal(word, UInt8(ascii: "\""))
      | ByteWord.equal(word, UInt8(ascii: "\\")) | ByteWord.equal(word, 0x7F)
      | ByteWord.nonASCII(word)
  }

  /// Moves all of them behind what has been written.
  @inline(__always)
  mutating func move(to writer: inout ReplyWriter) {
    guard count > 0 else { return }
    writer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count))
    count = 0
  }
}
