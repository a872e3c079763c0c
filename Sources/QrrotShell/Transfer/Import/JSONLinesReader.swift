internal import QrrotCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Reads JSON Lines: a JSON text a line. Lines of blanks are passed over.
final class JSONLinesReader: RecordReader {
  private let buffer: BlockBuffer
  // Unchecked: see `BlockBuffer`.
  @exclusivity(unchecked) private(set) var line = 0
  /// How much of what is there holds no line feed.
  @exclusivity(unchecked) private var searchedByteCount = 0

  init(_ buffer: BlockBuffer) { self.buffer = buffer }

  func next(into sink: RecordSink) throws(ImportFault) -> Bool {
    while true {
      guard let (byteCount, feedByteCount) = try nextLine() else { return false }
      line += 1
      let text = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<byteCount])
      defer { buffer.drop(byteCount + feedByteCount) }
      if byteCount < Self.shortByteCount, Self.isBlank(text) { continue }
      try sink.take(text)
      return true
    }
  }

  /// The length of the next line without its line feed, and that of the line feed; nil at the end.
  private func nextLine() throws(ImportFault) -> (Int, Int)? {
    while true {
      let bytes = buffer.bytes
      if bytes.count > searchedByteCount, let start = bytes.baseAddress,
        let found = memchr(
          start + searchedByteCount, Int32(UInt8(ascii: "\n")), bytes.count - searchedByteCount)
      {
        searchedByteCount = 0
        return (UnsafeRawPointer(found) - start, 1)
      }
      searchedByteCount = bytes.count
      if buffer.isAtEnd {
        searchedByteCount = 0
        return bytes.isEmpty ? nil : (bytes.count, 0)
      }
      try buffer.fill()
    }
  }

  /// Longer lines of blanks are a JSON error, as they are not worth a look at each line.
  private static let shortByteCount = 256

  private static func isBlank(_ text: UnsafeRawBufferPointer) -> Bool {
    text.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}
