internal import QrrotShell
internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The program's signal handlers.
///
/// SIGINT, SIGTERM and SIGHUP are noted in a ``SignalState``, which the rest of the program looks
/// at; nothing else happens in a handler. System calls that wait come back with EINTR, as SA_RESTART
/// is not set. SIGPIPE is ignored, so that a reader of the output that went away is an error of
/// `write`. Programs started by this one get the handled signals at their default; SIGPIPE stays
/// ignored in them unless it is put back when they are started.
enum Signals {
  /// What the handlers write to; where no wake pipe could be made, it works without.
  private static let state = SignalState(wakePipe: makeWakePipe())

  /// Installs the handlers and returns what they report to; calling it again is harmless.
  ///
  /// SIGINT and SIGHUP stay ignored where the program was started so (`nohup`, a background job of
  /// a plain shell).
  static func install() -> SignalState {
    // The state exists before the first handler can run: a lazy initialisation inside one could
    // wait for a lock that the interrupted code holds.
    let state = Self.state
    for number in [SIGINT, SIGHUP] where !isIgnored(number) {
      handle(number, by: report)
    }
    handle(SIGTERM, by: report)
    handle(SIGPIPE, by: SIG_IGN)
    // A file that would be longer than is allowed (ulimit -f) is an error of that write.
    handle(SIGXFSZ, by: SIG_IGN)
    return state
  }

  /// The handler itself: atomics and one `write`, with errno as it was.
  private static let report: @convention(c) (Int32) -> Void = { number in
    let code = errno
    if number == SIGINT {
      Signals.state.interruptRequested()
    } else {
      Signals.state.terminationRequested(number)
    }
    errno = code
  }

  /// A pipe that neither blocks nor outlives an exec, or nil where there are no descriptors left.
  static func makeWakePipe() -> (readEnd: FileDescriptor, writeEnd: FileDescriptor)? {
    guard let pipe = try? FileDescriptor.pipe() else { return nil }
    for end in [pipe.readEnd, pipe.writeEnd] {
      // pipe2 would do this in one call, but macOS does not have it.
      guard fcntl(end.rawValue, F_SETFL, O_NONBLOCK) == 0,
        fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) == 0
      else {
        try? pipe.readEnd.close()
        try? pipe.writeEnd.close()
        return nil
      }
    }
    return pipe
  }

  // MARK: - sigaction

  typealias Handler = @convention(c) (Int32) -> Void

  /// Installs `handler` and returns what was there before; without SA_RESTART.
  @discardableResult
  static func handle(_ number: Int32, by handler: Handler?) -> sigaction {
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    sigemptyset(&action.sa_mask)
    var previous = sigaction()
    sigaction(number, &action, &previous)
    return previous
  }

  /// Puts back what ``handle(_:by:)`` returned.
  static func restore(_ number: Int32, to action: sigaction) {
    var action = action
    sigaction(number, &action, nil)
  }

  /// Whether `number` is ignored.
  static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return isIgnored(action)
  }

  /// Whether `action` is to ignore the signal.
  static func isIgnored(_ action: sigaction) -> Bool {
    // Function pointers do not compare in Swift; their addresses do.
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
