internal import QrrotCore
internal import QrrotStore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where lines of the log go. Whoever has one never waits for the disk or for a reader: a thread writes.
///
/// At most ``pendingByteCount`` bytes wait. What comes beyond that is left out, and so is what can't be
/// written; how many lines that was is said once there is room again.
final class LogOutput: Sendable {
  private struct State {
    var descriptor: FileDescriptor
    /// The file that takes the place of `descriptor`, and how much of `pending` still goes to that.
    var next: FileDescriptor?
    var oldByteCount = 0
    var pending: [UInt8] = []
    var droppedCount = 0
    var isWriting = false
    var isEnding = false
  }

  /// What the thread does next.
  private struct Work {
    var bytes: ArraySlice<UInt8>
    var descriptor: FileDescriptor
    /// The file before, which is needed no more, and what belongs there still.
    var old: (descriptor: FileDescriptor, bytes: ArraySlice<UInt8>)?
  }

  /// How many bytes may wait for the thread.
  static let pendingByteCount = 1 << 20

  private let path: FilePath?
  private let state: Guarded<State>
  private let droppedLine: @Sendable (Int) -> [UInt8]
  private let thread: Guarded<BackgroundThread?>

  /// Opens a file, or standard error.
  ///
  /// - Parameters:
  ///   - file: the path; nil for standard error.
  ///   - droppedLine: makes the line that says how many others were left out.
  /// - Throws: `io`, `refused`: see ``open(_:)``.
  convenience init(
    file: String?, droppedLine: @escaping @Sendable (Int) -> [UInt8]
  ) throws(QrrotError) {
    let path = file.map { FilePath($0) }
    self.init(
      try path.map { path throws(QrrotError) in try Self.open(path) } ?? .standardError, path: path,
      droppedLine: droppedLine)
  }

  /// Writes to a descriptor, which is closed in the end if it has a path.
  init(
    _ descriptor: FileDescriptor, path: FilePath? = nil,
    droppedLine: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.path = path
    self.droppedLine = droppedLine
    state = Guarded(State(descriptor: descriptor))
    thread = Guarded(nil)
    let writer = BackgroundThread { [self] in while writeNext() {} }
    thread.withLock { $0 = writer }
  }

  /// Adds a line. It does not wait.
  func append(_ line: [UInt8]) {
    state.change { state in
      guard !state.isEnding, state.pending.count + line.count <= Self.pendingByteCount else {
        return state.droppedCount += 1
      }
      if state.droppedCount > 0 {
        state.pending += droppedLine(state.droppedCount)
        state.droppedCount = 0
      }
      state.pending += line
    }
  }

  /// Opens the file anew, because the one of that name is another by now; standard error stays.
  ///
  /// - Returns: whether there is a file.
  /// - Throws: as ``open(_:)``; lines go on into the old file then.
  func reopen() throws(QrrotError) -> Bool {
    guard let path else { return false }
    let new = try Self.open(path)
    let unused = state.change { state in
      if state.next == nil { state.oldByteCount = state.pending.count }
      defer { state.next = new }
      return state.next
    }
    try? unused?.close()
    return true
  }

  /// Writes what waits, for at most so long, and ends.
  func close(milliseconds: Int = 1_000) {
    state.change { $0.isEnding = true }
    // A reader that never comes must not keep the program from its end.
    let isDone = state.wait(milliseconds: milliseconds) { state in
      state.pending.isEmpty && !state.isWriting ? true : nil
    }
    let writer = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard isDone != nil else { return writer?.detach() ?? () }
    writer?.join()
    guard path != nil else { return }
    try? state.withLock { $0.descriptor }.close()
  }

  /// Writes what has come.
  ///
  /// - Returns: false at the end.
  private func writeNext() -> Bool {
    let work = state.wait { state -> Work? in
      guard !state.pending.isEmpty || state.isEnding else { return nil }
      var work = Work(bytes: state.pending[...], descriptor: state.descriptor)
      if let next = state.next {
        work.old = (state.descriptor, work.bytes.prefix(state.oldByteCount))
        work.bytes = work.bytes.dropFirst(state.oldByteCount)
        work.descriptor = next
        state.descriptor = next
        state.next = nil
      }
      state.pending = []
      state.isWriting = true
      return work
    }
    guard let work else { return true }
    var lost = 0
    if let old = work.old {
      lost += Self.write(old.bytes, to: old.descriptor)
      try? old.descriptor.close()
    }
    lost += Self.write(work.bytes, to: work.descriptor)
    return state.change { state in
      state.isWriting = false
      state.droppedCount += lost
      return !state.isEnding || !state.pending.isEmpty
    }
  }

  /// Writes all of it, waiting for a slow reader.
  ///
  /// - Returns: how many lines could not be written.
  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: FileDescriptor) -> Int {
    var rest = bytes
    while !rest.isEmpty {
      do {
        rest = rest.dropFirst(try rest.withUnsafeBytes { try descriptor.write($0) })
      } catch Errno.resourceTemporarilyUnavailable {
        var poller = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
        _ = poll(&poller, 1, 1_000)
      } catch {
        return rest.count { $0 == UInt8(ascii: "\n") }
      }
    }
    return 0
  }

  /// Opens a file to add to, of mode 0600 if it has to be made.
  ///
  /// - Throws: `refused` for a link and for what is no regular file; `io`.
  static func open(_ path: FilePath) throws(QrrotError) -> FileDescriptor {
    do {
      // Without O_NONBLOCK a named pipe in this place would be waited on.
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.append, .create, .noFollow, .nonBlocking, .closeOnExec],
        permissions: .ownerReadWrite)
      if try file.stat().type == .regular { return file }
      try? file.close()
    } catch Errno.tooManySymbolicLinkLevels {
      throw QrrotError(
        .refused, "the log file \(path) is a symbolic link; name the file that it points to")
    } catch Errno.noSuchAddressOrDevice {
      // A pipe that nobody reads.
    } catch {
      throw QrrotError(.io, "can't open the log file \(path): \(error)")
    }
    throw QrrotError(.refused, "the log file \(path) is not a regular file; name another")
  }
}
