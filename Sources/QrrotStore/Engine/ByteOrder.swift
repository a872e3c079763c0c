#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Compares byte by byte, the shorter first where one begins the other.
///
/// - Returns: below, at or above 0, as `a` is below, equal to or above `b`.
func compareBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  let count = min(a.count, b.count)
  if count > 0, let first = a.baseAddress, let second = b.baseAddress {
    let order = memcmp(first, second, count)
    if order != 0 { return Int(order) }
  }
  return a.count - b.count
}

/// The first eight bytes as a big-endian number, filled with zeros: where two of these differ, they
/// order their keys.
func sortPrefix(_ key: UnsafeRawBufferPointer) -> UInt64 {
  if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
  var prefix: UInt64 = 0
  for byte in key { prefix = prefix << 8 | UInt64(byte) }
  return key.isEmpty ? 0 : prefix << UInt64(8 * (8 - key.count))
}

extension [UInt8] {
  /// Hands the bytes to `body`, which may throw an error of its own type; the standard library's
  /// `withUnsafeBytes` can't.
  package func withRawBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try withUnsafeBufferPointer { buffer throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
  }
}
