internal import QrrotStore

/// Threads for calls that can take long, so that an event loop has time for others. A thread ends when
/// there is nothing to do.
final class CallWorkers: Sendable {
  private struct State {
    var threadCount = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private let state = Guarded(State())

  /// Runs a job on a thread, at once as long as there are few of them.
  func run(_ job: @escaping @Sendable () -> Void) {
    let starts = state.withLock { state in
      state.waiting.append(job)
      guard state.threadCount < Self.threadLimit else { return false }
      state.threadCount += 1
      return true
    }
    guard starts else { return }
    guard let thread = BackgroundThread({ self.work() }) else {
      // The system has no room for a thread: then here, whoever has to wait.
      return work()
    }
    thread.detach()
  }

  private func work() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.threadCount -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }

  private static var threadLimit: Int { 8 }
}
