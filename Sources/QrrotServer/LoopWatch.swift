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
  /// Those whose replies wait for the log.
  private var awaitingWrite: [ConnectionHandler] = []
  /// Those that go on when the others have had their turn.
  private var turns: [ConnectionHandler] = []
  private var areTurnsSet = false
  private var task: RepeatedTask?
  private var drainTask: RepeatedTask?
  /// When the server began to end; nil as long as it does not.
  private var drainStart: NIODeadline?
  private var nextLook = NIODeadline.now()

  init(_ server: ServerCore, _ eventLoop: any EventLoop) {
    self.server = server
    self.eventLoop = eventLoop
  }

  /// Begins to look at the connections from time to time.
  func start() {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    nextLook = .now() + Self.period
    task = eventLoop.scheduleRepeatedTask(initialDelay: Self.period, delay: Self.period) { _ in
      bound.value.look()
    }
  }

  /// How often they are looked at.
  private static var period: TimeAmount { .milliseconds(500) }

  func stop() {
    task?.cancel()
    drainTask?.cancel()
    task = nil
    drainTask = nil
  }

  func add(_ handler: ConnectionHandler) {
    handlers[ObjectIdentifier(handler)] = handler
    // It was accepted before the end began.
    if drainStart != nil { handler.end(saying: [], reason: Self.endReason) }
  }

  func remove(_ handler: ConnectionHandler) {
    handlers[ObjectIdentifier(handler)] = nil
    waiting[ObjectIdentifier(handler)] = nil
  }

  /// Notes that a connection has replies that may not be shown yet.
  func waits(_ handler: ConnectionHandler) { waiting[ObjectIdentifier(handler)] = handler }

  /// Notes that a connection has replies that may be shown once the log has been written: when all
  /// connections that are ready now have been looked at.
  func writeSoon(_ handler: ConnectionHandler) {
    awaitingWrite.append(handler)
    guard awaitingWrite.count == 1 else { return }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { bound.value.writeLog() }
  }

  /// Has a connection go on when those that are ready have been looked at.
  ///
  /// What a loop is only told to execute it does before it looks at its connections again, and so on until
  /// there is nothing: a task that goes on by way of another would never leave the others a turn. So all
  /// who go on share one task, which ends after a while and waits a moment before the next.
  func goOnSoon(_ handler: ConnectionHandler) {
    turns.append(handler)
    if !areTurnsSet { setTurns() }
  }

  private func setTurns() {
    areTurnsSet = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: Self.turnPause) { bound.value.takeTurns() }
  }

  private func takeTurns() {
    let end = NIODeadline.now() + Self.turnTime
    var done = 0
    while done < turns.count {
      turns[done].goOn()
      done += 1
      if .now() >= end { break }
    }
    turns.removeFirst(done)
    // The pause begins here, so that it is one.
    areTurnsSet = false
    if !turns.isEmpty { setTurns() }
  }

  private static var turnTime: TimeAmount { .microseconds(500) }
  private static var turnPause: TimeAmount { .microseconds(20) }

  /// Writes the log and sends what has waited for that.
  func writeLog() {
    guard !awaitingWrite.isEmpty else { return }
    server.settler.write()
    let handlers = awaitingWrite
    awaitingWrite = []
    for handler in handlers { handler.logWasWritten() }
  }

  /// Sends what may be shown now.
  func sendSettled() {
    for (id, handler) in waiting {
      handler.sendSettled()
      if handler.held.isEmpty { waiting[id] = nil }
    }
  }

  /// Ends all connections once they have the replies to what they have sent.
  ///
  /// A connection has sent all when nothing has come of it for a moment. One that never stops sending is
  /// read for a second; what it has sent then and was not read is not carried out either.
  func drain() {
    guard drainStart == nil else { return }
    drainStart = server.now
    for handler in handlers.values { handler.seenReadCount = handler.readCount }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    drainTask = eventLoop.scheduleRepeatedTask(
      initialDelay: Self.drainPeriod, delay: Self.drainPeriod
    ) { _ in bound.value.endThoseAtRest() }
  }

  private func endThoseAtRest() {
    let isLate = drainStart.map { server.now - $0 > Self.drainReading } ?? false
    for handler in handlers.values where handler.isAtRest {
      if isLate || handler.seenReadCount == handler.readCount {
        handler.end(saying: [], reason: Self.endReason)
      }
      handler.seenReadCount = handler.readCount
    }
  }

  private static var endReason: String { "the server is stopping" }
  private static var drainPeriod: TimeAmount { .milliseconds(30) }
  private static var drainReading: TimeAmount { .seconds(1) }

  /// How many connections there are.
  var openCount: Int { handlers.count }

  /// Closes all connections at once.
  func closeAll() {
    for handler in handlers.values { handler.close(reason: "the server has stopped") }
  }

  private func look() {
    let late = NIODeadline.now() - nextLook
    nextLook = .now() + Self.period
    server.tellOfFailure()
    server.settler.look()
    let now = server.now
    for handler in handlers.values { look(at: handler, now) }
    server.loopLag.note(max(0, late.nanoseconds))
  }

  private func look(at handler: ConnectionHandler, _ now: NIODeadline) {
    guard let context = handler.context else { return }
    let configuration = server.service.configuration
    if handler.countedByteCount > 0 {
      handler.count(pending: handler.pendingByteCount(context))
    }
    // Others may have made room.
    if handler.waitsForRoom { handler.send() }
    if handler.seenReadCount != handler.readCount, drainStart == nil {
      handler.seenReadCount = handler.readCount
      handler.lastHeard = now
    }
    let stall = TimeAmount.seconds(Int64(configuration.stallSeconds))
    if let last = handler.lastProgress, handler.held.isEmpty, now - last > stall {
      return handler.close(reason: "it has read nothing for \(configuration.stallSeconds) seconds")
    }
    // Also while it waits after a wrong password: or guessing would keep the connection.
    let login = TimeAmount.seconds(Int64(configuration.loginSeconds))
    if !handler.conversation.isKnown, now - handler.connectedAt > login {
      let seconds = configuration.loginSeconds
      return handler.end(
        saying: handler.conversation.farewell("no password came within \(seconds) seconds"),
        reason: "it did not log in within \(seconds) seconds")
    }
    // The clock of the loop, which nobody sets: all clients would be idle at once after a jump.
    let idle = TimeAmount.seconds(Int64(configuration.idleSeconds))
    if configuration.idleSeconds > 0, !handler.client.mayBeSilent, handler.countedByteCount == 0,
      !handler.conversation.isWaiting, !handler.waitsForRoom, now - handler.lastHeard > idle
    {
      handler.close(reason: "idle for \(configuration.idleSeconds) seconds")
    }
  }
}
