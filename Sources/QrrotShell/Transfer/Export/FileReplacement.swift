internal import QrrotCore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that is written beside its place, under another name, and gets its own once it is whole.
///
/// It has mode 0600. Dropped before it is finished, it is removed.
final class FileReplacement {
  private let path: FilePath
  private let temporaryPath: FilePath
  private let descriptor: FileDescriptor
  private var isFinished = false

  /// Begins to write a file.
  ///
  /// - Throws: `io`; `refused` where no file can be.
  init(_ path: FilePath) throws(QrrotError) {
    self.path = path
    let name = ".qrrot-export-" + String(UInt64.random(in: 0 ... .max), radix: 16)
    temporaryPath = Self.folder(of: path).appending(name)
    do {
      descriptor = try FileDescriptor.open(
        temporaryPath, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite])
    } catch {
      throw Self.failure(path, error)
    }
  }

  deinit {
    guard !isFinished else { return }
    try? descriptor.close()
    _ = temporaryPath.withPlatformString { unlink($0) }
  }

  private static func folder(of path: FilePath) -> FilePath {
    let folder = path.removingLastComponent()
    return folder.isEmpty ? "." : folder
  }

  private static func failure(_ path: FilePath, _ error: any Error) -> QrrotError {
    QrrotError(.io, "can't write \(path.string): \(describe(error)); nothing was exported")
  }

  /// Looks whether a file is there.
  ///
  /// - Throws: `refused` for what can't be replaced: a folder, a link, a device, and in a database's own
  ///   folder; `io`.
  static func exists(_ path: FilePath) throws(QrrotError) -> Bool {
    guard let name = path.lastComponent, name.kind == .regular else {
      throw QrrotError(.refused, "\(path.string) is no name of a file")
    }
    let marker = folder(of: path).appending("qrrot-database")
    var status = stat()
    if marker.withPlatformString({ lstat($0, &status) }) == 0 {
      throw QrrotError(
        .refused,
        "\(path.string) would be in the folder of a database; name a file in another one")
    }
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else {
      guard errno == ENOENT else { throw failure(path, Errno(rawValue: errno)) }
      return false
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return true
    case S_IFDIR: throw QrrotError(.refused, "\(path.string) is a folder; name a file")
    case S_IFLNK:
      throw QrrotError(
        .refused,
        "\(path.string) is a symbolic link; name what it points to, links are not followed")
    default:
      throw QrrotError(.refused, "\(path.string) is not a regular file; name another one")
    }
  }

  /// Appends all of `bytes`.
  ///
  /// - Throws: `io`.
  func write(_ bytes: [UInt8]) throws(QrrotError) {
    do { _ = try descriptor.writeAll(bytes) } catch { throw Self.failure(path, error) }
  }

  /// Makes it durable and gives it its name.
  ///
  /// - Parameter replacing: whether a file that has come up under that name is replaced.
  /// - Throws: `io`; `refused` with detail `fileExists`. What was there is as it was then.
  func finish(replacing: Bool) throws(QrrotError) {
    do {
      guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
      try giveName(replacing: replacing)
      isFinished = true
      try? descriptor.close()
      let folder = try FileDescriptor.open(
        Self.folder(of: path), .readOnly, options: [.directory, .closeOnExec])
      defer { try? folder.close() }
      guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch Errno.fileExists {
      throw QrrotError(.refused, "\(path.string) is there already", detail: .fileExists)
    } catch {
      throw Self.failure(path, error)
    }
  }

  private func giveName(replacing: Bool) throws {
    let status = temporaryPath.withPlatformString { temporary in
      path.withPlatformString { final in
        replacing ? rename(temporary, final) : link(temporary, final)
      }
    }
    guard status == 0 else { throw Errno(rawValue: errno) }
    if !replacing { _ = temporaryPath.withPlatformString { unlink($0) } }
  }
}
