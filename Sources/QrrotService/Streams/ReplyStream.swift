internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// What is left of a reply that is too long to be there all at once, or takes too long to be found at once.
///
/// Dropping it gives back what is kept for it; not while the engine's lock is held.
protocol ReplyStream: AnyObject {
  /// The last commit that it speaks of.
  var version: UInt64 { get }
  /// Whether a part of it has been written.
  var hasBegun: Bool { get }
  /// Whether it can't go on, because others have changed too much of what it reads.
  var isOverrun: Bool { get }
  /// Whether it answers a command of our own language, whose errors have codes of their own.
  var isOfLanguage: Bool { get }

  /// Writes the next part, or goes a part of the way to it and writes nothing.
  ///
  /// - Parameter limit: about how many bytes to write.
  /// - Returns: whether there is more.
  /// - Throws: why it can't go on.
  func next(into writer: inout ReplyWriter, limit: Int) throws(QrrotError) -> Bool
}

/// How much is done in one turn.
enum StreamTurn {
  /// The longest part, in bytes: what is copied with the lock held.
  static var byteCount: Int { 128 << 10 }
  /// How much may wait for a client: what it reads slowly can be made as well when it has read the rest.
  static var aheadByteCount: Int { 256 << 10 }
  /// What is too little to be worth a part.
  static var leastByteCount: Int { 32 << 10 }
  /// How many keys are looked at.
  static var keyCount: Int { 4_096 }
}

extension Conversation {
  /// Whether a reply may come in parts: not inside of a transaction, to one who watches, to whom lines are
  /// sent between replies, or where it is thrown away.
  var mayStream: Bool {
    session.pointee.transaction == nil && replyMode == .on && calls == nil && stream == nil
      && !client.isMonitor.load(ordering: .relaxed)
  }

  /// Whether a reply with so many bytes of values is to come in parts.
  func isStreamed(_ byteCount: Int) -> Bool {
    byteCount > service.configuration.streamedByteCount && mayStream
  }

  /// Writes the next part of the reply that is under way.
  mutating func continueStream() {
    guard let stream else { return }
    guard !stream.isOverrun else { return fail(stream, MomentReading.overrun) }
    let ahead = StreamTurn.aheadByteCount - client.outputByteCount.load(ordering: .relaxed)
    let limit = min(room - writer.bytes.count, ahead, StreamTurn.byteCount)
    guard limit > 0, ahead >= StreamTurn.leastByteCount else { return }
    let start = writer.bytes.count
    // Nothing else has been answered since its last part.
    let isAlone = start == 0 || start == streamedEnd
    do throws(QrrotError) {
      if try !stream.next(into: &writer, limit: limit) {
        self.stream = nil
      } else if writer.bytes.count == start {
        wantsTurn = true
      }
    } catch {
      if !stream.hasBegun { writer.bytes.removeLast(writer.bytes.count - start) }
      fail(stream, error)
    }
    if isAlone {
      streamedEnd = writer.bytes.count
      streamedCommit = stream.version
    }
  }

  /// Ends a reply that can't go on: with an error in its place, or with the connection if a part of it is
  /// under way already.
  private mutating func fail(_ stream: any ReplyStream, _ error: QrrotError) {
    self.stream = nil
    guard !stream.hasBegun else {
      tally.noteError()
      ending = .fault("in the midst of a reply: \(error.message)")
      return
    }
    if reader.kind == .lines {
      answer(error)
    } else {
      write(stream.isOfLanguage ? Self.languageError(error) : RedisError(error))
    }
  }

  /// Whether a part of a reply stands at the end of ``output``, or has been sent, that has more to come.
  public var isMidReply: Bool { stream?.hasBegun ?? false }

  /// Whether a reply is under way that has more to come.
  public var isStreaming: Bool { stream != nil }

  /// Forgets the reply that is under way, and what is kept for it: nobody reads it any more.
  public mutating func dropStream() { stream = nil }
}
