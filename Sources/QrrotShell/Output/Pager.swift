internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A pager, fed through a pipe.
final class Pager: OutputSink {
  private let input: FileDescriptor
  private let process: pid_t

  /// Starts `command` with the system's shell; nil if that can't be done.
  init?(command: String) {
    guard let pipe = try? FileDescriptor.pipe() else { return nil }
    // Neither end may leak into another child, and the child gets its own copy as standard input.
    _ = fcntl(pipe.writeEnd.rawValue, F_SETFD, FD_CLOEXEC)
    _ = fcntl(pipe.readEnd.rawValue, F_SETFD, FD_CLOEXEC)
    guard let child = ChildProcess.start(command, standardInput: pipe.readEnd) else {
      try? pipe.readEnd.close()
      try? pipe.writeEnd.close()
      return nil
    }
    try? pipe.readEnd.close()
    input = pipe.writeEnd
    process = child
  }

  func write(_ bytes: [UInt8]) throws(ShellStop) {
    do {
      // Ctrl-C belongs to the pager while it runs, so a write goes on after it.
      try input.writeAll(bytes)
    } catch {
      throw .outputClosed
    }
  }

  /// How a pager ended.
  enum Ending {
    /// The person left it, or it left by itself.
    case finished
    /// Ctrl-C ended it, which leaves the cursor behind a `^C`.
    case interrupted
    /// The shell found no such program, or was not allowed to run it.
    case notRun
  }

  /// Closes the pager's input and waits until the person leaves it.
  func finish() -> Ending {
    try? input.close()
    var status: Int32 = 0
    while waitpid(process, &status, 0) == -1, errno == EINTR {}
    if status & 0x7F == SIGINT { return .interrupted }
    let exitStatus = status >> 8 & 0xFF
    return status & 0x7F == 0 && (exitStatus == 126 || exitStatus == 127) ? .notRun : .finished
  }
}
