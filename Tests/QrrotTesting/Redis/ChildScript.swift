#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A shell script beside the tests that lives until this process ends, in whichever way.
///
/// Its standard input is a pipe that nobody writes to: once it is closed, which the system does for a
/// process that is killed too, what follows the script's `cat` is carried out. It is in a process group
/// of its own, so that Ctrl-C in the terminal of the tests does not end it before.
final class ChildScript: Sendable {
  private let descriptor: Int32
  private let child: pid_t

  /// Starts it; the words are `$1` and on.
  init(_ script: String, _ words: [String]) throws(RedisUnready) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw RedisUnready("no pipe") }
    // No other child may hold the pipe open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[0]) }
    descriptor = ends[1]
    do throws(RedisUnready) {
      child = try Spawned.start(
        ["/bin/sh", "-c", script, "sh"] + words, input: ends[0], output: nil)
    } catch {
      _ = close(ends[1])
      throw error
    }
  }

  /// Lets it do what it does in the end, and waits for that.
  deinit {
    _ = close(descriptor)
    _ = Spawned.wait(for: child)
  }
}

/// Programs that tests run, without Foundation.
enum Spawned {
  /// Starts a program in a process group of its own, its output in a file or dropped.
  static func start(
    _ words: [String], input: Int32?, output: String?
  ) throws(RedisUnready) -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", flags, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Threads of a pool block signals, which a program started by one would inherit.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var variables: [UnsafeMutablePointer<CChar>?] = [
      strdup("PATH=\(RedisServer.searchPath)"), strdup("LC_ALL=C"), nil,
    ]
    defer { for variable in variables { free(variable) } }
    // A server of another test would have its port kept open by this program after it has stopped.
    for descriptor in Int32(3)..<1_024 where fcntl(descriptor, F_GETFD) == 0 {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    var child: pid_t = 0
    let status = posix_spawnp(&child, words[0], &actions, &attributes, &arguments, &variables)
    guard status == 0 else {
      throw RedisUnready("\(words[0]): \(String(cString: strerror(status)))")
    }
    return child
  }

  /// Waits for its end; the exit status, or -1 for one that was killed.
  static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
  }
}
