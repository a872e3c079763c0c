internal import QrrotStore

/// All that a `TestDisk` holds, behind its lock.
struct TestDiskState {
  /// A file, whatever its names.
  struct Inode {
    /// What the system shows.
    var content: [UInt8] = []
    /// What would be there if nothing since the last sync reached the disk.
    var durable: [UInt8] = []
    /// What has been done since, in order.
    var pending: [Change] = []
    var linkCount = 1
    /// Whether a sync has failed: later ones succeed and make nothing durable.
    var hasFailedSync = false
  }

  enum Change {
    case write([UInt8], at: Int)
    case truncate(Int)

    func apply(to content: inout [UInt8]) {
      switch self {
      case .write(let bytes, let offset):
        let missing = offset + bytes.count - content.count
        if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
        content.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
      case .truncate(let count):
        if count <= content.count {
          content.removeSubrange(count...)
        } else {
          content += [UInt8](repeating: 0, count: count - content.count)
        }
      }
    }
  }

  struct Folder {
    var entries: [String: Int] = [:]
    var durable: [String: Int] = [:]
    var pending: [NameChange] = []
    var locks: Set<String> = []
  }

  enum NameChange {
    case add(String, Int)
    case remove(String)
    case rename(String, String)

    func apply(to entries: inout [String: Int]) {
      switch self {
      case .add(let name, let inode): entries[name] = inode
      case .remove(let name): entries[name] = nil
      case .rename(let name, let newName): entries[newName] = entries.removeValue(forKey: name)
      }
    }
  }

  var inodes: [Int: Inode] = [:]
  var folders: [String: Folder] = [:]
  var calls: [TestDisk.Call] = []
  /// The call that is being done.
  var running: TestDisk.Call?
  var watcher: (@Sendable (Int, TestDisk.Call) -> Void)?
  var faults: [Int: TestDisk.Fault] = [:]
  var broken: [DiskError.Operation: Int32] = [:]
  var capacity: Int?
  /// Whether room for a file is promised beforehand, where there is some.
  var promisesRoom = false
  var hasCrashed = false
  /// How much of the running write is done before it fails.
  var partialByteCount: Int?
  var partialCode: Int32 = 0
  private var lastInode = 0

  mutating func makeInode() -> Int {
    lastInode += 1
    return lastInode
  }

  /// The running call's error.
  func error(_ code: Int32) -> DiskError {
    guard let call = running else { return DiskError(.open, "", code: code) }
    return DiskError(call.operation, call.file, code: code)
  }

  var byteCount: Int { inodes.values.reduce(0) { $0 + $1.content.count } }

  mutating func change(_ inode: Int, _ change: Change) {
    change.apply(to: &inodes[inode, default: Inode()].content)
    inodes[inode, default: Inode()].pending.append(change)
  }

  mutating func sync(_ inode: Int) {
    guard let file = inodes[inode], !file.hasFailedSync else { return }
    let content = file.content
    inodes[inode]?.durable = content
    inodes[inode]?.pending = []
  }

  mutating func change(_ folder: String, _ change: NameChange) {
    change.apply(to: &folders[folder, default: Folder()].entries)
    folders[folder, default: Folder()].pending.append(change)
  }
}
