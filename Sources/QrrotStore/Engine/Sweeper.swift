internal import QrrotCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Takes what has expired out of the table, on a thread of its own, a few records at a time.
///
/// The thread is there only while something expires, and it does not keep the engine alive: an engine
/// in memory has no `close()`. Whoever destroys the engine waits, in `end()`, for the slice at hand,
/// and after that the thread touches nothing of it.
///
/// What has expired is absent to everybody in any case; this only returns the memory. So it may be late:
/// it looks once a second when nothing is due, and takes at most half of one processor when much is.
final class Sweeper: Sendable {
  /// Whether the engine is gone.
  private let isOver = Guarded(false)

  /// What one slice takes, with the lock held: some tens of microseconds.
  static let sliceCount = 128

  /// Starts the thread.
  ///
  /// - Parameter slice: takes out up to so many records and says how long it is until the next is due,
  ///   in milliseconds; nil to end. Called only before `end()`.
  /// - Returns: false if the system has no room for one.
  func start(_ slice: @escaping @Sendable (_ limit: Int) -> Int64?) -> Bool {
    guard let thread = BackgroundThread({ self.run(slice) }) else { return false }
    thread.detach()
    return true
  }

  /// Ends the thread, if there is one: its last slice is over when this returns.
  func end() { isOver.change { $0 = true } }

  private func run(_ slice: (Int) -> Int64?) {
    while true {
      let start = ContinuousClock.now
      var wait: Int64?
      let isOver = self.isOver.withLock { isOver in
        if !isOver { wait = slice(Self.sliceCount) }
        return isOver
      }
      guard !isOver, let wait else { return }
      if wait == 0 {
        Self.rest(ContinuousClock.now - start)
      } else {
        let milliseconds = Int(min(wait, Self.longestWait))
        let hasEnded: Void? = self.isOver.wait(milliseconds: milliseconds) { $0 ? () : nil }
        if hasEnded != nil { return }
      }
    }
  }

  /// As long as the slice took, so that others find the lock free.
  private static func rest(_ duration: Duration) {
    let nanoseconds = max(50_000, min(10_000_000, Int(duration / .nanoseconds(1))))
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    // A signal may cut it short, which does no harm.
    nanosleep(&time, nil)
  }

  private static let longestWait: Int64 = 1_000
}

extension EngineState {
  /// Whether something expires and no thread takes it out.
  var needsSweeper: Bool { keyspace.expiringCount > 0 && !isSweeping }

  /// What the sweeper does in a slice; see `dropDue(limit:)`.
  fileprivate mutating func sweep(_ limit: Int) -> Int64? {
    let wait = dropDue(limit: limit)
    if wait == nil { isSweeping = false }
    return wait
  }
}

extension LocalEngine {
  /// Starts the sweeper if something expires and it does not run.
  @inline(never)
  func startSweepingIfNeeded() {
    let begins = locked { state in
      let begins = state.needsSweeper
      if begins { state.isSweeping = true }
      return begins
    }
    guard begins else { return }
    // The thread does not keep the engine: `deinit` ends the sweeper before either of these goes, and no
    // slice begins after that. What is behind them is touched with the lock held.
    nonisolated(unsafe) let (lock, state) = (lock, state)
    let hasStarted = sweeper.start { limit in
      let wasBiased = lock.pointee.lock()
      defer { lock.pointee.unlock(wasBiased: wasBiased) }
      return state.pointee.sweep(limit)
    }
    // Without a thread what is due stays in memory until somebody writes to it; the next write tries again.
    if !hasStarted { locked { state in state.isSweeping = false } }
  }
}
