/// Tests on eight bytes at once, held in one 64-bit word with the first byte lowest.
///
/// Each test returns a word whose bytes have their high bit set where the test holds. A borrow can
/// set such a bit falsely, but only above a byte for which the test truly holds: a result of zero
/// means "nowhere", and the lowest set bit is always true. Several results may be joined with `|`.
///
/// Source: the well-known "haszero" and "hasless" formulas, S. E. Anderson, "Bit Twiddling Hacks".
enum ByteWord {
  /// How many bytes a word holds.
  static let byteCount = 8

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Eight spaces.
  static let spaces: UInt64 = 0x2020_2020_2020_2020

  /// The eight bytes from `offset` on. Traps if they are not all within `bytes`.
  @inline(__always)
  static func load(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    // "unsafe" is about types for which not every bit pattern is a value; bounds are checked.
    UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Marks the bytes equal to `byte`.
  @inline(__always)
  static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let difference = word ^ (ones &* UInt64(byte))
    return (difference &- ones) & ~difference & highBits
  }

  /// Marks the bytes below `limit`, which is at most 0x80.
  @inline(__always)
  static func below(_ word: UInt64, _ limit: UInt8) -> UInt64 {
    (word &- ones &* UInt64(limit)) & ~word & highBits
  }

  /// Marks the bytes from 0x80 on.
  @inline(__always)
  static func nonASCII(_ word: UInt64) -> UInt64 {
    word & highBits
  }

  /// The index, 0 to 7, of the first marked byte; 8 if there is none.
  @inline(__always)
  static func firstIndex(of marks: UInt64) -> Int {
    marks.trailingZeroBitCount >> 3
  }
}

extension [UInt8] {
  /// Appends the bytes of `span` that lie in `range`.
  ///
  /// - Complexity: O(`range.count`), amortised.
  @inline(__always)
  mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    // An array takes no span at once; the borrowed pointer does not leave the closure.
    span.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}
