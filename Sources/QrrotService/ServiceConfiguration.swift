public import QrrotStore

/// How a service is set up; it does not change while it runs.
public struct ServiceConfiguration: Sendable {
  /// What clients have to give with `AUTH`; nil if nobody is asked for anything.
  public var password: [UInt8]?
  /// How many clients may be connected at once.
  public var clientLimit = 1_024
  /// After how many seconds of silence a client is closed; 0 for never.
  public var idleSeconds = 300
  /// After how many seconds a client is closed that takes none of the replies that wait for it.
  public var stallSeconds = 60
  /// In how many seconds a client has to log in.
  public var loginSeconds = 5
  /// The longest plain line, in bytes.
  public var lineByteCount = 1 << 20
  /// The bytes of replies that may wait for one client.
  public var replyByteCount = 32 << 20
  /// The bytes of replies that may wait for all clients together.
  public var totalReplyByteCount = 48 << 20
  /// The bytes that data and clients may take.
  public var memoryLimit = Int.max
  /// When writes are synced, as `INFO` and `CONFIG GET` say it; nil in memory.
  public var policy: SyncPolicy?
  /// The address that clients come to, as `CONFIG GET` says it.
  public var host = "127.0.0.1"
  /// The port that they come to, as `INFO` and `CONFIG GET` say it.
  public var port = 7379
  /// How many event loops there are.
  public var threadCount = 1
  /// Whether clients come over TLS.
  public var hasTLS = false
  /// Whether writes are refused.
  public var isReadOnly = false
  /// The file of the configuration, for `INFO`.
  public var configurationFile = ""
  /// How many bytes of values a reply may have that is made whole; a longer one is streamed.
  package var streamedByteCount = 1 << 20
  /// In how large a table keys are looked for at once.
  package var streamedKeyCount = 4_096
  /// The time.
  package var clock = WallClock.system
  /// The time in microseconds since 1970, for what shows it so finely.
  package var microseconds: @Sendable () -> Int64 = SystemFacts.microseconds

  /// The defaults.
  public init() {}
}
