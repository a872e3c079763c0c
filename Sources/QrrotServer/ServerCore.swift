internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import QrrotCore
internal import QrrotService
internal import QrrotStore
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What all connections of a server share.
final class ServerCore: Sendable {
  let service: Service
  let settler: Settler
  private let connections = Guarded(Connections())
  /// How late the loops were.
  let loopLag = LoopLag()
  private let toldFailure = Guarded(false)
  /// How far the clock for limits is ahead of the real one: tests let time pass.
  private let aheadNanoseconds = Atomic<Int64>(0)
  /// The moment at which the clock for limits stands; nil if it goes.
  private let standsAt: NIODeadline?
  private let loops: Guarded<[LoopReference]>

  /// How many connections there are, and who waits for the last one to end.
  private struct Connections {
    var count = 0
    /// How many of those that are refused are being told so.
    var refusedCount = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// A loop's connections, to be touched on that loop alone.
  struct LoopReference: Sendable {
    let eventLoop: any EventLoop
    let watch: NIOLoopBound<LoopWatch>
  }

  init(_ service: Service, hasStandingClock: Bool = false) {
    self.service = service
    standsAt = hasStandingClock ? .now() : nil
    let loops = Guarded<[LoopReference]>([])
    self.loops = loops
    settler = Settler(service.engine) {
      for loop in loops.value {
        let watch = loop.watch
        loop.eventLoop.execute { watch.value.sendSettled() }
      }
    }
  }

  /// Begins to look after the connections of a loop; called on that loop.
  func adopt(_ eventLoop: any EventLoop) {
    let watch = LoopWatch(self, eventLoop)
    watch.start()
    loops.withLock {
      $0.append(
        LoopReference(
          eventLoop: eventLoop, watch: NIOLoopBound(watch, eventLoop: eventLoop)))
    }
  }

  /// The connections of a loop; called on that loop.
  func watch(of eventLoop: any EventLoop) -> LoopWatch? {
    loops.withLock { loops in
      loops.first { $0.eventLoop === eventLoop }?.watch.value
    }
  }

  /// Runs `body` for the connections of every loop, on that loop.
  func forEachLoop(_ body: @escaping @Sendable (LoopWatch) -> Void) {
    for loop in loops.value {
      let watch = loop.watch
      loop.eventLoop.execute { body(watch.value) }
    }
  }

  /// The time by which clients are idle, late or stalled. Nobody sets it back or forward, as the date is.
  var now: NIODeadline {
    (standsAt ?? .now()) + .nanoseconds(aheadNanoseconds.load(ordering: .relaxed))
  }

  /// Lets time pass.
  func advance(seconds: Int64) {
    aheadNanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed)
  }

  func connectionBegan() { connections.withLock { $0.count += 1 } }

  func connectionEnded() {
    let waiters = connections.withLock { connections in
      connections.count -= 1
      guard connections.count == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { connections.waiters = [] }
      return connections.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Waits until all connections have ended.
  func allConnectionsEnded() async {
    await withCheckedContinuation { continuation in
      let isOver = connections.withLock { connections in
        if connections.count > 0 { connections.waiters.append(continuation) }
        return connections.count == 0
      }
      if isOver { continuation.resume() }
    }
  }

  /// Begins to tell a client that there is no room for it.
  ///
  /// - Returns: false if too many are being told already: it is closed without a word.
  func refusalBegan() -> Bool {
    connections.withLock { connections in
      guard connections.refusedCount < Self.refusedLimit else { return false }
      connections.refusedCount += 1
      return true
    }
  }

  func refusalEnded() { connections.withLock { $0.refusedCount -= 1 } }

  /// How many are told at a time that there is no room: each has a descriptor that it could keep.
  static var refusedLimit: Int { 128 }

  /// Tells, once, that what is written can't be made durable any more.
  func tellOfFailure() {
    guard let failure = service.engine.writeFailure else { return }
    let isNew = toldFailure.withLock { told in
      defer { told = true }
      return !told
    }
    if isNew { service.journal.note(.syncFailed(reason: failure.message)) }
  }

  /// Why a connection has ended, for the log, and whether that was the server's decision.
  func describe(_ error: any Error) -> (reason: String, byServer: Bool) {
    switch error {
    case let error as IOError where error.errnoCode == ECONNRESET: ("reset", false)
    case let error as IOError: (String(cString: strerror(error.errnoCode)), false)
    case NIOSSLError.uncleanShutdown: ("closed by the client without the end of TLS", false)
    case let error as NIOSSLError: ("TLS: \(TLSReason.text(in: "\(error)"))", true)
    case let error as BoringSSLError: ("TLS: \(TLSReason.text(in: "\(error)"))", true)
    default: ("\(error)", false)
    }
  }
}
