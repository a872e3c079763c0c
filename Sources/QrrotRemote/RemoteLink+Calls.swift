internal import QrrotCore
internal import QrrotWire

/// Why a call has no answer.
enum CallFailure: Error {
  /// The connection was lost after the call was sent; why, as a part of a sentence.
  case lost(String)
  /// Ctrl-C was pressed, and the server did not stop it in time.
  case abandoned
  /// The server has not even read it, for it has no memory for that, and ends the connection.
  case tooLarge
  /// What the server has answered can't be read.
  case unreadable(String)
}

/// One call and its answer.
extension RemoteLink {
  /// Sends a call and waits for its answer.
  func exchange(
    _ call: Call, _ context: CallContext, _ state: inout State, _ connection: RemoteConnection,
    interrupt: Interrupt
  ) throws(CallFailure) -> CallAnswer {
    state.callCount += 1
    let request = CallRequest(number: state.callCount, context: context, call: call)
    connection.send([Array("QRROT.CALL".utf8), request.encoded])
    do throws(CallFailure) {
      var answer = try part(request.number, state, connection, interrupt)
      var bytes = Array(answer.bytes)
      while answer.hasMore {
        let more = CallRequest(number: request.number, context: CallContext(), call: .more)
        connection.send([Array("QRROT.CALL".utf8), more.encoded])
        answer = try part(request.number, state, connection, interrupt)
        bytes.append(contentsOf: answer.bytes)
        guard bytes.count <= Self.answerByteLimit else {
          throw CallFailure.unreadable("it has no end")
        }
      }
      return try Self.read(bytes)
    } catch {
      // Where the next answer would begin is not known.
      connection.close()
      throw error
    }
  }

  /// What a server may answer at most.
  private static var answerByteLimit: Int { 2 << 30 }

  private static func read(_ bytes: [UInt8]) throws(CallFailure) -> CallAnswer {
    do {
      return try bytes.withUnsafeBytes { try CallAnswer($0) }
    } catch let fault as CallFault {
      throw .unreadable(fault.message)
    } catch {
      throw .unreadable("\(error)")
    }
  }

  /// Waits for the next part of an answer, looking at Ctrl-C and at whether the server still lives.
  private func part(
    _ number: UInt64, _ state: State, _ connection: RemoteConnection, _ interrupt: Interrupt
  ) throws(CallFailure) -> (hasMore: Bool, bytes: ArraySlice<UInt8>) {
    var wait = AnswerWait(options)
    while true {
      let incoming: Incoming?
      do throws(PeerFault) { incoming = try connection.receive(milliseconds: 20) } catch {
        throw .lost(error.reason)
      }
      switch incoming {
      case .bulk(let bytes):
        guard let first = bytes.first, first <= 1 else { throw .unreadable("its first byte") }
        return (first == 1, bytes.dropFirst())
      case .error(let text) where text.hasPrefix("OOM"): throw .tooLarge
      case .error(let text): throw .unreadable(text)
      case .status, .integer, .other, .end: throw .unreadable("it is of another kind")
      case nil: break
      }
      switch wait.next(isInterrupted: interrupt.isRaised) {
      case .nothing: break
      case .stop: _ = control("STOP", number, state)
      case .look:
        guard control("STATUS", number, state) != true else { break }
        wait.isDoubtful = true
      case .giveUp: throw .lost("the server does not answer")
      case .abandon: throw .abandoned
      }
    }
  }

  /// Asks the server, on a connection of its own, about the call that runs.
  ///
  /// - Returns: whether it runs; nil if there is no answer.
  private func control(_ word: String, _ number: UInt64, _ state: State) -> Bool? {
    let milliseconds = options.controlMilliseconds
    guard
      let connection = try? RemoteConnection.logIn(
        options, number: 0, milliseconds: milliseconds, interrupt: nil)
    else { return nil }
    defer { connection.close() }
    // Numbers go as signed ones, which is what the protocol has.
    let numbers = [state.welcome.client, state.welcome.token, number].map {
      Array("\(Int64(bitPattern: $0))".utf8)
    }
    connection.send([Array("QRROT.CONTROL".utf8), Array(word.utf8)] + numbers)
    guard case .integer(let answer)? = try? connection.receive(milliseconds: milliseconds) else {
      return nil
    }
    return answer == 1
  }
}

/// When to do what while an answer does not come.
private struct AnswerWait {
  enum Step { case nothing, stop, look, giveUp, abandon }

  private let options: RemoteOptions
  private var lastLook = ContinuousClock.now
  private var interruptedAt: ContinuousClock.Instant?
  private var lastStop: ContinuousClock.Instant?
  /// Whether the server could not say that the call runs.
  var isDoubtful = false

  init(_ options: RemoteOptions) { self.options = options }

  mutating func next(isInterrupted: Bool) -> Step {
    let now = ContinuousClock.now
    if isInterrupted {
      let start = interruptedAt ?? now
      interruptedAt = start
      if now - start > .milliseconds(options.controlMilliseconds) { return .abandon }
      // The call may have been on its way still: asked again until an answer comes.
      if let lastStop, now - lastStop < .milliseconds(200) { return .nothing }
      lastStop = now
      return .stop
    }
    guard now - lastLook > .milliseconds(options.patienceMilliseconds) else { return .nothing }
    lastLook = now
    // The answer may have been on its way: it gets the same time once more.
    return isDoubtful ? .giveUp : .look
  }
}
