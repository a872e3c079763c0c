internal import QrrotStore

/// The clock of the servers, as far as it is known: it decides what has expired.
struct ServerClock {
  /// How far the servers' clock is ahead of this machine's, in milliseconds.
  let offset: Int64

  /// Milliseconds since 1970.
  func milliseconds() -> Int64 { Self.here &+ offset }

  /// This machine's clock: milliseconds since 1970.
  static var here: Int64 { WallClock.system.milliseconds() }
}
