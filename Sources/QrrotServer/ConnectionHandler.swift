internal import NIOCore
internal import QrrotCore
internal import QrrotService

/// One connection: bytes go to the conversation where they lie, and what it answers to all that one read
/// has brought goes out as one write.
///
/// It lives on one event loop, and everything here happens there.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let server: ServerCore
  let watch: LoopWatch
  let client: ClientRecord
  var conversation: Conversation
  var context: ChannelHandlerContext?
  /// What has come and is not done with.
  private var input: [UInt8] = []
  /// What has been answered and may not be shown yet.
  var held: [HeldReplies] = []
  /// Whether replies stay in the conversation until the log has been written, and whether it just has been.
  var isAwaitingWrite = false
  var hasWritten = false
  /// Up to which commit the client knows that it may not last.
  var toldCommit: UInt64 = 0
  /// The socket, if what is written goes out as it is; nil with TLS.
  private(set) var descriptor: CInt?
  /// Whether the channel may not have sent all that it was given.
  var mayHaveBuffered = false
  /// How many bytes of replies are counted in the common budget.
  var countedByteCount = 0
  /// When replies that wait have last become fewer; nil while none wait.
  var lastProgress: NIODeadline?
  /// Whether ``send()`` is at work.
  var isSending = false
  /// Whether ``send()`` is to be called when the others have had their turn.
  private var isToSend = false
  /// Whether this is the time for the next part of a reply.
  private var hasTurn = false
  /// Whether nothing is read for the moment.
  private var isReadingPaused = false
  /// Whether an answer is being held back after a wrong password.
  private(set) var isDelayed = false
  /// Whether the connection is to be closed once what waits has been sent: nothing is read any more.
  private var wantsEnd = false
  /// Whether the connection is being closed and nothing of what comes is of interest.
  private(set) var isEnding = false
  private var hasInputEnded = false
  /// Whether the last words have been sent, and what still comes is read for a moment.
  private var isLingering = false
  private var closingReason = "closed by the client"
  private var isClosedByServer = false
  let connectedAt: NIODeadline
  /// How often something has come, and what it was when the connection was last looked at.
  private(set) var readCount = 0
  var seenReadCount = 0
  /// When something was last seen to have come.
  var lastHeard: NIODeadline

  private let hasTLS: Bool

  /// - Parameter hasTLS: whether a handler in front of this one changes what is written.
  init(_ server: ServerCore, _ watch: LoopWatch, _ client: ClientRecord, hasTLS: Bool) {
    self.hasTLS = hasTLS
    self.server = server
    self.watch = watch
    self.client = client
    connectedAt = server.now
    lastHeard = connectedAt
    conversation = Conversation(server.service, client)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if !hasTLS {
      descriptor = try? context.pipeline.syncOperations
        .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
    }
    watch.add(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  private func leave() {
    guard context != nil else { return }
    context = nil
    descriptor = nil
    watch.remove(self)
    count(pending: 0)
    server.service.countInput(-input.count)
    input = []
    held = []
    server.service.dismiss(client)
    dropStreamSoon()
    server.service.journal.note(
      .clientClosed(
        id: client.id, address: client.address, reason: closingReason, byServer: isClosedByServer))
    server.connectionEnded()
  }

  // MARK: - Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnding, !wantsEnd else { return }
    let buffer = unwrapInboundIn(data)
    buffer.withUnsafeReadableBytes { bytes in
      // A write that fails hands over what has come before it returns: the conversation is in use then.
      if input.isEmpty, !isReadingPaused, !isDelayed, !isSending {
        // Nobody else reads these bytes any more: the channel has a share in them only to use their memory
        // again. A copy for its sake would cost more than the commands.
        let done = conversation.receive(UnsafeMutableRawBufferPointer(mutating: bytes))
        keep(UnsafeRawBufferPointer(rebasing: bytes[done...]))
      } else {
        keep(bytes)
        if !isReadingPaused, !isDelayed, !isSending { receiveKept() }
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    readCount &+= 1
    send()
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    if let refusal = server.service.refusalOfInput(bytes.count) {
      return end(saying: refusal, reason: "out of memory for what it sent")
    }
    input.append(contentsOf: bytes)
    server.service.countInput(bytes.count)
  }

  /// Looks at what was kept again, if only to find that nothing was: then nothing is blocked any more.
  private func receiveKept() {
    guard !isEnding else { return }
    let done = input.withUnsafeMutableBytes { conversation.receive($0) }
    guard done > 0 else { return }
    server.service.countInput(-done)
    if done == input.count {
      input = []
    } else {
      input.removeFirst(done)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent {
      // What was asked before is answered; then it is over.
      hasInputEnded = true
      if isLingering { return context.close(promise: nil) }
      if isSending {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.eventLoop.execute { bound.value.goOnAfterInput() }
      }
      goOnAfterInput()
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Nothing more comes: nobody waits for the call that runs beside.
  private func goOnAfterInput() {
    guard context != nil else { return }
    if conversation.isWaiting { conversation.abandon() }
    send()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    (closingReason, isClosedByServer) = server.describe(error)
    context.close(promise: nil)
  }

  // MARK: - Going on

  /// Sends what can be sent, and looks at what had to wait for that.
  func send() {
    // A write can tell in the midst of it that there is room for more: what it writes is not yet gone then,
    // and would be sent again.
    guard let context, !isEnding, !isSending else { return }
    isSending = true
    defer { isSending = false }
    var hasHadTurn = false
    repeat {
      if conversation.delayMilliseconds > 0 { return delay(context) }
      takeOutput(context)
      // A write that failed has ended the connection.
      guard self.context != nil else { return }
      if isAwaitingWrite {
        return pauseReading(conversation.isBlocked, context)
      }
      guard conversation.isBlocked, conversation.ending == nil else { break }
      // A part of a long reply is made when all others have had theirs.
      guard !hasHadTurn, hasTurn || !conversation.isStreaming else {
        sendSoon()
        break
      }
      hasHadTurn = true
      let before = input.count
      receiveKept()
      guard input.count < before || conversation.hasOutput || conversation.wantsTurn else { break }
    } while true
    let isWaiting = conversation.isBlocked || conversation.isWaiting
    if conversation.ending != nil || (hasInputEnded || wantsEnd) && !isWaiting {
      return endWhenSent(context)
    }
    // While a call runs beside, only reading tells that its client has gone.
    let isFull = !conversation.isWaiting || input.count > Self.waitingByteCount
    pauseReading(conversation.isBlocked && isFull, context)
  }

  /// Goes on when the others have had their turn.
  private func sendSoon() {
    guard !isToSend else { return }
    isToSend = true
    watch.goOnSoon(self)
  }

  /// Has its turn.
  func goOn() {
    isToSend = false
    hasTurn = true
    send()
    hasTurn = false
  }

  /// How much is read ahead while a call runs beside.
  private static var waitingByteCount: Int { 64 << 10 }

  /// After a wrong password nothing is answered or read for a while.
  private func delay(_ context: ChannelHandlerContext) {
    guard !isDelayed else { return }
    isDelayed = true
    pauseReading(true, context)
    let milliseconds = Int64(conversation.delayMilliseconds)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
      let handler = bound.value
      handler.isDelayed = false
      handler.conversation.endDelay()
      handler.send()
      if handler.context != nil, !handler.isEnding {
        handler.receiveKept()
        handler.send()
      }
    }
  }

  /// Goes on after what the last command waited for.
  func wake() {
    guard context != nil, !isEnding, conversation.endWait() else { return }
    receiveKept()
    send()
  }

  private func pauseReading(_ pauses: Bool, _ context: ChannelHandlerContext) {
    guard pauses != isReadingPaused else { return }
    isReadingPaused = pauses
    try? context.channel.syncOptions?.setOption(.autoRead, value: !pauses)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      // What waited is less by now: or there would seem to be no room for more.
      count(pending: pendingByteCount(context))
      send()
    }
    context.fireChannelWritabilityChanged()
  }

  /// Sends bytes that answer nothing, such as a line for one who watches.
  func push(_ bytes: [UInt8]) {
    guard let context, !isEnding else { return }
    guard server.service.replyBudget.room(held: countedByteCount) > bytes.count else {
      return close(reason: "it watches, and does not read what it is shown")
    }
    write(bytes, context)
  }

  // MARK: - Ending

  /// Whether replies wait for room to be made, or one has more to come.
  var waitsForRoom: Bool { conversation.isBlocked }

  /// Whether all that has come has been answered, and nobody waits for anything.
  var isAtRest: Bool {
    held.isEmpty && !isAwaitingWrite && !isDelayed
      && !conversation.isBlocked && !conversation.isWaiting
  }

  /// Says why and closes, once what was answered before has been sent.
  func end(saying text: [UInt8], reason: String) {
    guard let context, !isEnding, !wantsEnd else { return }
    if isAwaitingWrite { watch.writeLog() }
    // Nothing can be said in the midst of a reply.
    let text = conversation.isMidReply ? [] : text
    wantsEnd = true
    isClosedByServer = true
    closingReason = reason
    if let last = held.last, !text.isEmpty {
      held.append(HeldReplies(bytes: text, commit: last.commit, count: 1))
    } else if !text.isEmpty {
      write(text, context)
    }
    endWhenSent(context)
  }

  /// Closes at once.
  func close(reason: String) {
    guard context != nil else { return }
    closingReason = reason
    isClosedByServer = true
    isEnding = true
    context?.close(promise: nil)
  }

  /// Closes once all that was answered has been sent and, where the other side still sends, has been
  /// read: or its system would throw away our last words with the connection.
  private func endWhenSent(_ context: ChannelHandlerContext) {
    guard held.isEmpty, !isAwaitingWrite, !isEnding else { return }
    isEnding = true
    dropStreamSoon()
    switch conversation.ending {
    case .quit?: closingReason = "quit"
    case .fault(let fault)?:
      closingReason = fault
      isClosedByServer = true
    case nil: break
    }
    if isReadingPaused { pauseReading(false, context) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
      let (handler, context) = bound.value
      guard !handler.hasInputEnded else { return context.close(promise: nil) }
      handler.isLingering = true
      context.close(mode: .output, promise: nil)
      context.eventLoop.scheduleTask(in: Self.lingering) {
        bound.value.1.close(promise: nil)
      }
    }
    context.eventLoop.scheduleTask(in: Self.lingering) { bound.value.0.endUnheard() }
  }

  /// Gives back what is kept for a reply that will not go on. Not at once: the conversation may be in use, by
  /// the write that has found the connection gone.
  private func dropStreamSoon() {
    let bound = NIOLoopBound(self, eventLoop: watch.eventLoop)
    watch.eventLoop.execute { bound.value.conversation.dropStream() }
  }

  /// Closes where the last words can't be sent, because there is no end to the handshake of TLS.
  private func endUnheard() {
    guard let context, !isLingering, pendingByteCount(context) == 0 else { return }
    context.close(promise: nil)
  }

  /// For how long what still comes is read after the last words.
  static var lingering: TimeAmount { .milliseconds(500) }
}
