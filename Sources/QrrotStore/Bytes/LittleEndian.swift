#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Numbers in files: little-endian, at any address.
extension UnsafeRawBufferPointer {
  /// The number at `offset`; that it is within the buffer is a precondition.
  @inline(__always)
  func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
    T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// A part of the buffer; that it is within it is a precondition.
  @inline(__always)
  func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[offset..<(offset + count)])
  }

  /// How far from the start the first such byte is; nil if there is none.
  func distance(to byte: UInt8) -> Int? {
    guard let start = baseAddress, let found = memchr(start, Int32(byte), count) else { return nil }
    return UnsafeRawPointer(found) - start
  }
}

extension UnsafeMutableRawPointer {
  /// Writes a number at `offset`.
  @inline(__always)
  func put<T: FixedWidthInteger & BitwiseCopyable>(_ number: T, at offset: Int) {
    storeBytes(of: number.littleEndian, toByteOffset: offset, as: T.self)
  }
}
