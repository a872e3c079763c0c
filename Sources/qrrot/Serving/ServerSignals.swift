import QrrotCore
import QrrotShell
import QrrotStore
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The signals of a server: SIGTERM and SIGINT ask it to end, SIGHUP to open its log anew.
///
/// A handler writes the signal's number to a pipe and does nothing else; a thread reads there, so that
/// nobody has to look from time to time, and hands on what it finds.
struct ServerSignals: Sendable {
  /// What is to be done.
  enum Event: Sendable {
    /// To end; again: at once. The name of the signal.
    case end(String)
    /// To open the log anew.
    case reopen
    /// What ``post(_:)`` has said: all has ended, and so many clients were cut off.
    case stopped(cut: Int)
  }

  /// For code that looks whether it is to be given up: raised by what asks the server to end.
  let state: SignalState
  /// What is to be done, in order. There may be one reader.
  let events: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation

  /// Installs the handlers; it is called once.
  ///
  /// SIGINT stays ignored where the program was started so (a background job of a plain shell). SIGHUP does
  /// not: under `nohup`, too, it ends nothing.
  static func install() -> ServerSignals {
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    let signals = ServerSignals(
      state: SignalState(), events: events, continuation: continuation)
    // The pipe exists before the first handler can run: a lazy initialisation inside one could wait for a
    // lock that the interrupted code holds.
    if let pipe = Self.pipe {
      BackgroundThread { while signals.passOn(from: pipe.readEnd) {} }?.detach()
    }
    if !Signals.isIgnored(SIGINT) { Signals.handle(SIGINT, by: note) }
    for number in [SIGTERM, SIGHUP] { Signals.handle(number, by: note) }
    for number in [SIGPIPE, SIGXFSZ] { Signals.handle(number, by: SIG_IGN) }
    return signals
  }

  /// Adds an event of another kind.
  func post(_ event: Event) { continuation.yield(event) }

  private func passOn(from pipe: FileDescriptor) -> Bool {
    var poller = pollfd(fd: pipe.rawValue, events: Int16(POLLIN), revents: 0)
    _ = poll(&poller, 1, -1)
    var number: UInt8 = 0
    let count = withUnsafeMutableBytes(of: &number) { try? pipe.read(into: $0) }
    guard let count else { return true }
    guard count > 0 else { return false }
    switch Int32(number) {
    case SIGHUP: continuation.yield(.reopen)
    default:
      state.terminationRequested(Int32(number))
      // What can be given up is: the database that is being opened.
      state.interrupt.raise()
      continuation.yield(.end(Int32(number) == SIGINT ? "SIGINT" : "SIGTERM"))
    }
    return true
  }

  private static let pipe = Signals.makeWakePipe()

  /// The handler itself: one `write`, with errno as it was.
  private static let note: @convention(c) (Int32) -> Void = { number in
    let code = errno
    var byte = UInt8(truncatingIfNeeded: number)
    if let pipe = ServerSignals.pipe { _ = write(pipe.writeEnd.rawValue, &byte, 1) }
    errno = code
  }
}
