internal import Synchronization
internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The signals that matter only while the prompt waits: a new window size, and the keys that stop
/// or end the program, before which the terminal must be put back.
///
/// readline has handlers for these, but they are looked at only where a system call of the main
/// thread happened to be interrupted. These write to a pipe that the prompt polls, so none is missed.
enum PromptSignals {
  /// One bit for each of ``numbers``.
  private static let pending = Atomic<UInt32>(0)
  /// The end that handlers write to, or -1.
  private static let wakeWriter = Atomic<Int32>(-1)
  private static let numbers = [SIGWINCH, SIGTSTP, SIGQUIT]

  /// Becomes readable when one has come; nil where no pipe could be made.
  static let wakeDescriptor: FileDescriptor? = {
    guard let pipe = Signals.makeWakePipe() else { return nil }
    wakeWriter.store(pipe.writeEnd.rawValue, ordering: .relaxed)
    return pipe.readEnd
  }()

  /// What the signals did before ``install()``.
  struct Previous {
    fileprivate var actions: [(number: Int32, action: sigaction)] = []
  }

  /// Takes the signals over; what is ignored stays ignored.
  static func install() -> Previous {
    // Everything that the handler touches exists before it can run.
    _ = wakeDescriptor
    pending.store(0, ordering: .relaxed)
    var previous = Previous()
    for number in numbers where !Signals.isIgnored(number) {
      previous.actions.append((number, Signals.handle(number, by: note)))
    }
    return previous
  }

  /// Gives the signals back.
  static func restore(_ previous: Previous) {
    for (number, action) in previous.actions {
      Signals.restore(number, to: action)
    }
  }

  /// The signals that came since the last call, in no order.
  static func take() -> [Int32] {
    let bits = pending.exchange(0, ordering: .relaxed)
    if bits == 0 { return [] }
    return numbers.filter { bits & bit(of: $0) != 0 }
  }

  private static let note: Signals.Handler = { number in
    let code = errno
    PromptSignals.pending.bitwiseOr(bit(of: number), ordering: .relaxed)
    let descriptor = PromptSignals.wakeWriter.load(ordering: .relaxed)
    var byte: UInt8 = 0
    // A full pipe is as good as one more byte.
    if descriptor >= 0 { _ = write(descriptor, &byte, 1) }
    errno = code
  }

  /// Signal numbers are below 32 for those handled here.
  private static func bit(of number: Int32) -> UInt32 { 1 << UInt32(truncatingIfNeeded: number) }
}
