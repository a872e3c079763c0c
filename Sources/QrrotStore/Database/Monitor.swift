#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A mutex with a condition: what threads need that wait for one another for milliseconds.
///
/// The C library's, because the thread sanitizer sees these, and the standard library has no
/// condition.
package final class Monitor: @unchecked Sendable {
  // Both live in memory of their own, whose address never changes, as the C library demands; that is
  // also why this may be shared between threads.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
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

  /// Runs `body` while no other thread is in one.
  package func locked<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Inside `locked`: lets others in until `signal()`, or until so many milliseconds have gone by.
  package func wait(milliseconds: Int) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let nanoseconds = now.tv_nsec + milliseconds % 1_000 * 1_000_000
    now.tv_sec += milliseconds / 1_000 + nanoseconds / 1_000_000_000
    now.tv_nsec = nanoseconds % 1_000_000_000
    pthread_cond_timedwait(condition, mutex, &now)
  }

  /// Wakes every thread that waits.
  package func signal() { pthread_cond_broadcast(condition) }
}

/// A thread that runs one function.
final class BackgroundThread: @unchecked Sendable {
  // Written before anybody else has this object.
  #if canImport(Darwin)
    private var thread: pthread_t?
  #else
    private var thread: pthread_t
  #endif

  /// Starts it; nil if the system has no room for one.
  init?(_ body: @escaping @Sendable () -> Void) {
    let pointer = Unmanaged.passRetained(Job(body)).toOpaque()
    #if canImport(Darwin)
      thread = nil
    #else
      thread = pthread_t()
    #endif
    guard pthread_create(&thread, nil, { Job.run($0) }, pointer) == 0 else {
      Unmanaged<Job>.fromOpaque(pointer).release()
      return nil
    }
  }

  /// Waits until it has ended; to be called once.
  func join() {
    #if canImport(Darwin)
      if let thread { pthread_join(thread, nil) }
    #else
      pthread_join(thread, nil)
    #endif
  }

  private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    #if canImport(Darwin)
      static func run(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }
    #else
      static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let pointer { Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().body() }
        return nil
      }
    #endif
  }
}
