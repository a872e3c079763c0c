public import QrrotCore
internal import Synchronization
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What signals have asked for, as the rest of the shell sees it.
///
/// The executable installs the handlers; a handler may call ``interruptRequested()`` and
/// ``terminationRequested(_:)``, which only store atomics and write one byte to a pipe.
public final class SignalState: Sendable {
  /// Raised by Ctrl-C, for the running command.
  public let interrupt: Interrupt
  /// Becomes readable when a signal has come, so that a blocked `poll` wakes up; nil where there is
  /// no pipe (in tests).
  public let wakeDescriptor: FileDescriptor?
  private let wakeWriter: FileDescriptor?
  private let terminationSignal = Atomic<Int32>(0)

  /// Makes the state; `wakePipe` is a pipe that does not block at either end.
  public init(
    interrupt: Interrupt = Interrupt(),
    wakePipe: (readEnd: FileDescriptor, writeEnd: FileDescriptor)? = nil
  ) {
    self.interrupt = interrupt
    wakeDescriptor = wakePipe?.readEnd
    wakeWriter = wakePipe?.writeEnd
  }

  /// SIGTERM or SIGHUP if one has come: finish the running command, then leave.
  public var termination: Int32? {
    let signal = terminationSignal.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// Ctrl-C came.
  public func interruptRequested() {
    interrupt.raise()
    wake()
  }

  /// `signal` asks the program to end.
  public func terminationRequested(_ signal: Int32) {
    terminationSignal.store(signal, ordering: .relaxed)
    wake()
  }

  private func wake() {
    guard let wakeWriter else { return }
    // Inside a signal handler nothing may allocate, as an array or a thrown error would: a signal
    // that came in the middle of an allocation would never return. A full pipe is as good as one
    // more byte, so the result does not matter.
    var byte: UInt8 = 0
    _ = write(wakeWriter.rawValue, &byte, 1)
  }
}

extension SignalState {
  /// Ends long work that can be given up as a whole: nothing has been changed yet.
  ///
  /// - Throws: `interrupted` if Ctrl-C, SIGTERM or SIGHUP has come.
  func check() throws(QrrotError) {
    try interrupt.check()
    if termination != nil { throw QrrotError(.interrupted, "stopped by a signal") }
  }

  /// Ends what is being printed for a request that a signal has ended.
  ///
  /// - Throws: `.terminated`, `.interrupted`.
  func stopIfTerminated() throws(ShellStop) {
    if let signal = termination { throw .terminated(signal) }
    if interrupt.isRaised { throw .interrupted }
  }

  /// Empties the wake pipe, once what woke the reader has been dealt with.
  func drainWakeUps() {
    guard let wakeDescriptor else { return }
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
      // The pipe does not block: an error means that it is empty.
      while let count = try? wakeDescriptor.read(into: buffer, retryOnInterrupt: true), count > 0 {}
    }
  }
}
