/// What stands in front of each batch in a log. A *frame* is one commit, all or nothing.
///
/// ```
///  0  4  magic F1 'QRF'
///  4  4  checksum of bytes 8 to 39
///  8  6  length of the payload
/// 14  1  type: 1 batch, 2 end of the log
/// 15  1  0
/// 16  8  LSN, the frame's sequence number; of an end the one that comes next
/// 24  8  the highest LSN known to be synced when this was written
/// 32  4  header checksum (bytes 4 to 7) of the frame before, 0 in front of the first of all
/// 36  4  checksum of the payload
/// 40     the payload
/// ```
///
/// Checksums are CRC-32C seeded with the file's salt, so no frame of another file fits. That of the
/// header covers the one of the payload and, through bytes 32 to 35, all frames before.
struct FrameHeader: Equatable {
  enum Kind: UInt8 {
    /// Changes of one commit.
    case batch = 1
    /// The log was closed here.
    case end = 2
  }

  static let byteCount = 40
  static let firstMagicByte: UInt8 = 0xf1
  /// F1 'Q' 'R' 'F'.
  static let magic: UInt32 = 0x4652_51f1
  /// A payload is shorter than this.
  static let payloadLimit: UInt64 = 1 << 48

  var kind = Kind.batch
  var payloadByteCount: Int64
  var lsn: UInt64
  var syncedLSN: UInt64
  var previousChecksum: UInt32
  var payloadChecksum: UInt32

  /// Writes the 40 bytes and returns the header's checksum.
  @inline(__always)
  func write(to target: UnsafeMutableRawPointer, salt: UInt32) -> UInt32 {
    target.put(Self.magic, at: 0)
    let size = UInt64(truncatingIfNeeded: payloadByteCount)
    target.put(size | UInt64(kind.rawValue) << 48, at: 8)
    target.put(lsn, at: 16)
    target.put(syncedLSN, at: 24)
    target.put(previousChecksum, at: 32)
    target.put(payloadChecksum, at: 36)
    let covered = UnsafeRawBufferPointer(start: target + 8, count: Self.byteCount - 8)
    let checksum = CRC32C.checksum(covered, seed: salt)
    target.put(checksum, at: 4)
    return checksum
  }

  /// What reading 40 bytes came to.
  enum Finding {
    case header(FrameHeader, checksum: UInt32)
    /// The checksum is wrong: no frame.
    case damaged
    /// The checksum is right and what it covers has no meaning.
    case meaningless
  }

  /// Reads a header; that there are 40 bytes is a precondition.
  @inline(__always)
  static func read(_ bytes: UnsafeRawBufferPointer, salt: UInt32) -> Finding {
    let checksum = bytes.number(at: 4, as: UInt32.self)
    guard bytes.number(at: 0, as: UInt32.self) == magic,
      CRC32C.checksum(bytes.part(8, byteCount - 8), seed: salt) == checksum
    else { return .damaged }
    let word = bytes.number(at: 8, as: UInt64.self)
    let size = word & (payloadLimit - 1)
    let lsn = bytes.number(at: 16, as: UInt64.self)
    let synced = bytes.number(at: 24, as: UInt64.self)
    guard word >> 56 == 0, let kind = Kind(rawValue: UInt8(truncatingIfNeeded: word >> 48)),
      kind == .batch || size == 0, lsn > 0, lsn < ChangeCoding.versionLimit, synced < lsn
    else { return .meaningless }
    let header = FrameHeader(
      kind: kind, payloadByteCount: Int64(size), lsn: lsn, syncedLSN: synced,
      previousChecksum: bytes.number(at: 32, as: UInt32.self),
      payloadChecksum: bytes.number(at: 36, as: UInt32.self))
    return .header(header, checksum: checksum)
  }
}
