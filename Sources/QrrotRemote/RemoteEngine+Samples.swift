public import QrrotCore
internal import QrrotWire

/// Looks at a few keys or records.
extension RemoteEngine {
  /// Some records from all over the database; see ``Engine/sampleRecords(limit:timeLimit:in:)``.
  public func sampleRecords(
    limit: Int, timeLimit: Duration, in session: Session
  ) async throws(QrrotError) -> RecordSample {
    var session = session
    session.transaction = nil
    session.undo = UndoLog()
    let milliseconds = min(Int(timeLimit / .milliseconds(1)), 10_000)
    let call = Call.sampleRecords(limit: min(limit, 10_000), milliseconds: milliseconds)
    guard case .recordSample(let sample) = try self.call(call, .repeatable, in: &session) else {
      throw Self.unreadable
    }
    return sample
  }

  /// Keys for completion; see ``Engine/sampleKeys(startingWith:in:limit:timeLimit:)``. What does not come
  /// within the time is left out, and so is everything while there is no connection.
  public func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample {
    let content = look(session, timeLimit) { milliseconds in
      .sampleKeys(prefix, limit: limit, milliseconds: milliseconds)
    }
    guard case .keySample(let sample)? = content else {
      return KeySample(keys: [], isPartial: true)
    }
    return sample
  }

  /// Names of members for completion; see ``sampleKeys(startingWith:in:limit:timeLimit:)``.
  public func sampleMembers(
    startingWith prefix: [UInt8], at container: JSONPath, of documents: SampledDocuments,
    in session: Session, limit: Int, timeLimit: Duration
  ) -> MemberSample {
    let named: CallMembers.Documents =
      switch documents {
      case .key(let key): .key(key)
      case .matching(nil): .all
      case .matching(let glob?): .matching(glob.pattern)
      }
    let members = CallMembers(prefix: prefix, container: container.text, documents: named)
    let content = look(session, timeLimit) { milliseconds in
      .sampleMembers(members, limit: limit, milliseconds: milliseconds)
    }
    guard case .memberSample(let sample)? = content else {
      return MemberSample(names: [], isPartial: true)
    }
    return sample
  }

  /// Makes a call whose answer is of use for a short time only.
  private func look(
    _ session: Session, _ timeLimit: Duration, _ call: (_ milliseconds: Int) -> Call
  ) -> CallAnswer.Content? {
    let limit = min(Int(timeLimit / .milliseconds(1)), 10_000)
    return link.withTurnAtOnce { state in
      guard let connection = state.connection, connection.isOpen,
        !session.isElsewhere(than: connection)
      else { return nil }
      return link.glance(
        call(max(1, limit / 2)), session.contextToLook(on: connection), &state, connection,
        milliseconds: limit)
    }
  }
}

extension RemoteLink {
  /// Sends a call and waits for its answer for so long; one that comes later, or in parts, is passed over.
  fileprivate func glance(
    _ call: Call, _ context: CallContext, _ state: inout State, _ connection: RemoteConnection,
    milliseconds: Int
  ) -> CallAnswer.Content? {
    state.callCount += 1
    let request = CallRequest(number: state.callCount, context: context, call: call)
    connection.send([Array("QRROT.CALL".utf8), request.encoded])
    guard let incoming = try? connection.receive(milliseconds: milliseconds) else {
      connection.leaveAnswer()
      return nil
    }
    guard case .bulk(let bytes) = incoming, bytes.first == 0 else { return nil }
    let answer = bytes.dropFirst().withUnsafeBytes { try? CallAnswer($0) }
    return try? answer?.result.get()
  }
}
