import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotServer

/// A server in this process, on a free port, and what it had to tell.
final class TestServer: Sendable {
  let service: Service
  let server: Server
  let events: EventList

  init(
    _ engine: LocalEngine = LocalEngine(), options: ServerOptions = ServerOptions(),
    _ configure: (inout ServiceConfiguration) -> Void = { _ in }
  ) async throws {
    var configuration = ServiceConfiguration()
    configure(&configuration)
    events = EventList()
    service = Service(engine: engine, configuration: configuration, journal: events)
    var options = options
    options.port = 0
    options.hasStandingClock = true
    options.threadCount = configuration.threadCount
    server = try await Server.start(service, options)
  }

  func connect(receiveByteCount: Int? = nil) throws -> TestSocket {
    try TestSocket(port: server.port, receiveByteCount: receiveByteCount)
  }

  /// Ends it; nobody is waited for.
  func stop() async { await server.stop(patience: 0) }

  /// Lets time pass for the clients' limits.
  func advance(seconds: Int64) { server.core.advance(seconds: seconds) }

  /// Waits until the server has looked at all connections as they are now. It has one thread.
  func waitForLook() async -> Bool {
    // One may be half done.
    let count = server.core.loopLag.lookCount + 2
    return await eventually { server.core.loopLag.lookCount >= count }
  }

  /// Waits until this many clients are connected.
  func waitForClients(_ count: Int) async -> Bool {
    await eventually { service.clients.count == count }
  }
}

/// All events of a server.
final class EventList: ServiceJournal {
  private let list = Guarded<[ServiceEvent]>([])

  var all: [ServiceEvent] { list.value }

  func note(_ event: ServiceEvent) { list.change { $0.append(event) } }

  /// Why clients were closed, in order.
  var closingReasons: [String] {
    all.compactMap { if case .clientClosed(_, _, let reason, _) = $0 { reason } else { nil } }
  }

  var syncFailureCount: Int {
    all.count { if case .syncFailed = $0 { true } else { false } }
  }
}

/// Waits for something that has to come about, however slow the machine is.
func eventually(_ condition: () -> Bool) async -> Bool {
  let patience = Patience()
  while !patience.isOver {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return false
}

/// What threads wait at until a test opens it.
final class Gate: Sendable {
  private struct State {
    var isOpen = true
    var waitingCount = 0
  }

  private let state = Guarded(State())

  /// Whether somebody waits.
  var hasWaiters: Bool { state.withLock { $0.waitingCount > 0 } }

  func close() { state.change { $0.isOpen = false } }
  func open() { state.change { $0.isOpen = true } }

  func pass() {
    state.withLock { $0.waitingCount += 1 }
    state.wait { $0.isOpen ? true : nil }
    state.withLock { $0.waitingCount -= 1 }
  }
}
