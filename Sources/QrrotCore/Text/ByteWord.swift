/// Tests on eight bytes at once, held in one 64-bit word with the first byte lowest.
///
/// Each test returns a word whose bytes have their high bit set where the test holds. A borrow can
/// set such a bit falsely, but only above a byte for which the test truly holds: a result of zero
/// means "nowhere", and the lowest set bit is always true. Several results may be joined with `|`.
///
/// It is inlinable, and its constants are computed, because the parser scans with it too: a call, or
/// a load of a global, for every eight bytes would cost more than the test.
///
/// Source: the well-known "haszero" and "hasless" formulas, S. E. Anderson, "Bit Twiddling Hacks".
public enum ByteWord {
  /// How many bytes a word holds.
  @inlinable public static var byteCount: Int { 8 }

  @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inlinable static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// Eight spaces. ORed to a word, they turn its ASCII letters to lower case.
  @inlinable public static var spaces: UInt64 { 0x2020_2020_2020_2020 }

  /// The eight bytes from `offset` on. Traps if they are not all within `bytes`.
  @inline(__always)
  static func load(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    // "unsafe" is about types for which not every bit pattern is a value; bounds are checked.
    UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The eight bytes at `pointer`, which must all be there; without a check.
  @inlinable @inline(__always)
  public static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
  }

  /// The `count` bytes at `pointer`, at least 1 and at most 7, with zeros above them; without a
  /// check. Nothing behind them is read.
  @inlinable @inline(__always)
  public static func load(_ pointer: UnsafePointer<UInt8>, count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(pointer)
    // Two loads that overlap, so that there is no loop: the bytes in both are the same.
    if count >= 4 {
      let low = UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self))
      let last = raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      let high = UInt64(UInt32(littleEndian: last))
      return UInt64(low) | high &<< UInt64(truncatingIfNeeded: 8 &* (count &- 4))
    }
    // One to three bytes: the first, the middle and the last are all of them.
    let middle = count &>> 1
    return UInt64(pointer[0])
      | UInt64(pointer[middle]) &<< UInt64(truncatingIfNeeded: 8 &* middle)
      | UInt64(pointer[count &- 1]) &<< UInt64(truncatingIfNeeded: 8 &* (count &- 1))
  }

  /// Marks the bytes equal to `byte`.
  @inlinable @inline(__always)
  public static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let difference = word ^ (ones &* UInt64(byte))
    return (difference &- ones) & ~difference & highBits
  }

  /// Marks the bytes below `limit`, which is at most 0x80.
  @inlinable @inline(__always)
  public static func below(_ word: UInt64, _ limit: UInt8) -> UInt64 {
    (word &- ones &* UInt64(limit)) & ~word & highBits
  }

  /// Marks the bytes from 0x80 on.
  @inlinable @inline(__always)
  public static func nonASCII(_ word: UInt64) -> UInt64 {
    word & highBits
  }

  /// A mask of the bytes in front of the first marked byte; of all if there is none.
  @inlinable @inline(__always)
  public static func bytesBelow(_ marks: UInt64) -> UInt64 {
    // The lowest set bit, moved to the foot of its byte; one less is all bits under it.
    let feet = marks >> 7
    return (feet &- 1) & ~feet
  }

  /// The index, 0 to 7, of the first marked byte; 8 if there is none.
  @inlinable @inline(__always)
  public static func firstIndex(of marks: UInt64) -> Int {
    marks.trailingZeroBitCount >> 3
  }
}

extension [UInt8] {
  /// Appends a text that the program holds, without making a string of it.
  @inline(__always)
  package mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

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
