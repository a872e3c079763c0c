internal import QrrotWire

/// Which replies a client wants: `CLIENT REPLY`.
enum ReplyMode {
  /// All.
  case on
  /// None.
  case off
  /// All but that to the next command.
  case skipsNext
  /// All but that to the command that is being carried out.
  case skipsThis
}

extension Conversation {
  /// Carries out a command whose reply is not wanted, unless it asks for replies again. What is wrong in
  /// the protocol is told all the same.
  mutating func runQuietly(_ words: Arguments) {
    let start = writer.bytes.count
    let count = replyCount
    if replyMode == .skipsNext { replyMode = .skipsThis }
    run(words)
    guard replyMode != .on else { return }
    if replyMode == .skipsThis { replyMode = .on }
    writer.bytes.removeLast(writer.bytes.count - start)
    replyCount = count
  }
}
