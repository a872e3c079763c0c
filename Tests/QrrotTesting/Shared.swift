internal import QrrotStore

/// A value that threads share.
///
/// The thread sanitizer sees this lock; it does not see the standard library's `Mutex`, and takes what
/// that guards for a race.
package final class Shared<Value>: @unchecked Sendable {
  // Guarded by the monitor.
  private var stored: Value
  private let monitor = Monitor()

  package init(_ value: Value) { stored = value }

  package var value: Value { monitor.locked { stored } }

  @discardableResult
  package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    try monitor.locked { () throws(E) in try body(&stored) }
  }
}
