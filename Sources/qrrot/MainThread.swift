import QrrotStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps the program's work on the main thread.
///
/// An asynchronous `main` would go on, after the first wait, on a thread of a pool. Such a thread has
/// all signals blocked: a write that waits for a reader would not be woken by Ctrl-C, Ctrl-Z would do
/// nothing, and the pager and the editor would be started with the signals blocked as well. readline,
/// too, belongs to one thread.
final class MainThread: TaskExecutor {
  private let jobs = Guarded<[UnownedJob]>([])

  /// Runs `body` on the thread that calls this, which is the main one, and exits with its status.
  static func run(_ body: @escaping @Sendable () async -> Int32) -> Never {
    let thread = MainThread()
    Task(executorPreference: thread) { exit(await body()) }
    thread.drain()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.change { $0.append(job) }
  }

  private func drain() -> Never {
    while true {
      let job = jobs.wait { $0.isEmpty ? nil : $0.removeFirst() }
      job?.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
