internal import QrrotStore
internal import QrrotWire

/// The reply to a command whose work another thread does, so that no event loop waits for it.
final class PendingReply: Sendable {
  /// How the work has ended.
  enum Outcome: Sendable {
    case done
    case failed(RedisError)
  }

  /// Whether the client does not want to be told; see `CLIENT REPLY`.
  let isQuiet: Bool
  private let result = Guarded<Outcome?>(nil)

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// How the work has ended; nil as long as it goes on.
  var outcome: Outcome? { result.value }

  /// Notes that the work has ended. It is called on the thread that did it.
  func end(_ outcome: Outcome) { result.withLock { $0 = outcome } }
}

extension Conversation {
  /// Whether the last command waits for what another thread does. Until that wakes this client
  /// (``ClientRecord/Actions/wake``) and ``endWait()`` is called nothing more is read or answered.
  public var isWaiting: Bool { pendingReply != nil || isCallRunning }

  /// Answers the command that waits, if what it waits for has been done.
  ///
  /// - Returns: whether it has; ``receive(_:)`` is then to be called with what came meanwhile.
  public mutating func endWait() -> Bool {
    if isCallRunning {
      answerCall()
      return true
    }
    guard let pendingReply, let outcome = pendingReply.outcome else { return false }
    self.pendingReply = nil
    guard !pendingReply.isQuiet else { return true }
    replyCount += 1
    switch outcome {
    case .done: writer.ok()
    case .failed(let error): write(error)
    }
    tally.flush(to: service.statistics)
    return true
  }
}
