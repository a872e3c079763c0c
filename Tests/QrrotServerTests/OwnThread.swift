import QrrotStore
import Testing

/// Lets each test run on a thread of its own, where it may wait for a socket.
///
/// The pool of tasks has as many threads as there are processors: tests that wait there for bytes would keep
/// each other, and the tasks that have to send these, from going on. What a test starts with `Task` is on
/// the pool; what it starts with `async let` is on its own thread, and must not be waited for by a socket.
struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    let executor = ThreadExecutor()
    defer { executor.end() }
    try await withTaskExecutorPreference(executor) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  /// Each test has a thread of its own.
  static var ownThread: OwnThread { OwnThread() }
}

/// Runs jobs on one thread.
private final class ThreadExecutor: TaskExecutor {
  private let state = Guarded((jobs: [UnownedJob](), isOver: false))

  init() {
    BackgroundThread { [self] in while runNext() {} }?.detach()
  }

  func end() { state.change { $0.isOver = true } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.change { $0.jobs.append(job) }
  }

  private func runNext() -> Bool {
    let job = state.wait { state -> UnownedJob?? in
      if !state.jobs.isEmpty { return state.jobs.removeFirst() }
      return state.isOver ? .some(nil) : nil
    }
    guard let job = job ?? nil else { return false }
    job.runSynchronously(on: asUnownedTaskExecutor())
    return true
  }
}
