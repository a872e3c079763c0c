internal import CProcessor
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A row of flags, two cache lines apart, in which readers of a biased `TableLock` sign in.
///
/// Each flag is a small lock: it belongs to one reader at a time. Readers choose theirs by the
/// processor that they run on, so that two that run at the same time choose different ones and each
/// finds its line in its own cache.
struct ReaderSlots: ~Copyable, Sendable {
  /// More readers than this at once share the lock itself.
  private static var count: Int { 16 }
  /// Processors fetch lines in pairs.
  private static var strideInBytes: Int { 128 }

  // Atomics in memory of their own; the pointer never changes, so it may be shared.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer

  /// A taken slot.
  struct Slot {
    fileprivate let flag: UnsafeMutablePointer<Atomic<Bool>>

    /// Gives the slot back, and with it all that was read.
    @inline(__always)
    func free() { flag.pointee.store(false, ordering: .releasing) }
  }

  init() {
    base = RawMemory.allocate(Self.count * Self.strideInBytes, alignment: Self.strideInBytes)
    for index in 0..<Self.count {
      (base + index * Self.strideInBytes).bindMemory(to: Atomic<Bool>.self, capacity: 1)
        .initialize(to: Atomic(false))
    }
  }

  deinit { RawMemory.deallocate(base) }

  @inline(__always)
  private borrowing func flag(_ index: Int) -> UnsafeMutablePointer<Atomic<Bool>> {
    // Bound to this type when it was made, and never to another.
    (base + index &* Self.strideInBytes).assumingMemoryBound(to: Atomic<Bool>.self)
  }

  /// Takes this processor's slot, or nil if another thread has it.
  @inline(__always)
  borrowing func take() -> Slot? {
    let flag = flag(preferredIndex())
    if flag.pointee.load(ordering: .relaxed) { return nil }
    if flag.pointee.exchange(true, ordering: .sequentiallyConsistent) { return nil }
    return Slot(flag: flag)
  }

  /// Waits until no slot is taken. New readers must have been told to stay out.
  borrowing func waitUntilFree() {
    for index in 0..<Self.count {
      let flag = flag(index)
      var backoff = Backoff()
      while flag.pointee.load(ordering: .sequentiallyConsistent) { backoff.pause() }
    }
  }

  // Never inlined: what names a function of an imported C module can't be inlined into other modules,
  // and with it all that it is inlined into.
  @inline(never)
  private borrowing func preferredIndex() -> Int {
    let processor = Int(qrrot_processor_number())
    if processor >= 0 { return processor & (Self.count &- 1) }
    // The system does not tell. Threads' identities are addresses far apart; the multiplication
    // (Fibonacci hashing) spreads them over the upper bits, though two may still share a slot.
    #if canImport(Darwin)
      let identity = UInt64(UInt(bitPattern: pthread_self()))
    #else
      let identity = UInt64(pthread_self())
    #endif
    return Int(truncatingIfNeeded: (identity &* 0x9e37_79b9_7f4a_7c15) >> 60)
  }
}
