internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A test disk's state behind a lock that the thread sanitizer understands, as `Mutex` is not
/// (docs/decisions/0008-a-spinning-lock.md).
final class TestDiskLock: Sendable {
  private let isTaken = Atomic<Bool>(false)
  // Only touched while `isTaken` is held.
  private nonisolated(unsafe) var state: TestDiskState

  init(_ state: TestDiskState) { self.state = state }

  func withLock<R>(_ body: (inout TestDiskState) -> R) -> R {
    while isTaken.exchange(true, ordering: .acquiring) { sched_yield() }
    defer { isTaken.store(false, ordering: .releasing) }
    return body(&state)
  }
}
