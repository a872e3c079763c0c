internal import NIOCore
internal import QrrotCore
internal import QrrotService

/// The connections of one event loop, and what is done for them from time to time. It is used on that
/// loop alone.
final class LoopWatch {
  let eventLoop: any EventLoop
  private let server: ServerCore
  private var handlers: [ObjectIdentifier: ConnectionHandler] = [:]
  private var waiting: [ObjectIdentifier: ConnectionHandler] = [:]
  private var task: RepeatedTask?

  init(_ server: ServerCore, _ eventLoop: any EventLoop) {
    self.server = server
    self.eventLoop = eventLoop
  }

  /// Begins to look at the connections from time to time.
  func start() {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    task = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(500), delay: .milliseconds(500))
    { _ in bound.value.look() }
  }

  func stop() {
    task?.cancel()
    task = nil
  }

  func add(_ handler: ConnectionHandler) { handlers[ObjectIdentifier(handler)] = handler }

  func remove(_ handler: ConnectionHandler) {
    handlers[ObjectIdentifier(handler)] = nil
    waiting[ObjectIdentifier(handler)] = nil
  }

  /// Notes that a connection has replies that may not be shown yet.
  func waits(_ handler: ConnectionHandler) { waiting[ObjectIdentifier(handler)] = handler }

  /// Sends what may be shown now.
  func sendSettled() {
    for (id, handler) in waiting {
      handler.sendSettled()
      if handler.held.isEmpty { waiting[id] = nil }
    }
  }

  /// Ends all connections once they have their replies; those that are still there later are closed.
  func drain() {
    for handler in handlers.values { handler.end(saying: [], reason: "the server is stopping") }
  }

  func closeAll() {
    for handler in handlers.values { handler.close(reason: "the server has stopped") }
  }

  private func look() {
    let now = NIODeadline.now()
    let milliseconds = server.service.milliseconds
    for handler in handlers.values { look(at: handler, now, milliseconds) }
  }

  private func look(at handler: ConnectionHandler, _ now: NIODeadline, _ milliseconds: Int64) {
    guard let context = handler.context else { return }
    if handler.countedByteCount > 0 {
      handler.count(pending: handler.pendingByteCount(context))
    }
    if let last = handler.lastProgress, handler.held.isEmpty, now - last > .seconds(60) {
      return handler.close(reason: "it has read nothing for 60 seconds")
    }
    if !handler.conversation.isKnown, now - handler.connectedAt > .seconds(5), !handler.isDelayed {
      return handler.end(
        saying: handler.conversation.farewell("no password came within 5 seconds"),
        reason: "it did not log in within 5 seconds")
    }
    let limit = Int64(server.service.configuration.idleSeconds) * 1_000
    if limit > 0, !handler.client.mayBeSilent, !handler.conversation.isWaiting,
      handler.countedByteCount == 0,
      handler.client.idleMilliseconds(at: milliseconds) > limit
    {
      handler.close(reason: "idle for \(limit / 1_000) seconds")
    }
  }
}
