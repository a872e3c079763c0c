#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension POSIXFolder {
  func lock(_ name: String, isReadOnly: Bool) throws(DiskError) -> DiskLockOutcome {
    var isShared = false
    var descriptor = openDescriptor(name, flags: isReadOnly ? O_RDWR : O_RDWR | O_CREAT)
    if descriptor < 0, isReadOnly, errno == EROFS || errno == EACCES {
      isShared = true
      descriptor = openDescriptor(name, flags: O_RDONLY)
    }
    guard descriptor >= 0 else { throw failure(.lock, name) }
    let file = POSIXFile(name: path.appending(name).description, descriptor: descriptor)
    guard try file.status().kind == .file else {
      throw DiskError(.open, file.name, code: EINVAL)
    }
    guard Self.lock(descriptor, isShared: isShared) == 0 else {
      guard errno == EAGAIN || errno == EACCES || errno == EWOULDBLOCK else {
        throw failure(.lock, name)
      }
      return .busy(holder: Self.holder(in: file))
    }
    if !isReadOnly { try Self.writeHolder(to: file) }
    return .held(POSIXLock(file: file))
  }

  private static func writeHolder(to file: POSIXFile) throws(DiskError) {
    let text = Array("\(getpid())\n".utf8)
    do throws(DiskError) {
      try text.withRawBytes { bytes throws(DiskError) in try file.write(bytes, at: 0) }
      try file.truncate(to: Int64(text.count))
    } catch  where error.isFull {
      // A database can be opened on a full disk too; the number is for a message alone.
    }
  }

  /// Takes the lock that belongs to an open file and goes with its last descriptor. A plain POSIX
  /// lock belongs to the process and would go when any descriptor of the file is closed.
  private static func lock(_ descriptor: Int32, isShared: Bool) -> Int32 {
    #if os(Linux)
      var range = flock()
      range.l_type = Int16(isShared ? F_RDLCK : F_WRLCK)
      range.l_whence = Int16(SEEK_SET)
      return POSIXCalls.repeating { fcntl(descriptor, openFileLockCommand, &range) }
    #else
      return POSIXCalls.repeating {
        flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB)
      }
    #endif
  }

  #if os(Linux)
    /// F_OFD_SETLK, which some C libraries show only on demand.
    private static let openFileLockCommand: Int32 = 37
  #endif

  /// The process number in a lock file, if there is one.
  private static func holder(in file: POSIXFile) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 24)
    let count = bytes.withUnsafeMutableBytes { buffer in
      // Whose lock it is, is for the message alone: without it there is a message still.
      (try? file.read(into: buffer, at: 0)) ?? 0
    }
    let digits = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
    // One that only reads does not write its number: what stands there is then somebody's before it.
    guard let number = Int32(String(decoding: digits, as: UTF8.self)), number > 0,
      kill(number, 0) == 0 || errno != ESRCH
    else { return nil }
    return Int(number)
  }
}

/// A lock that goes with its open file.
private final class POSIXLock: DiskLock {
  private let file: POSIXFile

  init(file: POSIXFile) { self.file = file }
}
