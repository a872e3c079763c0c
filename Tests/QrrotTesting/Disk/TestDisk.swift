package import QrrotStore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A disk in memory that remembers what has been synced, fails where it is told to, and after a crash
/// yields what a real one could hold.
///
/// Data and names are synced apart, as by a strict reading of POSIX: `DiskFile.sync()` makes the
/// bytes of a file survive and not its name, `DiskFolder.sync()` the names and not the bytes.
///
/// Every call that could fail has a number, from 1. A test runs its story once to count them, and
/// then once for each number with a fault there.
package final class TestDisk: Disk, Sendable {
  /// What goes wrong at a call.
  package enum Fault: Sendable {
    /// The call fails and does nothing.
    case error(Int32)
    /// A write fails after so many bytes; any other call does nothing.
    case partial(Int, Int32)
    /// The power fails during the call: a write, a truncation or a change of names may have
    /// happened. All further calls fail.
    case crash
  }

  /// One call, for messages and for choosing where to fail.
  package struct Call: Equatable, Sendable {
    package var operation: DiskError.Operation
    package var file: String
  }

  let state: Guarded<TestDiskState>

  /// A disk with one empty folder, or with none.
  package convenience init(folder: String? = nil) {
    var state = TestDiskState()
    if let folder { state.folders[folder] = TestDiskState.Folder() }
    self.init(state)
  }

  init(_ state: TestDiskState) { self.state = Guarded(state) }

  /// How many calls there have been.
  package var callCount: Int { state.withLock { $0.calls.count } }
  /// All calls so far, in order.
  package var calls: [Call] { state.withLock { $0.calls } }
  /// Whether the power has failed.
  package var hasCrashed: Bool { state.withLock { $0.hasCrashed } }

  /// Lets call number `call`, counted from 1, go wrong.
  package func fail(at call: Int, with fault: Fault) {
    state.withLock { $0.faults[call] = fault }
  }

  /// Lets every call of a kind fail from now on; nil ends that.
  package func failAll(_ operation: DiskError.Operation, with code: Int32?) {
    state.withLock { $0.broken[operation] = code }
  }

  /// How many bytes all files may have together; beyond that a write writes what fits and fails with
  /// `ENOSPC`. Nil for no limit.
  package func setCapacity(_ byteCount: Int?) { state.withLock { $0.capacity = byteCount } }

  /// From now on the disk promises room for files beforehand, as many real ones do.
  package func promiseRoom() { state.withLock { $0.promisesRoom = true } }

  /// Runs `body` at the beginning of every call from now on, on the thread that makes it, with the
  /// call's number; nil ends that. It may use the disk, whose calls are not handed to it then.
  package func watch(_ body: (@Sendable (_ number: Int, _ call: Call) -> Void)?) {
    state.withLock { $0.watcher = body }
  }

  /// Lets all calls fail from now on: the process has ended.
  package func stop() { state.withLock { $0.hasCrashed = true } }

  /// Puts a file there, durably, without a call.
  package func put(_ name: String, _ bytes: [UInt8], in folder: String) {
    state.withLock { state in
      let inode = state.makeInode()
      state.inodes[inode] = TestDiskState.Inode(content: bytes, durable: bytes)
      state.folders[folder]?.entries[name] = inode
      state.folders[folder]?.durable[name] = inode
    }
  }

  /// What a file holds now as the system shows it; nil if there is none.
  package func bytes(_ name: String, in folder: String) -> [UInt8]? {
    state.withLock { state in
      state.folders[folder]?.entries[name].flatMap { state.inodes[$0]?.content }
    }
  }

  /// The names in a folder, sorted.
  package func names(in folder: String) -> [String] {
    state.withLock { ($0.folders[folder]?.entries.keys).map { $0.sorted() } ?? [] }
  }

  package func makeFolder(_ path: DiskPath) throws(DiskError) {
    try call(.make, path.description) { state throws(DiskError) in
      guard state.folders[path.description] == nil else { throw state.error(EEXIST) }
      state.folders[path.description] = TestDiskState.Folder()
    }
  }

  package func openFolder(_ path: DiskPath) throws(DiskError) -> any DiskFolder {
    try call(.open, path.description) { state throws(DiskError) in
      guard state.folders[path.description] != nil else { throw state.error(ENOENT) }
    }
    return TestFolder(disk: self, path: path)
  }

  package func status(of path: DiskPath) throws(DiskError) -> FileStatus {
    try call(.inspect, path.description) { state throws(DiskError) in
      guard state.folders[path.description] != nil else { throw state.error(ENOENT) }
      return FileStatus(
        kind: .folder, device: 1, inode: 0, linkCount: 2, byteCount: 0, permissions: 0o700)
    }
  }

  /// Counts a call and does it, unless it is to go wrong.
  func call<R>(
    _ operation: DiskError.Operation, _ file: String,
    _ body: (inout TestDiskState) throws(DiskError) -> R
  ) throws(DiskError) -> R {
    let call = Call(operation: operation, file: file)
    let (number, watcher) = state.withLock { state in
      state.calls.append(call)
      return (state.calls.count, state.watcher)
    }
    watcher?(number, call)
    let result = state.withLock { state -> Result<R, DiskError> in
      state.running = call
      guard !state.hasCrashed else { return .failure(state.error(EIO)) }
      if let code = state.broken[operation] { return .failure(state.error(code)) }
      state.partialByteCount = nil
      switch state.faults[number] {
      case .error(let code): return .failure(state.error(code))
      case .partial(let count, let code):
        guard operation == .write else { return .failure(state.error(code)) }
        state.partialByteCount = count
        state.partialCode = code
      case .crash:
        // What the call was about may reach the disk still: it is pending when the power fails.
        if operation == .write || operation == .shorten || operation == .rename
          || operation == .remove
        {
          do throws(DiskError) { _ = try body(&state) } catch {}
        }
        state.hasCrashed = true
        return .failure(state.error(EIO))
      case nil: break
      }
      do throws(DiskError) { return .success(try body(&state)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
