internal import QrrotCore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Lets a person edit a text in a program of their own.
///
/// The text stands in a file of mode 0600 inside a folder of mode 0700 that is made for it and removed
/// afterwards, whatever happens, with everything that the editor has left in it.
struct PlanEditor {
  /// What the system's shell runs, with the file's path behind it; nil if there is no editor.
  let command: String?
  /// Where the folder is made.
  let folder: String
  let signals: SignalState

  /// Runs the editor on `text`.
  ///
  /// - Returns: what the file holds then.
  /// - Throws: `refused` without an editor; `io` if it failed or its file can't be read; `too-large`;
  ///   `interrupted` if SIGTERM or SIGHUP has come meanwhile.
  func edit(_ text: [UInt8]) throws(QrrotError) -> [UInt8] {
    guard let command else {
      throw QrrotError(.refused, "there is no editor: set EDITOR; nothing was applied")
    }
    let place = try makeFolder()
    defer { remove(place) }
    let path = place.appending("plan.qrrot")
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite])
      _ = try file.closeAfter { try file.writeAll(text) }
    } catch {
      throw failure("can't write a file for the editor: \(describe(error))")
    }
    try run(command, path)
    return try read(path)
  }

  private func makeFolder() throws(QrrotError) -> FilePath {
    // mkdtemp(3) puts letters of its own in the place of the last six.
    var template = Array("\(folder)/qrrot-plan-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }
    }
    guard let made else {
      throw failure(
        "can't make a folder in \(folder) for the editor: \(Errno(rawValue: errno).description)")
    }
    return FilePath(platformString: made)
  }

  /// An editor may leave copies of the text beside it, in folders too. No link is followed.
  private func remove(_ place: FilePath) {
    if let listing = place.withPlatformString({ opendir($0) }) {
      while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let path = place.appending(name)
        guard path.withPlatformString({ unlink($0) }) != 0 else { continue }
        var status = stat()
        if path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR
        {
          remove(path)
        }
      }
      closedir(listing)
    }
    _ = place.withPlatformString { rmdir($0) }
  }

  private func run(_ command: String, _ path: FilePath) throws(QrrotError) {
    guard let process = ChildProcess.start(command + " \"$1\"", argument: path.string) else {
      throw failure("the editor \(command) can't be started")
    }
    let status = ChildProcess.wait(for: process, signals)
    // Ctrl-C belonged to the editor while it ran.
    signals.interrupt.clear()
    signals.drainWakeUps()
    if signals.termination != nil { throw QrrotError(.interrupted, "stopped by a signal") }
    guard status == 0 else {
      throw failure("the editor \(command) failed")
    }
  }

  private func read(_ path: FilePath) throws(QrrotError) -> [UInt8] {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        path, .readOnly, options: [.noFollow, .closeOnExec, .nonBlocking])
    } catch {
      throw failure("can't read what the editor left: \(describe(error))")
    }
    defer { try? file.close() }
    var status = stat()
    guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("what the editor left is no file")
    }
    let source = DescriptorSource(file, closesDescriptor: false, signals: signals)
    var text: [UInt8] = []
    while try source.read(1 << 20, into: &text) > 0 {
      guard text.count <= Self.byteLimit else {
        throw QrrotError(
          .tooLarge, "an edited plan may be \(Self.byteLimit) bytes long; nothing was applied")
      }
    }
    return text
  }

  private func failure(_ text: String) -> QrrotError {
    QrrotError(.io, "\(text); nothing was applied")
  }

  /// As much as a request may stage, written as commands.
  private static let byteLimit = 256 << 20
}
