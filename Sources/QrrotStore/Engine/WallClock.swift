#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The time that decides what has expired: milliseconds since 1970-01-01 UTC. Tests bring their own.
///
/// It is the system's clock as it is, set forwards and backwards by whoever sets it, because a time
/// that was given as a date has to mean that date;
/// docs/decisions/0011-expiry-is-not-an-event.md says what follows when it goes back.
package struct WallClock: Sendable {
  /// Reads the clock.
  package let milliseconds: @Sendable () -> Int64

  package init(_ milliseconds: @escaping @Sendable () -> Int64) { self.milliseconds = milliseconds }

  /// The system's clock.
  package static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
