internal import QrrotAgent
internal import QrrotCore
internal import Synchronization
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A recording that is being made: each exchange is a line, which is written whole when it has ended.
final class RecordingWriter: Sendable {
  private let path: FilePath
  private let descriptor: FileDescriptor
  private let filter: Mutex<SecretFilter>
  /// A line is written by one call, and no other one in between.
  private let lock = Mutex(())

  /// Makes the file, of mode 0600, with its first line.
  ///
  /// - Parameter replacing: whether a regular file that is there is removed first.
  /// - Throws: `refused` with detail `fileExists` if one is there and is not to be replaced; `refused`
  ///   for what can't be replaced; `io`.
  init(
    _ name: String, replacing: Bool, _ endpoint: WireEndpoint, _ filter: SecretFilter,
    secondsNow: Int64
  ) throws(QrrotError) {
    path = FilePath(name)
    self.filter = Mutex(filter)
    var status = stat()
    if path.withPlatformString({ lstat($0, &status) }) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw QrrotError(
          .refused, "\(name) is not a regular file; name another one for the recording")
      }
      guard replacing else {
        throw QrrotError(.refused, "\(name) is there already", detail: .fileExists)
      }
      _ = path.withPlatformString { unlink($0) }
    }
    do {
      descriptor = try FileDescriptor.open(
        path, .writeOnly,
        options: [.append, .create, .exclusiveCreate, .noFollow, .nonBlocking, .closeOnExec],
        permissions: [.ownerReadWrite])
      _ = try descriptor.writeAll(RecordingForm.header(endpoint, secondsNow: secondsNow))
    } catch Errno.fileExists {
      throw QrrotError(.refused, "\(name) is there already", detail: .fileExists)
    } catch {
      throw QrrotError(.io, "can't write the recording \(name): \(error)")
    }
  }

  deinit { try? descriptor.close() }

  /// Looks for these keys from now on.
  func use(_ filter: SecretFilter) { self.filter.withLock { $0 = filter } }

  /// Appends an exchange.
  ///
  /// - Throws: `io`; the last line may be a part of one.
  func append(_ request: WireRequest, _ exchange: RecordedExchange) throws(QrrotError) {
    let line = RecordingForm.line(request, exchange, filter.withLock { $0 })
    do {
      try lock.withLock { _ in _ = try descriptor.writeAll(line) }
    } catch {
      throw QrrotError(.io, "can't write the recording \(path.string): \(error)")
    }
  }
}
