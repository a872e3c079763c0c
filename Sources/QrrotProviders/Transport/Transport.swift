internal import QrrotAgent

/// A part of an HTTP answer.
enum ResponsePart: Sendable {
  /// The status, and the headers with their names in small letters: comes once, first.
  case head(status: Int, headers: [WireRequest.Header])
  /// The next bytes of the body, as they came.
  case body([UInt8])
}

/// What carries a request to a provider and its answer back: the network, or a recording.
protocol Transport: Sendable {
  /// Sends a request and hands out the answer while it comes.
  ///
  /// It follows no redirect and judges no status. If the task is cancelled, or `receive` wants no more,
  /// the connection is closed at once.
  ///
  /// - Parameter receive: takes each part; returns whether it wants more.
  /// - Throws: the connection's failure, or what `receive` throws.
  func exchange(
    _ request: WireRequest, _ receive: (ResponsePart) throws(WireFailure) -> Bool
  ) async throws(WireFailure)
}
