#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The descriptors that every program is started with, or should be.
enum StandardDescriptors {
  /// Takes the place of each one that is closed, so that no file or pipe opened later becomes
  /// standard input or output by accident. Reading from such a place, or writing to it, stays an
  /// error.
  static func reserve() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      guard fcntl(descriptor, F_GETFD) == -1, errno == EBADF else { continue }
      // The lowest free number is this one; opened the wrong way round, it can't be used.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
