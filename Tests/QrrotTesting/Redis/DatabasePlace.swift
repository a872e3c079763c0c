/// Where the database behind a shell can be. One contract holds in all of them, but for
/// ``PlaceDifference``.
public enum DatabasePlace: String, CaseIterable, Sendable {
  /// In this process.
  case embedded
  /// With a `qrrot serve`.
  case served
  /// With a redis-server.
  case redis
  /// In a cluster of redis-servers.
  case cluster

  /// Those that can be tested on this machine: without redis-server those that need none.
  public static let here = allCases.filter { RedisServer.isExpected || !$0.isRedis }

  /// Whether it speaks to Redis.
  public var isRedis: Bool { self == .redis || self == .cluster }
}

/// Why a place answers otherwise than a database of one's own, and has to. docs/remote.md tells the same.
///
/// ``versions`` shows only where sessions meet. Where a block of a transcript differs,
/// `Tests/Transcripts/redis` or `Tests/Transcripts/cluster` holds what is answered there; the first comment
/// of the block is one of these.
public enum PlaceDifference: String, CaseIterable, Sendable {
  /// A text is all that Redis keeps.
  case types =
    """
    a text in Redis has no type of its own: an Int64 is int, an object or an array is json, anything \
    else is string
    """
  /// Keys of one write have to be in one slot.
  case slots =
    """
    in a cluster keys in different slots can't be written together, so clear can't be undone and asks
    """
  /// A key's version is made of what it holds.
  case versions = "Redis keeps no versions: what was changed and changed back counts as unchanged"

  /// The examples of the command table that differ, by their command lines.
  public static let examples: [String: [DatabasePlace: PlaceDifference]] = [
    "del a b nobody": [.cluster: .slots]
  ]
}
