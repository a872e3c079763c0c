internal import QrrotCore
internal import QrrotStore

/// Which call of a connection runs, so that another connection can stop it.
final class CallControl: Sendable {
  /// Raised to stop the call that runs.
  let interrupt = Interrupt()
  /// Known to the connection's own client alone.
  let token = UInt64.random(in: .min ... .max)
  private let running = Guarded<UInt64?>(nil)

  /// Notes that a call begins.
  func begin(_ number: UInt64) {
    running.withLock { running in
      running = number
      interrupt.clear()
    }
  }

  /// Notes that it has ended. A request to stop it that comes later is not for the next one.
  func end() {
    running.withLock { running in
      running = nil
      interrupt.clear()
    }
  }

  /// Whether this call runs.
  func isRunning(_ number: UInt64) -> Bool { running.withLock { $0 == number } }

  /// Stops this call.
  ///
  /// - Returns: whether it runs.
  func stop(_ number: UInt64) -> Bool {
    running.withLock { running in
      guard running == number else { return false }
      interrupt.raise()
      return true
    }
  }

  /// Stops whatever runs: nobody waits for it.
  func abandon() {
    running.withLock { if $0 != nil { interrupt.raise() } }
  }
}
