internal import CDisk

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A regular file of the operating system, by its descriptor.
final class POSIXFile: DiskFile {
  /// The path, for messages.
  let name: String
  private let descriptor: Int32

  /// Takes over `descriptor`.
  init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) -> Int {
    guard let start = buffer.baseAddress else { return 0 }
    var done = 0
    while done < buffer.count {
      let count = min(buffer.count - done, Self.callByteLimit)
      let read = POSIXCalls.repeating {
        pread(descriptor, start + done, count, off_t(offset) + off_t(done))
      }
      guard read >= 0 else { throw DiskError(.read, name, code: errno) }
      if read == 0 { break }
      done += read
    }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError) {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, Self.callByteLimit)
      let written = POSIXCalls.repeating {
        pwrite(descriptor, start + done, count, off_t(offset) + off_t(done))
      }
      guard written >= 0 else { throw DiskError(.write, name, code: errno) }
      // No file answers 0 to a write of something; were it so, repeating would never end.
      guard written > 0 else { throw DiskError(.write, name, code: EIO) }
      done += written
    }
  }

  func truncate(to byteCount: Int64) throws(DiskError) {
    let result = POSIXCalls.repeating { ftruncate(descriptor, off_t(byteCount)) }
    guard result == 0 else { throw DiskError(.shorten, name, code: errno) }
  }

  func sync() throws(DiskError) {
    guard POSIXCalls.sync(descriptor) == 0 else { throw DiskError(.sync, name, code: errno) }
  }

  func status() throws(DiskError) -> FileStatus {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw DiskError(.inspect, name, code: errno)
    }
    return FileStatus(information)
  }

  func reserve(_ byteCount: Int64) -> Bool {
    guard let start = try? status().byteCount else { return false }
    guard byteCount > start else { return true }
    return POSIXCalls.repeating { qrrot_reserve(descriptor, start, byteCount - start) } == 0
  }

  /// Systems take no more than about 2 GiB a call.
  private static let callByteLimit = 1 << 30
}
