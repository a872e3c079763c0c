/// Bytes that arrive in parts: what is not done with is kept for the next part.
enum Arrivals {
  /// Hands what is there to `take`, part by part, until it says that it has come to an error.
  ///
  /// - Parameter take: returns how many bytes are done with, and whether more are wanted.
  /// - Returns: how many bytes are done with in all.
  static func feed(
    _ parts: [ArraySlice<UInt8>],
    to take: (UnsafeMutableRawBufferPointer) -> (byteCount: Int, goesOn: Bool)
  ) -> Int {
    var waiting: [UInt8] = []
    var byteCount = 0
    for part in parts {
      waiting += part
      // Memory of just that size, elsewhere each time, so that the address sanitizer sees each byte
      // that is read beyond.
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: waiting.count, alignment: 1)
      defer { bytes.deallocate() }
      bytes.copyBytes(from: waiting)
      let taken = take(bytes)
      byteCount += taken.byteCount
      waiting.removeSubrange(..<taken.byteCount)
      if !taken.goesOn { break }
    }
    return byteCount
  }
}
