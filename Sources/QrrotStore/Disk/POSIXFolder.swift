#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A folder of the operating system, by its descriptor.
final class POSIXFolder: DiskFolder {
  let path: DiskPath
  private let descriptor: Int32

  /// Takes over `descriptor`.
  init(path: DiskPath, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func open(_ name: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    let file = path.appending(name).description
    let descriptor = openDescriptor(name, flags: mode.flags)
    guard descriptor >= 0 else { throw DiskError(.open, file, code: errno) }
    let opened = POSIXFile(name: file, descriptor: descriptor)
    guard try opened.status().kind == .file else { throw DiskError(.open, file, code: EINVAL) }
    return opened
  }

  func status(of name: String) throws(DiskError) -> FileStatus {
    var information = stat()
    guard fstatat(descriptor, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw failure(.inspect, name)
    }
    return FileStatus(information)
  }

  func statusByPath(of name: String) throws(DiskError) -> FileStatus {
    var information = stat()
    let path = path.appending(name)
    guard path.withCString({ lstat($0, &information) }) == 0 else {
      throw DiskError(.inspect, path.description, code: errno)
    }
    return FileStatus(information)
  }

  func status() throws(DiskError) -> FileStatus {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw DiskError(.inspect, path.description, code: errno)
    }
    return FileStatus(information)
  }

  func rename(_ name: String, to newName: String) throws(DiskError) {
    guard renameat(descriptor, name, descriptor, newName) == 0 else {
      throw failure(.rename, name)
    }
  }

  func remove(_ name: String) throws(DiskError) {
    guard unlinkat(descriptor, name, 0) == 0 else { throw failure(.remove, name) }
  }

  func names() throws(DiskError) -> [String] {
    // A second open file: reading through a copy of the descriptor would share its position.
    let copy = POSIXCalls.repeating {
      openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard copy >= 0 else { throw DiskError(.list, path.description, code: errno) }
    guard let stream = fdopendir(copy) else {
      let code = errno
      close(copy)
      throw DiskError(.list, path.description, code: code)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw DiskError(.list, path.description, code: errno) }
    return names
  }

  func sync() throws(DiskError) {
    // fdatasync might leave out what it takes for no data; this is for names.
    #if canImport(Darwin)
      let result = POSIXCalls.sync(descriptor)
    #else
      let result = POSIXCalls.repeating { fsync(descriptor) }
    #endif
    guard result == 0 else { throw DiskError(.sync, path.description, code: errno) }
  }

  /// A descriptor of an entry; -1 with `errno` set.
  func openDescriptor(_ name: String, flags: Int32) -> Int32 {
    // O_NONBLOCK: opening a pipe that stands in a file's place must not wait for its other end. It
    // changes nothing about regular files.
    POSIXCalls.repeating {
      openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600 as mode_t)
    }
  }

  func failure(_ operation: DiskError.Operation, _ name: String) -> DiskError {
    DiskError(operation, path.appending(name).description, code: errno)
  }
}

extension DiskOpenMode {
  fileprivate var flags: Int32 {
    switch self {
    case .read: O_RDONLY
    case .readWrite: O_RDWR
    case .create: O_RDWR | O_CREAT | O_EXCL
    }
  }
}
