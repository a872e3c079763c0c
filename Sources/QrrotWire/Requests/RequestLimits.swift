/// How much one request may be. What is larger is a ``ProtocolError`` as soon as it is seen: a length
/// that is declared is compared before any byte of it has come.
public struct RequestLimits: Equatable, Sendable {
  /// How many arguments a command may have, its name among them.
  public var argumentCount: Int
  /// The longest argument, in bytes.
  public var argumentByteCount: Int
  /// The longest command, in bytes as sent. At most 4 GiB is used of it.
  public var requestByteCount: Int
  /// The longest inline command, and the longest line with a count, in bytes without the line feed.
  public var inlineByteCount: Int
  /// The longest plain line, in bytes without the line feed.
  public var lineByteCount: Int
  /// Whether the client has still to log in: Redis has other texts for the limits then.
  public var isBeforeLogin: Bool

  /// Makes limits; each is the one of ``standard`` if it is not given.
  public init(
    argumentCount: Int = Int(Int32.max), argumentByteCount: Int = 512 << 20,
    requestByteCount: Int = 1 << 30, inlineByteCount: Int = 64 << 10,
    lineByteCount: Int = 1 << 20, isBeforeLogin: Bool = false
  ) {
    self.argumentCount = argumentCount
    self.argumentByteCount = argumentByteCount
    self.requestByteCount = requestByteCount
    self.inlineByteCount = inlineByteCount
    self.lineByteCount = lineByteCount
    self.isBeforeLogin = isBeforeLogin
  }

  /// Those of Redis 7: 2^31 - 1 arguments of 512 MiB, 1 GiB in all, inline 64 KiB; plain lines 1 MiB.
  public static let standard = RequestLimits()

  /// Those for a client that has not given its password: 10 arguments of 16 KiB, lines of 16 KiB.
  public static let beforeLogin = RequestLimits(
    argumentCount: 10, argumentByteCount: 16 << 10, requestByteCount: 192 << 10,
    inlineByteCount: 16 << 10, lineByteCount: 16 << 10, isBeforeLogin: true)
}
