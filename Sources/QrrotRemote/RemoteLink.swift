internal import QrrotCore
internal import QrrotWire
internal import Synchronization

/// The way to one server: the connection that there is, or the next one.
///
/// One call is on its way at a time; threads that come meanwhile wait.
final class RemoteLink: Sendable {
  let options: RemoteOptions
  private let state: Mutex<State>

  /// What changes; who has it has the turn.
  struct State {
    var connection: RemoteConnection?
    var welcome: CallWelcome
    var connectionCount: UInt64 = 1
    var callCount: UInt64 = 0
    /// What is to be told with the next reply.
    var note: String?
  }

  /// Connects.
  ///
  /// - Throws: as ``RemoteConnection/greet(_:milliseconds:interrupt:)``.
  init(_ options: RemoteOptions, interrupt: Interrupt?) throws(QrrotError) {
    self.options = options
    let (connection, welcome) = try Self.connect(options, number: 1, interrupt)
    state = Mutex(State(connection: connection, welcome: welcome))
  }

  private static func connect(
    _ options: RemoteOptions, number: UInt64, _ interrupt: Interrupt?
  ) throws(QrrotError) -> (RemoteConnection, CallWelcome) {
    let milliseconds = options.connectMilliseconds
    let connection = try RemoteConnection.logIn(
      options, number: number, milliseconds: milliseconds, interrupt: interrupt)
    let welcome = try connection.greet(options, milliseconds: milliseconds, interrupt: interrupt)
    return (connection, welcome)
  }

  /// What the server has said of itself.
  var welcome: CallWelcome { state.withLock { $0.welcome } }

  /// Ends the connection.
  func close() {
    state.withLock { state in
      state.connection?.close()
      state.connection = nil
    }
  }

  /// Runs `body` when it is its turn.
  func withTurn<R: Sendable>(
    _ body: (inout State) throws(QrrotError) -> R
  ) throws(QrrotError) -> R {
    try state.withLock { state throws(QrrotError) in try body(&state) }
  }

  /// Runs `body` if it is its turn at once.
  func withTurnAtOnce<R: Sendable>(_ body: (inout State) -> R?) -> R? {
    state.withLockIfAvailable { body(&$0) } ?? nil
  }

  /// The connection, made anew if it is gone: with pauses that grow, for as long as that is worth a try.
  ///
  /// - Throws: `network` when the time is up, `auth`, `refused`, `interrupted`.
  func connection(
    _ state: inout State, interrupt: Interrupt
  ) throws(QrrotError) -> RemoteConnection {
    if let connection = state.connection, connection.isOpen { return connection }
    state.connection = nil
    let end = ContinuousClock.now + .milliseconds(options.reconnectMilliseconds)
    var pause = 50
    while true {
      try interrupt.check()
      state.connectionCount += 1
      do throws(QrrotError) {
        let (connection, welcome) = try Self.connect(
          options, number: state.connectionCount, interrupt)
        state.connection = connection
        state.welcome = welcome
        state.note =
          "connected to \(options.address.name) anew; what was written before can't be undone any more"
        return connection
      } catch {
        guard error.code == .network, ContinuousClock.now + .milliseconds(pause) < end else {
          throw error
        }
      }
      // Nobody puts anything here: it is a pause that Ctrl-C ends.
      let pauseEnd = ContinuousClock.now + .milliseconds(pause)
      let nothing = Mailbox<Void>()
      while ContinuousClock.now < pauseEnd, !interrupt.isRaised {
        _ = nothing.take(milliseconds: 20)
      }
      pause = min(pause * 2, 1_000)
    }
  }
}
