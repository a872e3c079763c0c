internal import Synchronization

/// How late the event loops came to what they had planned: what a client waits for others at most.
final class LoopLag: Sendable {
  private let last = Atomic<Int64>(0)
  private let longest = Atomic<Int64>(0)

  private let count = Atomic<Int>(0)

  /// How often the loops have looked.
  var lookCount: Int { count.load(ordering: .acquiring) }
  /// The lateness of the last look, of whichever loop, in nanoseconds.
  var lastNanoseconds: Int64 { last.load(ordering: .relaxed) }
  /// The largest since the start.
  var maxNanoseconds: Int64 { longest.load(ordering: .relaxed) }

  /// Notes how late a loop was.
  func note(_ nanoseconds: Int64) {
    last.store(nanoseconds, ordering: .relaxed)
    longest.max(nanoseconds, ordering: .relaxed)
    count.add(1, ordering: .releasing)
  }
}
