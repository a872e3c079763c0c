internal import NIOConcurrencyHelpers

/// Hands what an event loop has found to the thread that waits for it, in order.
final class Mailbox<Letter: Sendable>: @unchecked Sendable {
  // Sendable by hand: `letters` is touched between locking and unlocking alone.
  private var letters: [Letter] = []
  /// 1 as long as there are letters.
  private let condition = ConditionLock(value: 0)

  /// Adds a letter.
  func put(_ letter: Letter) {
    condition.lock()
    letters.append(letter)
    condition.unlock(withValue: 1)
  }

  /// The next letter; nil if none comes within the time.
  func take(milliseconds: Int) -> Letter? {
    guard condition.lock(whenValue: 1, timeoutSeconds: Double(milliseconds) / 1_000) else {
      return nil
    }
    let letter = letters.isEmpty ? nil : letters.removeFirst()
    condition.unlock(withValue: letters.isEmpty ? 0 : 1)
    return letter
  }

  /// The next letter, if it is there.
  func takeAtOnce() -> Letter? {
    condition.lock()
    let letter = letters.isEmpty ? nil : letters.removeFirst()
    condition.unlock(withValue: letters.isEmpty ? 0 : 1)
    return letter
  }
}
