/// The one seam between the store and the operating system's files.
///
/// The store does all its input and output through this and the two protocols below. `POSIXDisk` is
/// the real one; the tests have one in memory that forgets, tears and fails.
///
/// Errors carry the operation, the file and `errno`, so that a full disk, a damaged one and a missing
/// file can be told apart. Interrupted calls are repeated, partial ones continued.
package protocol Disk: Sendable {
  /// Makes a folder that its owner alone may enter (0700), durably: its parent is synced.
  ///
  /// - Throws: ``DiskError``; `EEXIST` if anything of that name is there.
  func makeFolder(_ path: DiskPath) throws(DiskError)

  /// Opens a folder. What is done in it goes by the open folder and not by its path, so it reaches
  /// the same folder even if that is renamed.
  ///
  /// - Throws: ``DiskError``; `ELOOP` or `ENOTDIR` if the path ends in a symbolic link, `ENOTDIR`
  ///   for anything else that is no folder.
  func openFolder(_ path: DiskPath) throws(DiskError) -> any DiskFolder

  /// What stands under a path; of a symbolic link itself, not of what it points to.
  func status(of path: DiskPath) throws(DiskError) -> FileStatus
}

/// An open folder. Names are those of entries in it, without a slash.
package protocol DiskFolder: Sendable {
  /// The path under which it was opened, for messages.
  var path: DiskPath { get }

  /// Opens a regular file; a symbolic link is never followed.
  ///
  /// - Throws: ``DiskError``; `ELOOP` for a symbolic link, `EINVAL` for anything else that is no
  ///   regular file.
  func open(_ name: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile

  /// What stands under a name; of a symbolic link itself.
  func status(of name: String) throws(DiskError) -> FileStatus

  /// What stands under a name in the folder that has `path` now: what others would find, even if the
  /// folder that is open here has another name by now, or none.
  func statusByPath(of name: String) throws(DiskError) -> FileStatus

  /// What the folder itself is; a link count of 0 says that it has been removed.
  func status() throws(DiskError) -> FileStatus

  /// Gives a file another name in this folder, replacing what had it, as one step.
  ///
  /// Durable only after `sync()`.
  func rename(_ name: String, to newName: String) throws(DiskError)

  /// Removes a name. Durable only after `sync()`.
  func remove(_ name: String) throws(DiskError)

  /// The names of all entries but `.` and `..`, in any order. Bytes that are not UTF-8 are replaced.
  func names() throws(DiskError) -> [String]

  /// Makes durable which names there are. What the files hold is synced by each file.
  func sync() throws(DiskError)

  /// Locks the folder by way of a lock file in it, against other processes and other opens.
  ///
  /// - Parameters:
  ///   - name: The lock file.
  ///   - isReadOnly: Nothing is written then: the file must be there, and it does not come to hold
  ///     this process' number. Where it can't even be opened for writing, the lock is a shared one.
  /// - Throws: ``DiskError`` if the lock file can't be opened or made.
  func lock(_ name: String, isReadOnly: Bool) throws(DiskError) -> DiskLockOutcome
}

extension DiskFolder {
  /// Whether anything has this name.
  package func contains(_ name: String) throws(DiskError) -> Bool {
    do throws(DiskError) {
      _ = try status(of: name)
      return true
    } catch  where error.isMissing {
      return false
    }
  }
}

/// An open regular file, closed when the last reference goes.
///
/// Reading and writing take positions, so any number of threads may share one.
package protocol DiskFile: Sendable {
  /// Reads until `buffer` is full or the file ends.
  ///
  /// - Returns: how many bytes were read, fewer than asked for only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) -> Int

  /// Writes all of `bytes`, or throws after having written any part of them.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError)

  /// Makes the file end at `byteCount`, with zeros where it was shorter.
  func truncate(to byteCount: Int64) throws(DiskError)

  /// Makes what the file holds, and how long it is, survive a power failure. Its name is synced by
  /// its folder.
  ///
  /// After a failure nothing is known about what was written since the last sync, and a second call
  /// may falsely succeed: don't repeat it.
  func sync() throws(DiskError)

  /// What the file is.
  func status() throws(DiskError) -> FileStatus

  /// Takes room on the disk for the file up to this size, without changing its length: what is written
  /// there later can't fail because the disk is full.
  ///
  /// - Returns: whether that is so; many file systems can't.
  func reserve(_ byteCount: Int64) -> Bool
}

extension DiskFile {
  package func reserve(_ byteCount: Int64) -> Bool { false }
}

/// How a file is opened. In every way links are not followed and programs started later don't
/// inherit it.
package enum DiskOpenMode: Sendable {
  /// To read one that is there.
  case read
  /// To read and write one that is there.
  case readWrite
  /// To make one that its owner alone may read and write (0600). One that is there is `EEXIST`.
  case create
}

/// What a name in the file system stands for.
package struct FileStatus: Equatable, Sendable {
  /// The kinds that matter here.
  package enum Kind: Sendable {
    case file
    case folder
    case link
    case other
  }

  /// The kind of thing.
  package var kind: Kind
  /// The device; together with `inode`, which file it is, whatever its name.
  package var device: UInt64
  /// The number of the file on its device.
  package var inode: UInt64
  /// How many names it has; 0 after the last has been removed.
  package var linkCount: Int
  /// The size in bytes.
  package var byteCount: Int64
  /// The permission bits, as `chmod` takes them.
  package var permissions: UInt32

  package init(
    kind: Kind, device: UInt64, inode: UInt64, linkCount: Int, byteCount: Int64,
    permissions: UInt32
  ) {
    self.kind = kind
    self.device = device
    self.inode = inode
    self.linkCount = linkCount
    self.byteCount = byteCount
    self.permissions = permissions
  }

  /// Whether both are the same file under possibly different names.
  package func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode
  }
}

/// A lock that is held as long as a reference to it lives.
package protocol DiskLock: AnyObject, Sendable {}

/// What came of an attempt to lock.
package enum DiskLockOutcome: Sendable {
  /// It is held now.
  case held(any DiskLock)
  /// Somebody else holds it; the number of their process if the lock file tells.
  case busy(holder: Int?)
}
