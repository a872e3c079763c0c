/// The first 16 bytes of every file of this store. They are the same in every version of a format, so
/// that an old program can tell a newer file from a damaged one.
///
/// ```
///  0  8  magic: what kind of file it is
///  8  4  format version
/// 12  4  CRC-32C of bytes 0 to 11
/// ```
enum FilePreamble {
  static let byteCount = 16
  static let magicByteCount = 8

  /// What a file begins with.
  enum Finding: Equatable {
    case version(UInt32)
    /// The magic is not there: another kind of file.
    case foreign
    /// The magic is there and the rest does not fit.
    case damaged
  }

  /// Reads the first bytes; fewer than 16 are foreign or damaged.
  static func read(_ bytes: UnsafeRawBufferPointer, magic: UInt64) -> Finding {
    guard bytes.count >= magicByteCount, bytes.number(at: 0, as: UInt64.self) == magic else {
      return .foreign
    }
    guard bytes.count >= byteCount,
      CRC32C.checksum(bytes.part(0, 12), seed: 0) == bytes.number(at: 12, as: UInt32.self)
    else { return .damaged }
    return .version(bytes.number(at: 8, as: UInt32.self))
  }

  /// Writes the 16 bytes.
  static func write(magic: UInt64, version: UInt32, to target: UnsafeMutableRawPointer) {
    target.put(magic, at: 0)
    target.put(version, at: 8)
    let bytes = UnsafeRawBufferPointer(start: target, count: 12)
    target.put(CRC32C.checksum(bytes, seed: 0), at: 12)
  }

  /// A magic number from its bytes: 0x89 shows a transfer that cuts the high bit, the line ends one
  /// that changes them (an idea of the PNG format).
  static func magic(_ name: StaticString) -> UInt64 {
    precondition(name.utf8CodeUnitCount == 5)
    return name.withUTF8Buffer { letters in
      let bytes = [0x89] + Array(letters) + [0x0d, 0x0a]
      return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
