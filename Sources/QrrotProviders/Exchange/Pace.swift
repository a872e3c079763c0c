internal import QrrotAgent

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Time and chance, as far as asking a model depends on them.
struct Pace: Sendable {
  /// How often a spinner turns while a model is waited for: its contract is 100 ms at least.
  var tick = Duration.milliseconds(80)
  /// How long no byte may come.
  var silence = Duration.seconds(60)
  /// How long a connection may take to end by itself behind the end of an answer, so that the next
  /// request can use it.
  var rest = Duration.seconds(1)
  /// Waits for so many seconds before another attempt.
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  /// From 0 to 1.
  var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }
  /// The seconds since 1970.
  var secondsNow: @Sendable () -> Int64 = { Int64(time(nil)) }
}
