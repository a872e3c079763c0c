#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A value that threads share, one at a time, and wait on for milliseconds or more.
///
/// The mutex and the condition are the C library's, because the thread sanitizer sees these, and the
/// standard library has no condition. What takes nanoseconds and is asked for millions of times a
/// second has a lock of its own, `TableLock`.
package final class Guarded<Value>: @unchecked Sendable {
  // Sendable by hand: `stored` is touched between locking and unlocking alone. The C library's two lie
  // in memory of their own, whose address never changes, as it demands.
  private var stored: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init(_ value: Value) {
    stored = value
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// A copy of the value.
  package var value: Value { withLock { $0 } }

  /// Runs `body` while no other thread is at the value.
  @discardableResult
  package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&stored)
  }

  /// The same, and wakes all threads that wait.
  @discardableResult
  package func change<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    defer { pthread_cond_broadcast(condition) }
    return try withLock(body)
  }

  /// Waits until `body` returns something: it is asked at once, after each `change`, and when the time
  /// is up.
  ///
  /// - Parameter milliseconds: how long at most; nil for as long as it takes.
  /// - Returns: what it returned; nil when the time was up.
  @discardableResult
  package func wait<R, E: Error>(
    milliseconds: Int? = nil, until body: (inout Value) throws(E) -> R?
  ) throws(E) -> R? {
    let end = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = try body(&stored) { return result }
      let left = end.map { ($0 - ContinuousClock.now) / .milliseconds(1) } ?? Self.longWait
      guard left > 0 else { return nil }
      waitForChange(milliseconds: Int(min(left.rounded(.up), Self.longWait)))
    }
  }

  /// The longest that the system is asked to wait at a time.
  private static var longWait: Double { 60_000 }

  private func waitForChange(milliseconds: Int) {
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let nanoseconds = end.tv_nsec + milliseconds % 1_000 * 1_000_000
    end.tv_sec += milliseconds / 1_000 + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    pthread_cond_timedwait(condition, mutex, &end)
  }
}
