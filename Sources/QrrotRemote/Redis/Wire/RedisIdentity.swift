/// What a server says of itself.
struct RedisIdentity: Sendable {
  /// As `7.0.15`; empty if it does not say.
  var version = ""
  /// `redis`, `valkey` or `qrrot`.
  var product = "redis"
  /// Another one each time the server starts; nil if it does not say.
  var runID: String?
  var hasJSON = false
  var hasDeadlines = false
  /// How many milliseconds the server's clock is ahead of ours.
  var clockOffset: Int64 = 0
  var isCluster = false
}

/// What the servers can do and are.
struct RedisFacts: Sendable {
  /// As `7.0.15`.
  var version: String
  /// `redis`, `valkey` or `qrrot`.
  var product: String
  /// Whether `JSON.SET` is known.
  var hasJSON: Bool
  /// Whether `PEXPIRETIME` is known.
  var hasDeadlines: Bool
  /// How many milliseconds the server's clock is ahead of ours.
  var clockOffset: Int64
  var isCluster: Bool

  init(_ identity: RedisIdentity) {
    version = identity.version
    product = identity.product
    hasJSON = identity.hasJSON
    hasDeadlines = identity.hasDeadlines
    clockOffset = identity.clockOffset
    isCluster = identity.isCluster
  }
}
