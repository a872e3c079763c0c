internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A program that has the terminal for a while.
enum ChildProcess {
  /// Starts `command` with the system's shell.
  ///
  /// - Parameters:
  ///   - argument: its `$1`.
  ///   - standardInput: what it reads; nil for what this program reads.
  /// - Returns: its number; nil if it can't be started.
  static func start(
    _ command: String, argument: String? = nil, standardInput: FileDescriptor? = nil
  ) -> pid_t? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let environment = _NSGetEnviron().pointee
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      let environment = environ
    #endif
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    guard posix_spawnattr_init(&attributes) == 0 else { return nil }
    defer { posix_spawnattr_destroy(&attributes) }
    if let standardInput {
      posix_spawn_file_actions_adddup2(&actions, standardInput.rawValue, 0)
    }
    // The shell ignores SIGPIPE for itself; other programs expect the usual behaviour.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let words = ["sh", "-c", command] + (argument.map { ["sh", $0] } ?? [])
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let status = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environment)
    return status == 0 ? child : nil
  }

  /// Waits for its end. A signal that asks the program to end is passed on to it.
  ///
  /// - Returns: its exit status; 128 and the signal's number if one has ended it.
  static func wait(for child: pid_t, _ signals: SignalState) -> Int32 {
    var status: Int32 = 0
    var hasPassedOn = false
    while true {
      let ended = waitpid(child, &status, WNOHANG)
      if ended == child { break }
      if ended == -1, errno != EINTR { return 127 }
      if let signal = signals.termination, !hasPassedOn {
        hasPassedOn = true
        kill(child, signal)
      }
      // Signals may reach another thread than the one that waits here, so it looks.
      _ = poll(nil, 0, 50)
    }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}
