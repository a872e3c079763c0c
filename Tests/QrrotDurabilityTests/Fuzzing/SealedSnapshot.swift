import QrrotTesting

@testable import QrrotStore

/// A snapshot file whose checksums are right, whatever its records are.
struct SealedSnapshot {
  private(set) var bytes: [UInt8]
  private let salt: UInt32

  /// Makes header and blocks.
  init(_ content: [UInt8], salt: UInt32) {
    self.salt = salt
    bytes = [UInt8](repeating: 0, count: SnapshotHeader.byteCount)
    bytes.withUnsafeMutableBytes { buffer in
      if let target = buffer.baseAddress { SnapshotHeader(salt: salt).write(to: target) }
    }
    var block: Int64 = 0
    var start = 0
    while start < content.count {
      let part = Array(content[start...].prefix(SnapshotFormat.contentByteCount))
      let checksum = part.withRawBytes {
        CRC32C.checksum($0, seed: SnapshotFormat.seed(salt: salt, block: block))
      }
      withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
      bytes += part
      start += part.count
      block += 1
    }
  }

  /// The checksum of all so far.
  var wholeChecksum: UInt32 { bytes.withRawBytes { CRC32C.checksum($0, seed: salt) } }

  /// Adds the end.
  mutating func add(_ footer: SnapshotFooter) {
    var end = [UInt8](repeating: 0, count: SnapshotFooter.byteCount)
    end.withUnsafeMutableBytes { buffer in
      if let target = buffer.baseAddress { footer.write(to: target, salt: salt) }
    }
    bytes += end
  }
}
