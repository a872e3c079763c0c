/// The state of one client: its open transaction, what it can undo, what it may do.
///
/// One run of the program or one network connection has one session. The engine keeps nothing of
/// it: a session is handed to every call, and dropping it drops its transaction.
public struct Session: Sendable {
  /// The open transaction, if there is one.
  public var transaction: Transaction?
  /// What `undo` can take back.
  public var undo = UndoLog()
  /// Whether every write is error `read-only`.
  public var isReadOnly: Bool
  /// Whether ``undo`` keeps what writes replace. If not, they leave no trace in it.
  public var keepsUndo = true
  /// Whether writing the value that is there already is a change all the same. It is one for clients of
  /// Redis, where who watches the key is told of it; in our own language nothing has changed.
  package var touchesSame: Bool { !keepsUndo }
  /// Whether a write may replace more than ``undo`` can keep. If not, such a write throws with
  /// ``QrrotError/Detail/exceedsUndo(byteCount:)`` and does nothing, so that the caller can say so,
  /// or ask, before it is done.
  public var allowsWritesBeyondUndo = true
  /// What its transaction may take, as ``Transaction/stagedMemory`` counts it. A write beyond is error
  /// `budget`, before the memory is spent; the transaction stays open, without that write.
  public var stagedByteLimit = Int.max
  /// The last commit that this session's replies may speak of.
  package var seenLSN: UInt64 = 0
  /// The last commit up to which its replies may be shown.
  package var settledLSN: UInt64 = 0
  /// The moment of the running command, in milliseconds since 1970, once it has asked for it: all of a
  /// command happens at one moment.
  package var moment: Int64?
  /// Whether a write may be answered before it is known that it was done, so that many go to a server far away in
  /// one parcel: ``Engine/settle(_:)`` is called before any reply is shown, and throws what went wrong.
  public var sendsAhead = false
  /// Whether writes are on their way whose outcome is not known yet: only ``Engine/settle(_:)`` tells.
  public var hasWritesAhead = false
  /// Told from time to time how many keys a command that looks at all of them has come by, where that can take
  /// long because they are far away; nil if nobody wants to know.
  public var onProgress: (@Sendable (_ keyCount: Int) -> Void)?
  /// Stops the running command.
  public let interrupt: Interrupt

  /// Makes the session of a new client.
  public init(isReadOnly: Bool = false, interrupt: Interrupt = Interrupt()) {
    self.isReadOnly = isReadOnly
    self.interrupt = interrupt
  }
}

extension Session {
  /// Checks that the open transaction may stage one more write.
  ///
  /// - Parameter valueByteCount: the bytes of the value; 0 where the key is removed.
  /// - Throws: `budget` beyond ``stagedByteLimit``.
  package func requireStagingRoom(
    for key: @autoclosure () -> [UInt8], valueByteCount: Int
  ) throws(QrrotError) {
    guard stagedByteLimit != .max, let transaction else { return }
    try requireStagingRoom(
      transaction.stagedMemory(with: key(), valueByteCount: valueByteCount))
  }

  /// Checks that the open transaction may take this much memory in all.
  ///
  /// - Throws: `budget` beyond ``stagedByteLimit``.
  package func requireStagingRoom(_ byteCount: Int) throws(QrrotError) {
    try Self.requireStagingRoom(byteCount, limit: stagedByteLimit)
  }

  /// The same where the session is at work.
  package static func requireStagingRoom(
    _ byteCount: Int, limit: Int
  ) throws(QrrotError) {
    guard byteCount > limit else { return }
    throw QrrotError(
      .budget,
      "with this write \(ByteSize.text(byteCount)) would be staged, and \(ByteSize.text(limit)) is the limit; change fewer keys at a time, or smaller values"
    )
  }
}
