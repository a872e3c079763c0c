internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A place where threads wait for one another, so that what follows begins on all of them at once.
///
/// It spins for a moment and then gives its turn away: with fewer processors than threads it still
/// goes on. It may be used again and again by the same threads.
public final class Barrier: Sendable {
  private let count: Int
  private let arrived = Atomic<Int>(0)
  private let round = Atomic<Int>(0)

  /// A barrier for `count` threads.
  public init(count: Int) {
    self.count = count
  }

  /// Returns once all of the threads have called it.
  public func wait() {
    let current = round.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.store(0, ordering: .relaxed)
      round.store(current + 1, ordering: .releasing)
      return
    }
    var looks = 0
    while round.load(ordering: .acquiring) == current {
      looks += 1
      if looks > 500 { sched_yield() }
    }
  }
}

/// Short delays of random length, so that threads meet in ever new ways.
public struct Pauses: Sendable {
  private var random: SeededGenerator

  /// The pauses that belong to `seed`.
  public init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Does nothing, spins for up to a microsecond or so, or gives the thread's turn away.
  public mutating func next() {
    let number = random.next() % 16
    if number == 0 {
      sched_yield()
    } else if number < 8 {
      spin(Int(random.next() % 64))
    }
  }

  /// A pause long enough that another thread gets some calls done in it, now and then.
  public mutating func long() {
    if random.next() % 4 == 0 { sched_yield() } else { spin(Int(random.next() % 2_048)) }
  }

  private func spin(_ count: Int) {
    let counter = Atomic<Int>(0)
    while counter.add(1, ordering: .relaxed).newValue < count {}
  }
}
