/// When a request is sent again: only before the first piece of an answer, three times at most, after
/// the pause that the provider asks for, else after 1, 2 and 4 seconds and a little more.
public enum RetryPolicy {
  /// How often a request is sent again.
  public static let retryCount = 3
  /// The longest pause that is waited for, in seconds.
  public static let pauseSecondsMax = 60.0

  /// How long to wait before the next attempt.
  ///
  /// - Parameters:
  ///   - attempt: how many there were, from 1.
  ///   - jitter: from 0 to 1; at 1 a pause is longer by a quarter, so that many clients that failed at
  ///     once do not come back at once.
  /// - Returns: seconds; nil if there is no point in another one.
  public static func pauseSeconds(
    after failure: WireFailure, attempt: Int, by format: WireFormat, jitter: Double
  ) -> Double? {
    guard attempt <= retryCount, failure.isRetryable(by: format) else { return nil }
    if let hint = failure.hintSeconds, hint > 0 { return hint > pauseSecondsMax ? nil : hint }
    return Double(1 << (attempt - 1)) * (1 + jitter / 4)
  }
}

extension WireFailure {
  /// Whether the same request may be answered after a while.
  public func isRetryable(by format: WireFormat) -> Bool {
    switch self {
    case .server(let error): error.isRetryable(by: format)
    // A gateway's page about trouble behind it.
    case .page(let status, _): status >= 500
    case .incomplete, .connection(.dropped), .connection(.connectTimeout): true
    default: false
    }
  }

  /// The pause that the provider asks for, in seconds.
  public var hintSeconds: Double? {
    if case .server(let error) = self { error.retryAfterSeconds } else { nil }
  }
}
