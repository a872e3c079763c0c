/// The shape of a snapshot file.
///
/// ```
/// header  32 bytes
/// blocks  of 65,536 bytes, the last one as long as it needs to be
/// footer  48 bytes
/// ```
///
/// A block is a checksum of 4 bytes and up to 65,532 bytes of content. The contents joined are the
/// records, each a put with a version as `ChangeCoding` writes it; a record may begin in one block
/// and end in another.
enum SnapshotFormat {
  static let version: UInt32 = 1
  static let magic = FilePreamble.magic("QRSNP")
  static let blockByteCount = 64 << 10
  static let checksumByteCount = 4
  static let contentByteCount = blockByteCount - checksumByteCount

  /// The seed of a block's checksum: blocks that have changed places don't fit.
  @inline(__always)
  static func seed(salt: UInt32, block: Int64) -> UInt32 {
    salt &+ UInt32(truncatingIfNeeded: block)
  }

  /// How many bytes of content blocks of so many bytes hold; nil if no blocks can have that size.
  static func contentByteCount(ofBlocks byteCount: Int64) -> Int64? {
    let whole = byteCount / Int64(blockByteCount)
    let rest = byteCount % Int64(blockByteCount)
    guard byteCount >= 0, rest == 0 || rest > checksumByteCount else { return nil }
    return whole * Int64(contentByteCount) + max(0, rest - Int64(checksumByteCount))
  }
}

/// The beginning of a snapshot.
///
/// ```
///  0 16  preamble: magic 89 'QRSNP' 0D 0A, version 1
/// 16  4  salt: the seed of all other checksums in this file, random
/// 20  4  size of a block, 65,536
/// 24  4  0
/// 28  4  CRC-32C of bytes 0 to 27
/// ```
struct SnapshotHeader: Equatable {
  static let byteCount = 32

  var salt: UInt32

  func write(to target: UnsafeMutableRawPointer) {
    FilePreamble.write(
      magic: SnapshotFormat.magic, version: SnapshotFormat.version, to: target)
    target.put(salt, at: 16)
    target.put(UInt32(SnapshotFormat.blockByteCount), at: 20)
    target.put(0 as UInt32, at: 24)
    let bytes = UnsafeRawBufferPointer(start: target, count: 28)
    target.put(CRC32C.checksum(bytes, seed: 0), at: 28)
  }

  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) -> Result<SnapshotHeader, FileRefusal.Rejection> {
    switch FilePreamble.read(bytes, magic: SnapshotFormat.magic) {
    case .foreign: return .failure(.init(offset: 0, reason: .foreign))
    case .damaged: return .failure(.init(offset: 8, reason: .header))
    case .version(SnapshotFormat.version): break
    case .version(let found):
      return .failure(.init(offset: 8, reason: found == 0 ? .header : .newer(version: found)))
    }
    guard bytes.count >= byteCount,
      CRC32C.checksum(bytes.part(0, 28), seed: 0) == bytes.number(at: 28, as: UInt32.self),
      bytes.number(at: 20, as: UInt32.self) == UInt32(SnapshotFormat.blockByteCount),
      bytes.number(at: 24, as: UInt32.self) == 0
    else { return .failure(.init(offset: 16, reason: .header)) }
    return .success(SnapshotHeader(salt: bytes.number(at: 16, as: UInt32.self)))
  }
}

/// The end of a snapshot; a file without one is none.
///
/// ```
///  0  4  magic F1 'QRE'
///  4  4  checksum of bytes 8 to 47, seeded with the salt
///  8  8  how many records
/// 16  8  how many bytes of records
/// 24  8  LSN of the last commit it holds
/// 32  8  number of the log segment that goes on behind it
/// 40  4  header checksum of the last frame before that segment
/// 44  4  checksum of all bytes before the footer, seeded with the salt
/// ```
struct SnapshotFooter: Equatable {
  static let byteCount = 48
  /// F1 'Q' 'R' 'E'.
  static let magic: UInt32 = 0x4552_51f1

  var recordCount: UInt64
  var contentByteCount: Int64
  /// Where the log goes on.
  var position: LogPosition
  var wholeChecksum: UInt32

  func write(to target: UnsafeMutableRawPointer, salt: UInt32) {
    target.put(Self.magic, at: 0)
    target.put(recordCount, at: 8)
    target.put(contentByteCount, at: 16)
    target.put(position.lastLSN, at: 24)
    target.put(position.segment, at: 32)
    target.put(position.previousChecksum, at: 40)
    target.put(wholeChecksum, at: 44)
    let covered = UnsafeRawBufferPointer(start: target + 8, count: Self.byteCount - 8)
    target.put(CRC32C.checksum(covered, seed: salt), at: 4)
  }

  /// Reads a footer of 48 bytes; nil if it is damaged or has no meaning.
  init?(_ bytes: UnsafeRawBufferPointer, salt: UInt32) {
    guard bytes.number(at: 0, as: UInt32.self) == Self.magic,
      CRC32C.checksum(bytes.part(8, Self.byteCount - 8), seed: salt)
        == bytes.number(at: 4, as: UInt32.self)
    else { return nil }
    recordCount = bytes.number(at: 8, as: UInt64.self)
    contentByteCount = bytes.number(at: 16, as: Int64.self)
    let lastLSN = bytes.number(at: 24, as: UInt64.self)
    let segment = bytes.number(at: 32, as: UInt64.self)
    wholeChecksum = bytes.number(at: 44, as: UInt32.self)
    guard lastLSN < ChangeCoding.versionLimit, segment > 0, segment < .max else { return nil }
    position = LogPosition(
      segment: segment, nextLSN: lastLSN + 1,
      previousChecksum: bytes.number(at: 40, as: UInt32.self))
  }

  init(
    recordCount: UInt64, contentByteCount: Int64, position: LogPosition, wholeChecksum: UInt32
  ) {
    self.recordCount = recordCount
    self.contentByteCount = contentByteCount
    self.position = position
    self.wholeChecksum = wholeChecksum
  }
}
