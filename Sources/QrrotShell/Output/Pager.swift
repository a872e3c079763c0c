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
    guard let child = Self.start(command, standardInput: pipe.readEnd) else {
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

  private static func start(_ command: String, standardInput: FileDescriptor) -> pid_t? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    guard posix_spawnattr_init(&attributes) == 0 else { return nil }
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawn_file_actions_adddup2(&actions, standardInput.rawValue, 0)
    // The shell ignores SIGPIPE for itself; a pager expects the usual behaviour.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = [
      strdup("sh"), strdup("-c"), strdup(command), nil,
    ]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    #if canImport(Darwin)
      let environment = _NSGetEnviron().pointee
    #else
      let environment = environ
    #endif
    let status = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environment)
    return status == 0 ? child : nil
  }
}
