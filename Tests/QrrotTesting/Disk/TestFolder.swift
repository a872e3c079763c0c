internal import QrrotStore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A folder of a `TestDisk`.
final class TestFolder: DiskFolder {
  let path: DiskPath
  private let disk: TestDisk
  private var name: String { path.description }

  init(disk: TestDisk, path: DiskPath) {
    self.disk = disk
    self.path = path
  }

  func open(_ name: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    let inode = try call(.open, name) { state, folder throws(DiskError) in
      if let inode = folder.entries[name] {
        guard mode != .create else { throw state.error(EEXIST) }
        return inode
      }
      guard mode == .create else { throw state.error(ENOENT) }
      let inode = state.makeInode()
      state.inodes[inode] = TestDiskState.Inode()
      state.change(self.name, .add(name, inode))
      return inode
    }
    return TestFile(disk: disk, inode: inode, name: path.appending(name).description)
  }

  func status(of name: String) throws(DiskError) -> FileStatus {
    try call(.inspect, name) { state, folder throws(DiskError) in
      guard let inode = folder.entries[name] else { throw state.error(ENOENT) }
      return state.status(of: inode)
    }
  }

  // A folder of this disk keeps its name.
  func statusByPath(of name: String) throws(DiskError) -> FileStatus { try status(of: name) }

  func status() throws(DiskError) -> FileStatus { try disk.status(of: path) }

  func rename(_ name: String, to newName: String) throws(DiskError) {
    try call(.rename, name) { state, folder throws(DiskError) in
      guard folder.entries[name] != nil else { throw state.error(ENOENT) }
      if let replaced = folder.entries[newName] { state.inodes[replaced]?.linkCount -= 1 }
      state.change(self.name, .rename(name, newName))
    }
  }

  func remove(_ name: String) throws(DiskError) {
    try call(.remove, name) { state, folder throws(DiskError) in
      guard let inode = folder.entries[name] else { throw state.error(ENOENT) }
      state.inodes[inode]?.linkCount -= 1
      state.change(self.name, .remove(name))
    }
  }

  func names() throws(DiskError) -> [String] {
    try call(.list, ".") { _, folder throws(DiskError) in Array(folder.entries.keys) }
  }

  func sync() throws(DiskError) {
    try call(.sync, ".") { state, folder throws(DiskError) in
      state.folders[self.name]?.durable = folder.entries
      state.folders[self.name]?.pending = []
    }
  }

  func lock(_ name: String, isReadOnly: Bool) throws(DiskError) -> DiskLockOutcome {
    let isHeld = try call(.lock, name) { state, folder throws(DiskError) in
      guard !isReadOnly || folder.entries[name] != nil else { throw state.error(ENOENT) }
      if folder.entries[name] == nil {
        let inode = state.makeInode()
        state.inodes[inode] = TestDiskState.Inode()
        state.change(self.name, .add(name, inode))
      }
      return state.folders[self.name]?.locks.insert(name).inserted ?? false
    }
    return isHeld ? .held(TestLock(disk: disk, folder: self.name, name: name)) : .busy(holder: 1)
  }

  private func call<R>(
    _ operation: DiskError.Operation, _ name: String,
    _ body: (inout TestDiskState, TestDiskState.Folder) throws(DiskError) -> R
  ) throws(DiskError) -> R {
    try disk.call(operation, path.appending(name).description) { state throws(DiskError) in
      guard let folder = state.folders[self.name] else { throw state.error(ENOENT) }
      return try body(&state, folder)
    }
  }
}

private final class TestLock: DiskLock {
  private let disk: TestDisk
  private let folder: String
  private let name: String

  init(disk: TestDisk, folder: String, name: String) {
    self.disk = disk
    self.folder = folder
    self.name = name
  }

  deinit { _ = disk.state.withLock { $0.folders[folder]?.locks.remove(name) } }
}

/// A file of a `TestDisk`.
final class TestFile: DiskFile {
  private let disk: TestDisk
  private let inode: Int
  private let name: String

  init(disk: TestDisk, inode: Int, name: String) {
    self.disk = disk
    self.inode = inode
    self.name = name
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) -> Int {
    // The buffer does not leave the call.
    let (address, size) = (UInt(bitPattern: buffer.baseAddress), buffer.count)
    return try disk.call(.read, name) { state throws(DiskError) in
      guard let content = state.inodes[inode]?.content, offset < content.count, size > 0 else {
        return 0
      }
      let count = min(size, content.count - Int(offset))
      content.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(
          start: UnsafeMutableRawPointer(bitPattern: address), count: size
        )
        .copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[Int(offset)..<(Int(offset) + count)]))
      }
      return count
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError) {
    let bytes = Array(bytes)
    try disk.call(.write, name) { state throws(DiskError) in
      var count = bytes.count
      var code: Int32?
      if let partial = state.partialByteCount {
        count = min(count, partial)
        code = state.partialCode
      }
      if let capacity = state.capacity {
        let size = state.inodes[inode]?.content.count ?? 0
        let room = max(0, capacity - state.byteCount) + max(0, size - Int(offset))
        if count > room {
          count = room
          code = ENOSPC
        }
      }
      if count > 0 { state.change(inode, .write(Array(bytes[..<count]), at: Int(offset))) }
      if let code { throw state.error(code) }
    }
  }

  func truncate(to byteCount: Int64) throws(DiskError) {
    try disk.call(.shorten, name) { state throws(DiskError) in
      state.change(inode, .truncate(Int(byteCount)))
    }
  }

  func sync() throws(DiskError) {
    do throws(DiskError) {
      try disk.call(.sync, name) { state throws(DiskError) in state.sync(inode) }
    } catch {
      // As Linux does: what could not be written counts as written from now on.
      disk.state.withLock { $0.inodes[inode]?.hasFailedSync = true }
      throw error
    }
  }

  func reserve(_ byteCount: Int64) -> Bool {
    disk.state.withLock { state in
      guard state.promisesRoom, let capacity = state.capacity else { return state.promisesRoom }
      let size = state.inodes[inode]?.content.count ?? 0
      return Int(byteCount) - size <= capacity - state.byteCount
    }
  }

  func status() throws(DiskError) -> FileStatus {
    try disk.call(.inspect, name) { state throws(DiskError) in state.status(of: inode) }
  }
}

extension TestDiskState {
  fileprivate func status(of inode: Int) -> FileStatus {
    FileStatus(
      kind: .file, device: 1, inode: UInt64(inode), linkCount: inodes[inode]?.linkCount ?? 0,
      byteCount: Int64(inodes[inode]?.content.count ?? 0), permissions: 0o600)
  }
}
