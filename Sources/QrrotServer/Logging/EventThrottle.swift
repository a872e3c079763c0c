internal import QrrotStore

/// Keeps those who can cause events from filling the disk with them: so many of a kind are logged a
/// second, the others are counted and told with the next one.
final class EventThrottle: Sendable {
  private struct Kind {
    var second: Int64 = -1
    var count = 0
    var unlogged = 0
  }

  /// How many events of a kind are logged a second.
  static let eventsPerSecond = 20

  private let kinds = Guarded<[String: Kind]>([:])

  /// Asks whether an event may be logged.
  ///
  /// - Returns: how many before it were not; nil if this one is not logged either.
  func admit(_ name: String, milliseconds: Int64) -> Int? {
    kinds.withLock { kinds in
      var kind = kinds[name] ?? Kind()
      defer { kinds[name] = kind }
      if kind.second != milliseconds / 1_000 {
        kind.second = milliseconds / 1_000
        kind.count = 0
      }
      guard kind.count < Self.eventsPerSecond else {
        kind.unlogged += 1
        return nil
      }
      kind.count += 1
      defer { kind.unlogged = 0 }
      return kind.unlogged
    }
  }
}
