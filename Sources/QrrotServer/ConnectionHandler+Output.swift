internal import NIOCore
internal import QrrotCore
internal import QrrotService

/// Replies that wait until what they speak of is durable.
struct HeldReplies {
  var bytes: [UInt8]
  /// The last commit that they may speak of.
  var commit: UInt64
  /// How many replies they are.
  var count: Int
  /// Whether they begin in the midst of a reply.
  var continues = false
  /// Whether they begin or end in the midst of a reply, so that nothing can take their place.
  var isPart = false
}

extension ConnectionHandler {
  /// Sends what has been answered, or puts it aside until it may be shown.
  func takeOutput(_ context: ChannelHandlerContext) {
    guard conversation.hasOutput else { return }
    guard server.settler.needed || !held.isEmpty else {
      conversation.withOutput { write($0, context) }
      conversation.outputWasTaken()
      return
    }
    let commit = conversation.seenCommit
    if held.isEmpty, let outcome = server.settler.outcome(of: commit, told: toldCommit) {
      switch outcome {
      case .success: conversation.withOutput { write($0, context) }
      case .failure(let error):
        toldCommit = commit
        let replies = HeldReplies(
          bytes: [], commit: commit, count: conversation.replyCount,
          continues: conversation.outputContinues, isPart: isPart)
        conversation.outputWasTaken()
        return refuse(replies, saying: error, context)
      }
      conversation.outputWasTaken()
      return
    }
    if held.isEmpty, !hasWritten, server.settler.hasToBeWritten(commit) {
      // The replies stay where they are until the loop has looked at all connections that are ready: what
      // they have written goes to the log with one call.
      isAwaitingWrite = true
      return watch.writeSoon(self)
    }
    hasWritten = false
    var replies = HeldReplies(
      bytes: conversation.output, commit: commit, count: 0,
      continues: conversation.outputContinues, isPart: isPart)
    replies.count = conversation.outputWasTaken()
    held.append(replies)
    watch.waits(self)
    server.settler.request(commit)
    count(pending: pendingByteCount(context))
  }

  /// Whether what has been answered begins or ends in the midst of a reply.
  private var isPart: Bool { conversation.outputContinues || conversation.isStreaming }

  /// Says why replies can't be shown, in their place. Where that is in the midst of a reply nothing can be
  /// said, and the connection ends.
  private func refuse(
    _ replies: HeldReplies, saying error: QrrotError, _ context: ChannelHandlerContext
  ) {
    if !replies.continues { write(conversation.replies(replies.count, saying: error), context) }
    guard replies.isPart, self.context != nil else { return }
    held = []
    end(saying: [], reason: "in the midst of a reply: \(error.message)")
  }

  /// Sends the replies that have waited for the log.
  func logWasWritten() {
    guard isAwaitingWrite else { return }
    isAwaitingWrite = false
    hasWritten = true
    send()
    hasWritten = false
  }

  /// Sends what has been put aside and may be shown now.
  func sendSettled() {
    guard let context, !isSending else { return }
    isSending = true
    var done = 0
    var failedCommit: UInt64 = 0
    for replies in held {
      guard let outcome = server.settler.outcome(of: replies.commit, told: toldCommit) else {
        break
      }
      done += 1
      switch outcome {
      case .success: write(replies.bytes, context)
      case .failure(let error):
        refuse(replies, saying: error, context)
        failedCommit = max(failedCommit, replies.commit)
      }
      if isEnding { break }
    }
    isSending = false
    // A write that failed has ended the connection, and with it what waited.
    guard self.context != nil, !isEnding else { return }
    toldCommit = max(toldCommit, failedCommit)
    held.removeFirst(done)
    // The disk may have become slow again since the thread was asked.
    if let last = held.last { server.settler.request(last.commit) }
    guard done > 0 else { return }
    // As long as the disk kept them back, it was not the client that took none.
    if lastProgress != nil { lastProgress = server.now }
    send()
  }

  func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    bytes.withUnsafeBytes { write($0, context) }
  }

  /// Sends bytes: straight to the system if nothing waits in front of them, and what it does not take at
  /// once by way of the channel.
  private func write(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) {
    server.service.countOutput(bytes.count)
    let sent = hasNothingBuffered(context) ? sendAtOnce(bytes, context) : 0
    if sent < bytes.count {
      var buffer = context.channel.allocator.buffer(capacity: bytes.count - sent)
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      mayHaveBuffered = true
      context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
    // Nearly always the system has taken all of it at once.
    if countedByteCount > 0 || mayHaveBuffered && !context.channel.isWritable {
      count(pending: pendingByteCount(context))
    }
  }

  /// Whether the channel has sent all that it was given.
  private func hasNothingBuffered(_ context: ChannelHandlerContext) -> Bool {
    guard mayHaveBuffered else { return true }
    let buffered = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
    mayHaveBuffered = buffered != 0
    return !mayHaveBuffered
  }

  /// Sends bytes without the channel, whose way through its handlers costs as much as all the rest of a
  /// short command. What goes wrong is left to the channel, which will meet with the same.
  ///
  /// - Returns: how many bytes the system has taken.
  private func sendAtOnce(
    _ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext
  ) -> Int {
    // Its number may be another's as soon as the channel has closed it.
    guard let descriptor, context.channel.isActive else { return 0 }
    return max(0, SocketCalls.sendNow(descriptor, bytes))
  }

  /// How many bytes of replies wait for this client.
  func pendingByteCount(_ context: ChannelHandlerContext) -> Int {
    let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    return held.reduce(buffered) { $0 + $1.bytes.count }
  }

  /// Notes how many bytes wait now.
  func count(pending: Int) {
    if pending == 0 {
      lastProgress = nil
    } else if pending < countedByteCount || lastProgress == nil {
      lastProgress = server.now
    }
    guard pending != countedByteCount else { return }
    server.service.replyBudget.add(pending - countedByteCount)
    countedByteCount = pending
    client.noteOutput(pending)
  }
}
