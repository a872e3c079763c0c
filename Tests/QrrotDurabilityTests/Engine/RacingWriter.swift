import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// A writer on a thread of its own that does one step whenever it is told to, so that a test decides
/// where in a compaction it stands.
final class RacingWriter: Sendable {
  private struct State {
    var granted = 0
    var done = 0
    var isOver = false
    var promise: Promise
    var failures: [QrrotError.Code] = []
    var thread: BackgroundThread?
  }

  private let engine: LocalEngine
  private let steps: [EngineOperation]
  private let settleCount: Int
  private let state: Guarded<State>

  /// - Parameter settleCount: after how many writes one step is to settle.
  init(_ engine: LocalEngine, _ steps: [EngineOperation], settleCount: Int, promise: Promise) {
    self.engine = engine
    self.steps = steps
    self.settleCount = settleCount
    state = Guarded(State(promise: promise))
    let thread = BackgroundThread { self.work() }
    state.withLock { $0.thread = thread }
  }

  /// Lets it do one step more, and waits for that, but not for long: what it needs may be held by
  /// whoever asks.
  ///
  /// - Returns: what is promised now.
  func advance(waitMilliseconds: Int = 20) -> Promise {
    state.change { if $0.granted == $0.done { $0.granted += 1 } }
    state.wait(milliseconds: waitMilliseconds) { $0.done < $0.granted ? nil : () }
    return state.value.promise
  }

  /// Does the step that was begun and ends.
  func finish() -> (promise: Promise, failures: [QrrotError.Code]) {
    state.change { $0.isOver = true }
    state.value.thread?.join()
    return state.withLock { ($0.promise, $0.failures) }
  }

  private func work() {
    var session = Session()
    var step = 0
    while true {
      let isOver = state.wait { state -> Bool? in
        guard state.granted == state.done else { return false }
        return state.isOver ? true : nil
      }
      guard isOver == false else { return }
      if step % (settleCount + 1) == settleCount {
        let version = engine.content.version
        session.seenLSN = version
        note { () throws(QrrotError) in
          try engine.settle(&session)
          state.withLock { state in
            state.promise.killed = max(state.promise.killed, version)
            state.promise.powerless = max(state.promise.powerless, version)
          }
        }
      } else {
        let operation = steps[step % steps.count]
        note { () throws(QrrotError) in try engine.run(operation, in: &session) }
        let content = engine.content
        state.withLock { $0.promise.states[content.version] = content.digest }
      }
      step += 1
      state.change { $0.done += 1 }
    }
  }

  private func note(_ body: () throws(QrrotError) -> Void) {
    do throws(QrrotError) {
      try body()
    } catch {
      state.withLock { $0.failures.append(error.code) }
    }
  }
}
