#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The operating system's files.
package struct POSIXDisk: Disk {
  package init() {}

  package func makeFolder(_ path: DiskPath) throws(DiskError) {
    guard path.withCString({ mkdir($0, 0o700) }) == 0 else {
      throw DiskError(.make, path.description, code: errno)
    }
    let parent = path.parent
    do throws(DiskError) {
      try openFolder(parent).sync()
    } catch  where error.operation == .open && error.code == EACCES {
      // A folder may be entered and written to and yet not be read, and then it can't be synced.
    }
  }

  package func openFolder(_ path: DiskPath) throws(DiskError) -> any DiskFolder {
    let descriptor = path.withCString { path in
      POSIXCalls.repeating { open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }
    guard descriptor >= 0 else { throw DiskError(.open, path.description, code: errno) }
    return POSIXFolder(path: path, descriptor: descriptor)
  }

  package func status(of path: DiskPath) throws(DiskError) -> FileStatus {
    var information = stat()
    guard path.withCString({ lstat($0, &information) }) == 0 else {
      throw DiskError(.inspect, path.description, code: errno)
    }
    return FileStatus(information)
  }
}

/// What several of the calls need.
enum POSIXCalls {
  /// Repeats a call that a signal has interrupted.
  @inline(__always)
  static func repeating<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  /// Makes what a descriptor's file holds durable; -1 with `errno` set if that failed.
  static func sync(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
      // Only this reaches the medium; file systems that don't know it answer ENOTSUP or EINVAL.
      let result = repeating { fcntl(descriptor, F_FULLFSYNC) }
      if result != -1 || (errno != ENOTSUP && errno != EINVAL) { return result }
      return repeating { fsync(descriptor) }
    #else
      return repeating { fdatasync(descriptor) }
    #endif
  }
}

extension FileStatus {
  init(_ information: stat) {
    let kind: Kind =
      switch mode_t(information.st_mode) & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .other
      }
    self.init(
      kind: kind, device: UInt64(truncatingIfNeeded: information.st_dev),
      inode: UInt64(truncatingIfNeeded: information.st_ino),
      linkCount: Int(truncatingIfNeeded: information.st_nlink),
      byteCount: Int64(information.st_size),
      permissions: UInt32(mode_t(information.st_mode) & 0o7777))
  }
}
