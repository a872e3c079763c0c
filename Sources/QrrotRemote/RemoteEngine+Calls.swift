internal import QrrotCore
internal import QrrotWire

/// What may be done when the answer to a call was lost.
enum Safety {
  /// It changes nothing, so it is asked again.
  case repeatable
  /// It may have changed something.
  case write
  /// It ends a transaction, or not.
  case commit
  /// It belongs to something that goes with the connection; what that is, and where.
  case part(String, RemotePlace)

  /// It applies what was gathered in a place that goes with the connection.
  case bulk(RemotePlace)

  /// The place that it belongs to, and what that is.
  var place: (what: String, RemotePlace)? {
    switch self {
    case .part(let what, let place): (what, place)
    case .bulk(let place): ("the records that wait", place)
    default: nil
    }
  }

  init(_ command: Command) {
    switch command.name {
    case .commit: self = .commit
    case .begin, .rollback: self = .repeatable
    default: self = command.name.access == .read ? .repeatable : .write
    }
  }
}

/// A call in a session.
extension RemoteEngine {
  /// Makes a call, on a new connection if there is none.
  func call(
    _ call: Call, _ safety: Safety, in session: inout Session
  ) throws(QrrotError) -> CallAnswer.Content {
    try callAndTell(call, safety, in: &session).content
  }

  /// The same, for a call that begins something: it goes with the connection.
  func callAndTell(
    _ call: Call, _ safety: Safety, in session: inout Session
  ) throws(QrrotError) -> (content: CallAnswer.Content, connection: RemoteConnection) {
    // A closure can't take an inout parameter along.
    let pointer = withUnsafeMutablePointer(to: &session) { $0 }
    return try link.withTurn { state throws(QrrotError) in
      try self.call(call, safety, in: &pointer.pointee, &state)
    }
  }

  private func call(
    _ call: Call, _ safety: Safety, in session: inout Session, _ state: inout RemoteLink.State
  ) throws(QrrotError) -> (content: CallAnswer.Content, connection: RemoteConnection) {
    for attempt in 1... {
      if session.isElsewhere(than: state.connection) {
        session.loseTransaction()
        throw lostBefore(safety, &session)
      }
      let connection = try link.connection(&state, interrupt: session.interrupt)
      if session.isElsewhere(than: connection) {
        session.loseTransaction()
        throw lostBefore(safety, &session)
      }
      if let (what, place) = safety.place, place.connection != connection.number {
        throw QrrotError(
          .network, "the connection to \(name) was lost, and \(what) with it; run it again")
      }
      let context = try session.context(on: connection)
      let answer: CallAnswer
      do throws(CallFailure) {
        answer = try link.exchange(
          call, context, &state, connection, interrupt: session.interrupt)
      } catch {
        guard case .lost = error, case .repeatable = safety, session.transaction == nil,
          attempt < Self.attemptLimit
        else { throw outcome(of: error, safety, &session) }
        continue
      }
      session.take(answer.context, on: connection)
      return (try answer.result.get(), connection)
    }
    throw Self.unreadable
  }

  private static var attemptLimit: Int { 3 }

  /// What a transaction that was lost before this call means for it.
  private func lostBefore(_ safety: Safety, _ session: inout Session) -> QrrotError {
    guard case .commit = safety else {
      return QrrotError(
        .network,
        "the transaction was lost with the connection to \(name), and nothing of it was applied; rollback ends it"
      )
    }
    session.transaction = nil
    return QrrotError(
      .conflict,
      "the transaction was lost with the connection to \(name); nothing of it was applied")
  }

  /// What a failure means for the one who has made the call.
  private func outcome(
    of failure: CallFailure, _ safety: Safety, _ session: inout Session
  ) -> QrrotError {
    let reason =
      switch failure {
      case .lost(let reason): reason
      case .abandoned: "it was not answered after Ctrl-C"
      case .tooLarge: "it has no memory for what was sent"
      case .unreadable(let reason): "the answer can't be read: \(reason)"
      }
    let lost = "the connection to \(name) was lost (\(reason))"
    if session.transaction != nil {
      session.loseTransaction()
      guard case .commit = safety else {
        return QrrotError(
          .network,
          "\(lost), and the open transaction with it: nothing of it was applied; rollback ends it"
        )
      }
      session.transaction = nil
      return QrrotError(
        .unknownOutcome,
        "\(lost) while the transaction was committed: either all of it was applied or nothing")
    }
    if case .tooLarge = failure {
      return QrrotError(
        .tooLarge, "the server has no memory for what was sent (--max-memory); nothing was changed")
    }
    switch safety {
    case .repeatable:
      if case .abandoned = failure { return QrrotError(.interrupted, "stopped by Ctrl-C") }
      return QrrotError(.network, lost)
    case .write, .commit, .bulk:
      return QrrotError(
        .unknownOutcome,
        "\(lost) before it said what became of this; it may have been done or not, and was not sent again"
      )
    case .part(let what, _):
      return QrrotError(.network, "\(lost), and \(what) with it; run it again")
    }
  }
}

/// What of a session goes over the network.
extension Session {
  /// Whether its transaction was lost.
  var hasLostTransaction: Bool { transaction?.isLost ?? false }

  /// Makes its transaction one that no connection knows.
  mutating func loseTransaction() {
    guard transaction != nil, !hasLostTransaction else { return }
    transaction?.place = RemotePlace(number: Transaction.lostNumber, connection: 0) { _ in }
  }

  /// Whether its transaction was kept by another connection than this one.
  func isElsewhere(than connection: RemoteConnection?) -> Bool {
    guard let place = transaction?.place else { return false }
    guard let connection, connection.isOpen else { return true }
    return place.connection != connection.number
  }

  /// What the server has to know of it.
  mutating func context(on connection: RemoteConnection) throws(QrrotError) -> CallContext {
    var context = limits
    if let place = transaction?.place {
      let isShared = transaction?.sharesPlace() == true
      context.transaction = isShared ? .copy(place.number) : .kept(place.number)
    } else if let transaction {
      guard transaction.writtenKeys.isEmpty else {
        throw QrrotError(.refused, "this transaction was begun on another database")
      }
      context.transaction = .new(CallReads(transaction))
    }
    if let place = undo.place, place.connection == connection.number {
      context.undo = undo.sharesPlace() ? .copy(place.number) : .kept(place.number)
    }
    context.forgotten = connection.takeForgotten()
    return context
  }

  /// The same for a look that changes nothing of it.
  func contextToLook(on connection: RemoteConnection) -> CallContext {
    var context = limits
    if let place = transaction?.place { context.transaction = .kept(place.number) }
    return context
  }

  private var limits: CallContext {
    var context = CallContext()
    context.isReadOnly = isReadOnly
    context.keepsUndo = keepsUndo
    context.allowsWritesBeyondUndo = allowsWritesBeyondUndo
    context.stagedByteLimit = stagedByteLimit
    return context
  }

  /// Becomes what the server has made of it.
  mutating func take(_ context: CallAnswer.Context, on connection: RemoteConnection) {
    if let open = context.transaction {
      if transaction == nil { transaction = Transaction() }
      if transaction?.place?.number != open.number {
        transaction?.place = connection.place(open.number)
      }
      for sight in open.reads.sights { transaction?.mirror(sight) }
      if let version = open.reads.keyspaceVersion {
        transaction?.sawKeyspace(
          version: version, expirationCount: open.reads.expirationCount)
      }
    } else if transaction != nil {
      transaction = nil
    }
    if let number = context.undo {
      if undo.place?.number != number || undo.place?.connection != connection.number {
        undo.place = connection.place(number)
      }
    } else if undo.place != nil {
      undo.place = nil
    }
  }
}

extension CallReads {
  /// What a transaction has read.
  init(_ transaction: Transaction) {
    self.init()
    sights = transaction.sights
    keyspaceVersion = transaction.seenKeyspaceVersion
    expirationCount = transaction.seenExpirationCount
  }
}
