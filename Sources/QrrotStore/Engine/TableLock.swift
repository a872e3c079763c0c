internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The lock around the table: exclusive for writers, shared for readers when there are several.
///
/// Alone, a thread pays one atomic exchange to take it and one store to give it back, whether it reads
/// or writes. A reader that finds another one in its way makes the lock *biased* towards readers: from
/// then on each reader takes a slot of its own, on a cache line of its own, so that readers neither
/// wait for one another nor pull a line to and fro. A writer closes the biased lock to new readers,
/// waits until every slot is free, and opens it again afterwards; after a number of such writes it
/// leaves the lock unbiased, until readers get in one another's way again.
///
/// This is the scheme of Dice and Kogan, "BRAVO — Biased Locking for Reader-Writer Locks" (2019),
/// over a spinning lock. docs/decisions/0009-readers-side-by-side.md argues it step by step.
///
/// Almost every section that it protects takes some tens of nanoseconds, so a thread that must wait
/// looks again for a moment. A scan may hold it for seconds, so after that the thread gives its turn
/// away and then sleeps, up to a millisecond at a time. It is not fair and not recursive: taking it
/// twice on one thread can wait for ever.
struct TableLock: ~Copyable, Sendable {
  /// Guards everything; readers of a biased lock go past it.
  private let isTaken = Atomic<Bool>(false)
  /// Whether readers may go past `isTaken` through a slot. Written only by the holder of `isTaken`.
  private let isBiased = Atomic<Bool>(false)
  /// How many more writes leave the bias as it is. Touched only by the holder of `isTaken`.
  private let writesLeft = Atomic<Int>(0)
  private let slots = ReaderSlots()
  /// How many threads wait for `isTaken`, and how often one of them got it.
  private let waiterCount = Atomic<Int>(0)
  private let waiterTurns = Atomic<Int>(0)

  /// Takes the lock for writing.
  ///
  /// - Returns: whether the lock was biased, for `unlock`.
  @inline(__always)
  borrowing func lock() -> Bool {
    if isTaken.exchange(true, ordering: .acquiring) { wait() }
    return isBiased.load(ordering: .relaxed) && closeToReaders()
  }

  /// Gives the lock back after writing.
  @inline(__always)
  borrowing func unlock(wasBiased: Bool) {
    if wasBiased { openToReaders() }
    isTaken.store(false, ordering: .releasing)
  }

  /// Takes the lock for reading if that is one exchange: if it is neither biased nor taken.
  /// `unlockShared(nil)` gives it back.
  @inline(__always)
  borrowing func tryLockShared() -> Bool {
    // A bias that comes between the two does no harm: other readers join, and writers wait for us.
    !isBiased.load(ordering: .relaxed) && !isTaken.exchange(true, ordering: .acquiring)
  }

  /// Takes the lock for writing if that is one exchange. `unlock(wasBiased: false)` gives it back.
  @inline(__always)
  borrowing func tryLock() -> Bool {
    if isTaken.exchange(true, ordering: .acquiring) { return false }
    if isBiased.load(ordering: .relaxed) {
      isTaken.store(false, ordering: .releasing)
      return false
    }
    return true
  }

  /// Takes the lock for reading.
  ///
  /// - Returns: the slot taken, or nil for the lock itself; for `unlockShared`.
  @inline(__always)
  borrowing func lockShared() -> ReaderSlots.Slot? {
    if isBiased.load(ordering: .relaxed), let slot = enter() { return slot }
    if isTaken.exchange(true, ordering: .acquiring) { return waitAsReader() }
    return nil
  }

  /// Gives the lock back after reading.
  @inline(__always)
  borrowing func unlockShared(_ slot: ReaderSlots.Slot?) {
    if let slot { return slot.free() }
    isTaken.store(false, ordering: .releasing)
  }
}

/// Readers.
extension TableLock {
  /// Whether readers go side by side at this moment; for tests.
  var isBiasedNow: Bool { isBiased.load(ordering: .relaxed) }

  /// Whether a thread waits for the lock at this moment; for tests.
  var hasWaiters: Bool { waiterCount.load(ordering: .relaxed) > 0 }

  /// Takes a slot, if the lock is still biased once that is done.
  ///
  /// Both sides write first and then read what the other writes, in the one order of all sequentially
  /// consistent operations: either the writer sees the slot taken, or the reader sees the lock closed.
  @inline(__always)
  private borrowing func enter() -> ReaderSlots.Slot? {
    guard let slot = slots.take() else { return nil }
    if isBiased.load(ordering: .sequentiallyConsistent) { return slot }
    slot.free()
    return nil
  }

  /// A reader that finds the lock taken: another reader may have it, so it is worth a bias.
  @inline(never)
  private borrowing func waitAsReader() -> ReaderSlots.Slot? {
    wait()
    if !isBiased.load(ordering: .relaxed) { bias(writeCount: Self.writesBeforeUnbias) }
    return nil
  }

  /// Makes the lock biased until it has been written so often. For the holder of `isTaken`.
  borrowing func bias(writeCount: Int) {
    writesLeft.store(writeCount, ordering: .relaxed)
    // Releases what the writers before did to the readers that go past `isTaken` from here on.
    isBiased.store(true, ordering: .releasing)
  }
}

/// Writers, and what both do to wait.
extension TableLock {
  /// Makes readers stay out and waits for those who are in.
  @inline(never)
  private borrowing func closeToReaders() -> Bool {
    isBiased.store(false, ordering: .sequentiallyConsistent)
    slots.waitUntilFree()
    return true
  }

  @inline(never)
  private borrowing func openToReaders() {
    let left = writesLeft.load(ordering: .relaxed) - 1
    writesLeft.store(left, ordering: .relaxed)
    if left > 0 { isBiased.store(true, ordering: .releasing) }
  }

  @inline(never)
  private borrowing func wait() {
    waiterCount.add(1, ordering: .relaxed)
    var backoff = Backoff()
    repeat {
      // Reading alone leaves the cache line with its holder.
      while isTaken.load(ordering: .relaxed) { backoff.pause() }
    } while isTaken.exchange(true, ordering: .acquiring)
    waiterTurns.add(1, ordering: .relaxed)
    waiterCount.subtract(1, ordering: .relaxed)
  }

  /// Lets a thread that waits for the lock have it. For who takes it again and again, with little time
  /// in between, and does not hold it now: whoever waits would hardly ever look in just that time.
  ///
  /// It waits until one of them has had its turn, but no longer than some milliseconds.
  @inline(__always)
  borrowing func yieldToWaiters() {
    if waiterCount.load(ordering: .relaxed) > 0 { giveWay() }
  }

  @inline(never)
  private borrowing func giveWay() {
    let turns = waiterTurns.load(ordering: .relaxed)
    var backoff = Backoff()
    for _ in 0..<Self.giveWayLimit {
      if waiterCount.load(ordering: .relaxed) == 0 { return }
      if waiterTurns.load(ordering: .relaxed) != turns { return }
      backoff.pause()
    }
  }

  /// So many looks: all of those that do not sleep, and twenty that do.
  private static var giveWayLimit: Int { 240 }

  /// A writer among readers costs them a few hundred nanoseconds each time; one that is alone should
  /// not go on paying for readers that have left.
  private static var writesBeforeUnbias: Int { 256 }
}

/// How a thread waits: it looks again for a moment, then gives its turn away, then sleeps.
struct Backoff {
  private var looks = 0

  mutating func pause() {
    looks += 1
    guard looks > Self.spinCount else { return }
    guard looks > Self.spinCount + Self.yieldCount else {
      sched_yield()
      return
    }
    let nanoseconds = min(1_000_000, 20_000 * (looks - Self.spinCount - Self.yieldCount))
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    // A signal may cut the sleep short: the lock is looked at either way.
    nanosleep(&time, nil)
  }

  private static var spinCount: Int { 200 }
  private static var yieldCount: Int { 20 }
}
