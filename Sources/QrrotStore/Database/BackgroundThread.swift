#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A thread that runs one function. It has to be joined or detached, once.
package struct BackgroundThread: Sendable {
  /// The system's `pthread_t`: a number or a pointer, by system; nobody follows it.
  private let identity: UInt

  /// Starts it; nil if the system has no room for one.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let pointer = Unmanaged.passRetained(Job(body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    guard pthread_create(&thread, nil, { Job.run($0) }, pointer) == 0 else {
      Unmanaged<Job>.fromOpaque(pointer).release()
      return nil
    }
    #if canImport(Darwin)
      identity = UInt(bitPattern: thread)
    #else
      identity = UInt(thread)
    #endif
  }

  /// Waits until it has ended.
  package func join() {
    #if canImport(Darwin)
      if let thread = pthread_t(bitPattern: identity) { pthread_join(thread, nil) }
    #else
      pthread_join(pthread_t(identity), nil)
    #endif
  }

  /// Leaves it alone.
  package func detach() {
    #if canImport(Darwin)
      if let thread = pthread_t(bitPattern: identity) { pthread_detach(thread) }
    #else
      pthread_detach(pthread_t(identity))
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
