internal import QrrotCore

/// How long something is tried again: at once, then with pauses that grow, until a time is up.
struct RedisRecovery {
  private let milliseconds: Int
  private var end: Int?
  private var attemptCount = 0

  init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Waits for the next attempt.
  ///
  /// - Returns: whether there is one.
  /// - Throws: `interrupted`.
  mutating func wait(_ interrupt: Interrupt?) throws(QrrotError) -> Bool {
    try interrupt?.check()
    let now = RedisLine.now
    let end = end ?? now + milliseconds
    self.end = end
    attemptCount += 1
    guard attemptCount > Self.immediateCount else { return true }
    let pause = min(
      Self.longestPause, Self.firstPause << min(10, attemptCount - Self.immediateCount))
    guard now + pause < end else { return false }
    // Nobody puts anything there: it is a pause that Ctrl-C ends.
    let nothing = Mailbox<Void>()
    while RedisLine.now < now + pause {
      try interrupt?.check()
      _ = nothing.take(milliseconds: max(1, min(20, now + pause - RedisLine.now)))
    }
    return true
  }

  /// Redirections follow one another so often without a pause.
  private static var immediateCount: Int { 2 }
  private static var firstPause: Int { 10 }
  private static var longestPause: Int { 500 }
}
