internal import QrrotCore

/// Why nothing more can be read from a client. The connection is to be closed after ``appendReply(to:)``
/// has been sent; where a next request would begin is not known.
public enum ProtocolError: Error, Equatable, Sendable {
  /// The count behind `*` is no number, or too large.
  case invalidCount
  /// The line of a count does not end.
  case countTooLong
  /// The length behind `$` is no number, negative, too large, or not that of what follows.
  case invalidLength
  /// The line of a length does not end.
  case lengthTooLong
  /// Another byte than `$` where an argument should begin.
  case expectedBulk(UInt8)
  /// More arguments than a client may send that has not logged in.
  case countBeforeLogin
  /// A longer argument than a client may send that has not logged in.
  case lengthBeforeLogin
  /// An inline command that does not end within the limit, or holds a zero byte.
  case inlineTooLong
  /// An inline command with a quote that is not closed, or with something right behind it.
  case unbalancedQuotes
  /// The arguments of a command are together more than one may be.
  case requestTooLong
  /// A plain line of more than this many bytes.
  case lineTooLong(limit: Int)
  /// The first byte of a TLS handshake, on a port that speaks in the open.
  case tls
  /// A request of a web browser or the like: what a page made it send must not become a command.
  case http

  /// What is wrong, as Redis says it where it does; for a log, to be escaped there.
  public var message: String {
    switch self {
    case .invalidCount: "Protocol error: invalid multibulk length"
    case .countTooLong: "Protocol error: too big mbulk count string"
    case .invalidLength: "Protocol error: invalid bulk length"
    case .lengthTooLong: "Protocol error: too big bulk count string"
    case .expectedBulk(let byte):
      "Protocol error: expected '$', got '\(Character(Unicode.Scalar(byte)))'"
    case .countBeforeLogin: "Protocol error: unauthenticated multibulk length"
    case .lengthBeforeLogin: "Protocol error: unauthenticated bulk length"
    case .inlineTooLong: "Protocol error: too big inline request"
    case .unbalancedQuotes: "Protocol error: unbalanced quotes in request"
    case .requestTooLong: "Protocol error: too big request"
    case .lineTooLong(let limit):
      "a line over the network has at most \(limit) bytes; closing the connection"
    case .tls: "a TLS handshake on a port without TLS"
    case .http: "an HTTP request"
    }
  }

  /// Appends what the client is told: an error reply of RESP, a line of text for a client that sends
  /// plain lines, and nothing where the other side speaks another protocol.
  public func appendReply(to output: inout [UInt8]) {
    switch self {
    case .tls, .http: return
    case .lineTooLong:
      output.append(contentsOf: QrrotError(.tooLarge, message).description.utf8)
      output.append(WireBytes.lineFeed)
    case .expectedBulk(let byte):
      // The byte as it came, as Redis does; but it must not end the line.
      output.append(contentsOf: "-ERR Protocol error: expected '$', got '".utf8)
      output.append(ReplyWriter.isLineBreak(byte) ? UInt8(ascii: " ") : byte)
      output.append(contentsOf: "'\r\n".utf8)
    default:
      output.append(contentsOf: "-ERR ".utf8)
      output.append(contentsOf: message.utf8)
      output.append(contentsOf: "\r\n".utf8)
    }
  }
}
