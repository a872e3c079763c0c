internal import QrrotStore

/// Runs `body` on a thread of its own, so that it is truly beside the others on any machine: the
/// pool of tasks has as many threads as there are processors, and may run one task after another.
public func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
  await withCheckedContinuation { continuation in
    let thread = BackgroundThread { continuation.resume(returning: body()) }
    guard let thread else { return continuation.resume(returning: body()) }
    thread.detach()
  }
}
