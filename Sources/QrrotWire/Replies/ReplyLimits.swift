/// How much one reply may be, when a server is not trusted.
public struct ReplyLimits: Equatable, Sendable {
  /// How deep replies may stand in one another.
  public var depth: Int
  /// Of how many nodes a reply may consist, attributes included. At most 2^31 - 1 is used of it.
  public var nodeCount: Int
  /// The longest bulk string, in bytes. At most 2^31 - 1 is used of it.
  public var bulkByteCount: Int
  /// The longest line, in bytes without its end.
  public var lineByteCount: Int

  /// The longest reply, in bytes as sent, attributes included.
  public var replyByteCount: Int

  /// Makes limits: depth 128, 16 Mi nodes, 512 MiB, 64 KiB, 2 GiB in all if not given.
  public init(
    depth: Int = 128, nodeCount: Int = 16 << 20, bulkByteCount: Int = 512 << 20,
    lineByteCount: Int = 64 << 10, replyByteCount: Int = 2 << 30
  ) {
    self.depth = depth
    self.nodeCount = nodeCount
    self.bulkByteCount = bulkByteCount
    self.lineByteCount = lineByteCount
    self.replyByteCount = replyByteCount
  }

  /// Those of a client that expects stored values.
  public static let standard = ReplyLimits()
}

/// Why a reply can't be read. The connection is of no use afterwards.
public enum ReplyError: Error, Equatable, Sendable {
  /// A byte that begins no reply.
  case unknownType(UInt8)
  /// A count or a length that is no number or too large.
  case invalidLength
  /// A number, a double or a boolean that is none.
  case invalidScalar
  /// No line end where one must stand.
  case missingLineEnd
  /// A line that does not end within the limit.
  case lineTooLong
  /// More bytes than a reply may have.
  case replyTooLong
  /// Replies in replies beyond the limit.
  case tooDeep
  /// More parts than a reply may have.
  case tooManyNodes

  /// What is wrong, in a sentence's end: "the server's reply has …".
  public var message: String {
    switch self {
    case .unknownType(let byte): "an unknown type, byte \(byte)"
    case .invalidLength: "an invalid length"
    case .invalidScalar: "an invalid number or boolean"
    case .missingLineEnd: "no line end where one must stand"
    case .lineTooLong: "a line that is too long"
    case .replyTooLong: "too many bytes"
    case .tooDeep: "too many levels"
    case .tooManyNodes: "too many parts"
    }
  }
}
