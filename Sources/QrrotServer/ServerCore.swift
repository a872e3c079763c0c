internal import NIOCore
internal import NIOPosix
internal import QrrotCore
internal import QrrotService
internal import QrrotStore

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
  /// How many connections there are, and who waits for the last one to end.
  private let connections = Guarded(0)
  private let loops: Guarded<[LoopReference]>

  /// A loop's connections, to be touched on that loop alone.
  struct LoopReference: Sendable {
    let eventLoop: any EventLoop
    let watch: NIOLoopBound<LoopWatch>
  }

  init(_ service: Service) {
    self.service = service
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

  func connectionBegan() { connections.change { $0 += 1 } }
  func connectionEnded() { connections.change { $0 -= 1 } }

  /// Waits until all connections have ended.
  ///
  /// - Returns: whether they have within the time.
  func waitForConnections(milliseconds: Int) -> Bool {
    connections.wait(milliseconds: milliseconds) { $0 == 0 ? () : nil } != nil
  }

  /// Why a connection has ended, for the log.
  func describe(_ error: any Error) -> String {
    if let error = error as? IOError { return error.errnoCode == ECONNRESET ? "reset" : "\(error)" }
    return "\(error)"
  }
}
