internal import Synchronization

/// A request to stop the running command: raised by a signal handler or another thread, looked at
/// by every long loop.
///
/// Setting it is one atomic store, so a signal handler may do it.
public final class Interrupt: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Makes one that is not raised.
  public init() {}

  /// Whether somebody asked to stop.
  public var isRaised: Bool { flag.load(ordering: .relaxed) }

  /// Asks to stop.
  public func raise() { flag.store(true, ordering: .relaxed) }

  /// Forgets the request, before the next command.
  public func clear() { flag.store(false, ordering: .relaxed) }

  /// Ends the command with error `interrupted` if somebody asked to stop.
  public func check() throws(QrrotError) {
    if isRaised { throw QrrotError(.interrupted, "stopped by Ctrl-C") }
  }
}
