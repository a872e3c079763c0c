internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The lock around the table: one atomic exchange to take it, one store to give it back.
///
/// Almost every section that it protects takes some tens of nanoseconds, so a thread that finds it
/// taken looks again for a moment. A scan may hold it for seconds, so after that the thread gives its
/// turn away and then sleeps, up to a millisecond at a time: waiting costs little, and the lock is
/// noticed free within that. It is not fair and not recursive: taking it twice on one thread never
/// ends.
///
/// The exchange acquires and the store releases, so everything that one holder wrote is seen by the
/// next (see docs/decisions/0008-a-spinning-lock.md).
struct TableLock: ~Copyable, Sendable {
  private let isTaken = Atomic<Bool>(false)

  /// Takes the lock.
  @inline(__always)
  borrowing func lock() {
    if isTaken.exchange(true, ordering: .acquiring) { lockAfterWaiting() }
  }

  /// Gives it back; only its holder may.
  @inline(__always)
  borrowing func unlock() { isTaken.store(false, ordering: .releasing) }

  @inline(never)
  private borrowing func lockAfterWaiting() {
    var looks = 0
    repeat {
      // Reading alone leaves the cache line with its holder.
      while isTaken.load(ordering: .relaxed) {
        looks += 1
        if looks > Self.spinCount { Self.wait(looks - Self.spinCount) }
      }
    } while isTaken.exchange(true, ordering: .acquiring)
  }

  private static func wait(_ round: Int) {
    guard round > yieldCount else {
      sched_yield()
      return
    }
    let nanoseconds = min(1_000_000, 20_000 * (round - yieldCount))
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    // A signal may cut the sleep short: the lock is looked at either way.
    nanosleep(&time, nil)
  }

  private static var spinCount: Int { 200 }
  private static var yieldCount: Int { 20 }
}
