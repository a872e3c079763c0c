internal import QrrotCore

/// The part of an input that has been read and not been dealt with yet.
///
/// Memory grows with the longest record, up to a limit, never with the input.
final class BlockBuffer {
  private let source: any ByteSource
  private let interrupt: Interrupt
  // Unchecked, like all that is touched for every record: one task uses it, and none of its calls ends
  // up in another of its own.
  @exclusivity(unchecked) private var memory: UnsafeMutableRawBufferPointer
  private let byteLimit: Int
  @exclusivity(unchecked) private var start = 0
  @exclusivity(unchecked) private var end = 0
  /// Whether the input has no more.
  @exclusivity(unchecked) private(set) var isAtEnd = false

  /// Reads from `source`, in blocks of a size that a test can make small.
  init(
    _ source: any ByteSource, interrupt: Interrupt, blockByteCount: Int = 1 << 18,
    byteLimit: Int = Limits.commandByteCount
  ) {
    self.source = source
    self.interrupt = interrupt
    self.byteLimit = byteLimit
    memory = .allocate(byteCount: max(1, blockByteCount), alignment: 16)
  }

  deinit { memory.deallocate() }

  /// How many bytes there are.
  @inline(__always)
  var count: Int { end &- start }

  /// What is there, until the next call that changes it.
  @inline(__always)
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

  /// Is done with the first `count` bytes.
  @inline(__always)
  func drop(_ count: Int) { start = min(start + count, end) }

  /// Reads more; the bytes that are there may move.
  ///
  /// - Throws: `fatal`: `io`, `corrupt`, `interrupted`, and `too-large` if there are as many bytes as
  ///   there may be.
  func fill() throws(ImportFault) {
    guard !isAtEnd else { return }
    do throws(QrrotError) {
      try makeRoom()
      try interrupt.check()
      while !source.isReady {
        source.waitUntilReady()
        try interrupt.check()
      }
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[end...]))
      if count == 0 { isAtEnd = true }
      end += count
    } catch {
      throw .fatal(error)
    }
  }

  /// Reads until there are `count` bytes, or the input ends.
  func fill(upTo count: Int) throws(ImportFault) {
    while self.count < count, !isAtEnd { try fill() }
  }

  /// Makes room behind the last byte: what is done with goes, or the memory doubles.
  private func makeRoom() throws(QrrotError) {
    let (kept, capacity) = (count, memory.count)
    guard kept > 0 else {
      start = 0
      end = 0
      return
    }
    guard end == capacity || start > capacity / 2 else { return }
    guard kept > capacity / 2 else {
      // The parts may overlap, which this allows.
      memory.copyMemory(from: bytes)
      start = 0
      end = kept
      return
    }
    guard kept < byteLimit else {
      throw QrrotError(
        .tooLarge, "a record may be \(byteLimit) bytes long; the one that begins here is longer")
    }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(capacity * 2, byteLimit + 1), alignment: 16)
    larger.copyMemory(from: bytes)
    memory.deallocate()
    memory = larger
    start = 0
    end = kept
  }
}
