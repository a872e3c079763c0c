import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// A writer on a thread of its own that does one step whenever it is told to, so that a test decides
/// where in a compaction it stands.
final class RacingWriter: @unchecked Sendable {
  private let engine: LocalEngine
  private let steps: [EngineOperation]
  private let settleCount: Int
  // All below is guarded by the monitor.
  private let monitor = Monitor()
  private var granted = 0
  private var done = 0
  private var isOver = false
  private var promise: Promise
  private var failures: [QrrotError.Code] = []
  private var thread: BackgroundThread?

  /// - Parameter settleCount: after how many writes one step is to settle.
  init(_ engine: LocalEngine, _ steps: [EngineOperation], settleCount: Int, promise: Promise) {
    self.engine = engine
    self.steps = steps
    self.settleCount = settleCount
    self.promise = promise
    thread = BackgroundThread { self.work() }
  }

  /// Lets it do one step more, and waits for that, but not for long: what it needs may be held by
  /// whoever asks.
  ///
  /// - Returns: what is promised now.
  func advance(waitMilliseconds: Int = 20) -> Promise {
    monitor.locked {
      if granted == done { granted += 1 }
      monitor.signal()
      let end = ContinuousClock.now + .milliseconds(waitMilliseconds)
      while done < granted, ContinuousClock.now < end { monitor.wait(milliseconds: 2) }
      return promise
    }
  }

  /// Does the step that was begun and ends.
  func finish() -> (promise: Promise, failures: [QrrotError.Code]) {
    monitor.locked {
      isOver = true
      monitor.signal()
    }
    thread?.join()
    return monitor.locked { (promise, failures) }
  }

  private func work() {
    var session = Session()
    var step = 0
    while true {
      let isOver = monitor.locked {
        while granted == done, !self.isOver { monitor.wait(milliseconds: 100) }
        return granted == done
      }
      guard !isOver else { return }
      if step % (settleCount + 1) == settleCount {
        let version = engine.content.version
        session.seenLSN = version
        note { () throws(QrrotError) in
          try engine.settle(&session)
          monitor.locked {
            promise.killed = max(promise.killed, version)
            promise.powerless = max(promise.powerless, version)
          }
        }
      } else {
        let operation = steps[step % steps.count]
        note { () throws(QrrotError) in try engine.run(operation, in: &session) }
        let content = engine.content
        monitor.locked { promise.states[content.version] = content.digest }
      }
      step += 1
      monitor.locked {
        done += 1
        monitor.signal()
      }
    }
  }

  private func note(_ body: () throws(QrrotError) -> Void) {
    do throws(QrrotError) {
      try body()
    } catch {
      monitor.locked { failures.append(error.code) }
    }
  }
}
