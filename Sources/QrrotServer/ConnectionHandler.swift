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
  /// Up to which commit the client knows that it may not last.
  var toldCommit: UInt64 = 0
  /// How many bytes of replies are counted in the common budget.
  var countedByteCount = 0
  /// When replies that wait have last become fewer; nil while none wait.
  var lastProgress: NIODeadline?
  /// Whether nothing is read for the moment.
  private var isReadingPaused = false
  /// Whether an answer is being held back after a wrong password.
  private(set) var isDelayed = false
  /// Whether the connection is being closed and nothing of what comes is of interest.
  private(set) var isEnding = false
  private var hasInputEnded = false
  private var closingReason = "closed by the client"
  let connectedAt = NIODeadline.now()

  init(_ server: ServerCore, _ watch: LoopWatch, _ client: ClientRecord) {
    self.server = server
    self.watch = watch
    self.client = client
    conversation = Conversation(server.service, client)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
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
    watch.remove(self)
    count(pending: 0)
    server.service.countInput(-input.count)
    input = []
    held = []
    server.service.dismiss(client)
    server.service.journal.note(
      .clientClosed(id: client.id, address: client.address, reason: closingReason))
    server.connectionEnded()
  }

  // MARK: - Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnding else { return }
    let buffer = unwrapInboundIn(data)
    buffer.withUnsafeReadableBytes { bytes in
      if input.isEmpty, !isReadingPaused, !isDelayed {
        // Nobody else reads these bytes any more: the channel has a share in them only to use their memory
        // again. A copy for its sake would cost more than the commands.
        let done = conversation.receive(UnsafeMutableRawBufferPointer(mutating: bytes))
        keep(UnsafeRawBufferPointer(rebasing: bytes[done...]))
      } else {
        keep(bytes)
        if !isReadingPaused, !isDelayed { receiveKept() }
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { send() }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    if let refusal = server.service.refusalOfInput(bytes.count) {
      return end(saying: refusal, reason: "out of memory for what it sent")
    }
    input.append(contentsOf: bytes)
    server.service.countInput(bytes.count)
  }

  /// Looks at what was kept again.
  private func receiveKept() {
    guard !input.isEmpty, !isEnding else { return }
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
      send()
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    closingReason = server.describe(error)
    context.close(promise: nil)
  }

  // MARK: - Going on

  /// Sends what can be sent, and looks at what had to wait for that.
  func send() {
    guard let context, !isEnding else { return }
    repeat {
      if conversation.delayMilliseconds > 0 { return delay(context) }
      takeOutput(context)
      if conversation.isWaiting { return pauseReading(true, context) }
      if conversation.hasMore {
        guard held.isEmpty, conversation.continueReply() else { break }
        continue
      }
      guard conversation.isBlocked, conversation.ending == nil else { break }
      let before = input.count
      receiveKept()
      guard input.count < before || !conversation.output.isEmpty else { break }
    } while true
    if conversation.ending != nil || hasInputEnded && !conversation.hasMore && !conversation.isBlocked {
      return endWhenSent(context)
    }
    pauseReading(conversation.isBlocked || conversation.hasMore, context)
  }

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
    if context.channel.isWritable { send() }
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

  /// Says why and closes.
  func end(saying text: [UInt8], reason: String) {
    guard let context, !isEnding else { return }
    if !text.isEmpty { write(text, context) }
    closingReason = reason
    endWhenSent(context)
  }

  /// Closes at once.
  func close(reason: String) {
    closingReason = reason
    isEnding = true
    context?.close(promise: nil)
  }

  /// Closes once all that was answered has been sent and, where the other side still sends, has been
  /// read: or its system would throw away our last words with the connection.
  private func endWhenSent(_ context: ChannelHandlerContext) {
    guard held.isEmpty else { return }
    isEnding = true
    switch conversation.ending {
    case .quit?: closingReason = "quit"
    case .fault(let fault)?: closingReason = fault
    case nil: break
    }
    if isReadingPaused { pauseReading(false, context) }
    var isFault = false
    if case .fault? = conversation.ending { isFault = true }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { [isFault] _ in
      let context = bound.value
      guard isFault else { return context.close(promise: nil) }
      context.close(mode: .output, promise: nil)
      context.eventLoop.scheduleTask(in: .milliseconds(500)) {
        bound.value.close(promise: nil)
      }
    }
  }
}
