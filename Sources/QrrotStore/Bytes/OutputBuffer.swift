/// Bytes on their way to a file, in memory that is used again.
///
/// Room is made first and then written through a pointer, so a small record costs no call.
struct OutputBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  /// How many bytes there are.
  private(set) var count = 0

  /// Makes an empty buffer; it grows when it must.
  init(capacity: Int) {
    self.capacity = max(capacity, 16)
    base = RawMemory.allocate(self.capacity)
  }

  deinit { RawMemory.deallocate(base) }

  /// The bytes, until the next call that changes them.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Room for `byteCount` bytes behind the last one, until the next call that changes the buffer;
  /// `advance` makes them part of it.
  @inline(__always)
  mutating func room(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if capacity &- count < byteCount { grow(byteCount) }
    return base + count
  }

  /// Counts bytes that have been written to `room`.
  @inline(__always)
  mutating func advance(_ byteCount: Int) { count &+= byteCount }

  /// Where byte `offset` is, until the next call that changes the buffer.
  @inline(__always)
  func pointer(at offset: Int) -> UnsafeMutableRawPointer { base + offset }

  /// Drops all bytes from `newCount` on.
  mutating func removeAll(from newCount: Int = 0) {
    count = min(count, newCount)
    // One huge value should not hold its memory for ever.
    guard count == 0, capacity > Self.retainedByteLimit else { return }
    RawMemory.deallocate(base)
    capacity = Self.retainedByteLimit
    base = RawMemory.allocate(capacity)
  }

  @inline(never)
  private mutating func grow(_ byteCount: Int) {
    let needed = count + byteCount
    let larger = max(needed, min(capacity * 2, needed + Self.growthByteLimit))
    let memory = RawMemory.allocate(larger)
    memory.copyMemory(from: base, byteCount: count)
    RawMemory.deallocate(base)
    base = memory
    capacity = larger
  }

  private static let retainedByteLimit = 1 << 20
  private static let growthByteLimit = 64 << 20
}
