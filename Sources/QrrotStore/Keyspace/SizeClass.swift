/// The sizes in which memory for records is handed out.
///
/// Steps of 8 bytes up to 512, eight steps a doubling up to 2,048, and sixteen steps a doubling for
/// large records, which come one by one from `malloc`. So a record wastes fewer than 8 bytes when it
/// is small and at most an eighth when it is not.
enum SizeClass {
  /// Records above this size have an allocation of their own.
  static let slabByteLimit = 2_048
  /// How many classes slabs have; class 0 is never used.
  static let count = 81

  /// The class of a record of 1 to `slabByteLimit` bytes.
  @inline(__always)
  static func index(_ byteCount: Int) -> Int {
    if byteCount <= 512 { return (byteCount &+ 7) >> 3 }
    if byteCount <= 1_024 { return 64 &+ (byteCount &- 512 &+ 63) >> 6 }
    return 72 &+ (byteCount &- 1_024 &+ 127) >> 7
  }

  /// The bytes that a record of the class is given.
  @inline(__always)
  static func byteCount(ofClass index: Int) -> Int {
    if index <= 64 { return index << 3 }
    if index <= 72 { return 512 &+ (index &- 64) << 6 }
    return 1_024 &+ (index &- 72) << 7
  }

  /// The bytes that a record of `byteCount` bytes is given.
  @inline(__always)
  static func capacity(_ byteCount: Int) -> Int {
    if byteCount <= 512 { return shortCapacity(byteCount) }
    if byteCount <= slabByteLimit { return self.byteCount(ofClass: index(byteCount)) }
    return largeCapacity(byteCount)
  }

  /// The same for a short record, whose size is known to be below 512 bytes.
  @inline(__always)
  static func shortCapacity(_ byteCount: Int) -> Int { (byteCount &+ 7) & ~7 }

  private static func largeCapacity(_ byteCount: Int) -> Int {
    let log2 = Int.bitWidth &- 1 &- (byteCount &- 1).leadingZeroBitCount
    let step = 1 << (log2 &- 4)
    return (byteCount &+ step &- 1) & ~(step &- 1)
  }
}
