internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// `QRROT.CALL` and `QRROT.CONTROL`: the shell as a client.
///
/// A call is the bytes of a ``CallRequest``, its answer those of a ``CallAnswer``, part by part: nothing of
/// a reply or an error is lost on the way.
extension Conversation {
  mutating func runCall(_ words: Arguments) throws(RedisError) {
    let request: CallRequest
    do throws(CallFault) { request = try CallRequest(words[1]) } catch {
      throw RedisError("a call can't be read: \(error.message)")
    }
    if case .hello(let greeting) = request.call { return greet(greeting) }
    guard let calls else { throw RedisError("the first call is a greeting") }
    if case .more = request.call { return writer.bulk(calls.nextPart()) }
    let control = client.calls
    control.begin(request.number)
    guard request.call.takesTime || request.context.copies else {
      calls.run(request)
      control.end()
      return writer.bulk(calls.nextPart())
    }
    isCallRunning = true
    // It is counted when it is answered.
    replyCount -= 1
    let wake = client.actions.wake
    service.workers.run {
      calls.run(request)
      control.end()
      wake()
    }
  }

  /// Answers the call that has run beside.
  mutating func answerCall() {
    isCallRunning = false
    guard let calls else { return }
    replyCount += 1
    writer.bulk(calls.nextPart())
  }

  /// Stops the call that runs beside: its client has gone.
  public func abandon() { client.calls.abandon() }

  private mutating func greet(_ greeting: CallGreeting) {
    let result: Result<CallAnswer.Content, QrrotError>
    if greeting.version == Call.version {
      let isReadOnly = service.configuration.isReadOnly || greeting.isReadOnly
      calls = CallDesk(service, isReadOnly: isReadOnly, interrupt: client.calls.interrupt)
      result = .success(
        .welcome(
          CallWelcome(
            version: Call.version, program: Version.current, client: client.id,
            token: client.calls.token, isReadOnly: isReadOnly,
            idleSeconds: service.configuration.idleSeconds)))
    } else {
      result = .failure(
        QrrotError(
          .refused,
          "the server is qrrot \(Version.current), whose calls have version \(Call.version), not \(greeting.version)"
        ))
    }
    writer.bulk([0] + CallAnswer(context: .init(), result: result).encoded)
  }

  /// Replies that take the place of `count` others which must not be sent.
  func callReplies(_ count: Int, saying error: QrrotError) -> [UInt8] {
    var writer = ReplyWriter(version: self.writer.version)
    let answer = CallAnswer(context: .init(), result: .failure(error))
    for _ in 0..<count { writer.bulk([0] + answer.encoded) }
    return writer.bytes
  }

  /// `QRROT.CONTROL STATUS|STOP client token call`: 1 if that call runs, else 0.
  mutating func runControl(_ words: Arguments) throws(RedisError) {
    guard let id = words.integer(2), let token = words.integer(3), let call = words.integer(4)
    else { throw .notAnInteger }
    guard let other = service.clients.find(UInt64(bitPattern: id)),
      other.calls.token == UInt64(bitPattern: token)
    else { return writer.integer(0) }
    let number = UInt64(bitPattern: call)
    let isRunning: Bool
    if words.isWord(1, "stop") {
      isRunning = other.calls.stop(number)
    } else if words.isWord(1, "status") {
      isRunning = other.calls.isRunning(number)
    } else {
      throw .syntax
    }
    writer.integer(isRunning ? 1 : 0)
  }
}

extension CallContext {
  /// Whether something that may be large is copied.
  fileprivate var copies: Bool {
    if case .copy = transaction { return true }
    if case .copy = undo { return true }
    return false
  }
}
