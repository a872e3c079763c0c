/// The beginning of a log file. The log is a chain of such files, the *segments*.
///
/// ```
///  0 16  preamble: magic 89 'QRLOG' 0D 0A, version 1
/// 16  8  number of the segment, from 1
/// 24  4  salt: the seed of all other checksums in this file, random, not 0
/// 28  4  salt of the segment before, 0 if there was none
/// 32  4  0
/// 36  4  CRC-32C of bytes 0 to 35
/// ```
struct SegmentHeader: Equatable {
  static let byteCount = 40
  static let version: UInt32 = 1
  static let magic = FilePreamble.magic("QRLOG")

  var number: UInt64
  var salt: UInt32
  var previousSalt: UInt32

  /// Writes the 40 bytes.
  func write(to target: UnsafeMutableRawPointer) {
    FilePreamble.write(magic: Self.magic, version: Self.version, to: target)
    target.put(number, at: 16)
    target.put(salt, at: 24)
    target.put(previousSalt, at: 28)
    target.put(0 as UInt32, at: 32)
    let bytes = UnsafeRawBufferPointer(start: target, count: 36)
    target.put(CRC32C.checksum(bytes, seed: 0), at: 36)
  }

  /// Reads the beginning of a file; `bytes` may be fewer than 40 if the file is that short.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) -> Result<SegmentHeader, FileRefusal.Rejection> {
    switch FilePreamble.read(bytes, magic: magic) {
    case .foreign: return .failure(.init(offset: 0, reason: .foreign))
    case .damaged: return .failure(.init(offset: 8, reason: .header))
    case .version(version): break
    case .version(let found):
      // Version 0 never was.
      return .failure(.init(offset: 8, reason: found == 0 ? .header : .newer(version: found)))
    }
    let header = byteCount <= bytes.count ? decoded(bytes) : nil
    return header.map { .success($0) } ?? .failure(.init(offset: 16, reason: .header))
  }

  private static func decoded(_ bytes: UnsafeRawBufferPointer) -> SegmentHeader? {
    guard CRC32C.checksum(bytes.part(0, 36), seed: 0) == bytes.number(at: 36, as: UInt32.self),
      bytes.number(at: 32, as: UInt32.self) == 0
    else { return nil }
    let header = SegmentHeader(
      number: bytes.number(at: 16, as: UInt64.self), salt: bytes.number(at: 24, as: UInt32.self),
      previousSalt: bytes.number(at: 28, as: UInt32.self))
    return header.salt == 0 ? nil : header
  }
}

extension FileRefusal {
  /// A refusal of a file whose name is known elsewhere.
  struct Rejection: Error, Equatable {
    var offset: Int64
    var reason: Reason

    func refusal(of file: String) -> FileRefusal {
      FileRefusal(file: file, offset: offset, reason: reason)
    }
  }
}
