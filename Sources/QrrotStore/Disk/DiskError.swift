internal import QrrotCore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The operating system refused something: what, on which file, and why.
package struct DiskError: Error, Equatable, Sendable {
  /// What was tried.
  package enum Operation: String, Sendable {
    case open
    case make
    case read
    case write
    case shorten
    case sync
    case inspect = "look at"
    case rename
    case remove
    case list
    case lock
  }

  /// What was tried.
  package var operation: Operation
  /// The path of the file or folder, for messages.
  package var file: String
  /// The value of `errno`.
  package var code: Int32

  package init(_ operation: Operation, _ file: String, code: Int32) {
    self.operation = operation
    self.file = file
    self.code = code
  }

  /// No room, or no more of it for this user: writing may go on when there is.
  package var isFull: Bool { code == ENOSPC || code == EDQUOT }
  /// The file system, or the permissions, do not allow to write.
  package var isReadOnly: Bool { code == EROFS || code == EACCES || code == EPERM }
  /// Nothing has this name.
  package var isMissing: Bool { code == ENOENT }
  /// Something has this name already.
  package var isExisting: Bool { code == EEXIST }
  /// The code that says that something is no folder.
  static let noFolderCode = ENOTDIR
  /// The code that says that something is a symbolic link.
  static let linkCode = ELOOP

  /// A symbolic link stands where a file or folder has to be.
  package var isLink: Bool { code == ELOOP }
  /// Something that is no regular file stands where a file has to be.
  package var isNoRegularFile: Bool { operation == .open && (isLink || code == EINVAL) }
}

extension DiskError {
  /// The error as a user sees it: what could not be done, why, and what to do.
  var qrrotError: QrrotError { QrrotError(.io, message) }

  /// What could not be done, why, and what to do, in one sentence.
  package var message: String {
    let what = "can't \(operation.rawValue) \(file): \(cause)"
    return advice.map { what + "; " + $0 } ?? what
  }

  private var cause: String {
    switch code {
    case ENOSPC: "the disk is full"
    case EDQUOT: "the quota of this user is used up"
    case EIO: "the disk reported an error (EIO)"
    case EROFS: "the file system is read-only"
    case EACCES, EPERM: "permission denied"
    case ENOENT: "there is no such file or folder"
    case ELOOP: "it is a symbolic link"
    case ENOTDIR: "it is not a folder"
    case EINVAL where operation == .open: "it is not a regular file"
    case EISDIR: "it is a folder"
    case EEXIST: "it exists already"
    case EBUSY where operation == .write: "another process has changed it"
    case EFBIG: "it would be larger than this system allows"
    case EMFILE, ENFILE: "too many files are open"
    default: String(cString: strerror(code))
    }
  }

  private var advice: String? {
    switch code {
    case ENOSPC, EDQUOT: "make room and repeat the command"
    case EIO: "look at the system's log, and make a copy of the folder before anything else"
    case EROFS: "open the database with --read-only, or mount the file system for writing"
    case EACCES, EPERM: "check the owner and the permissions"
    case ENOENT:
      operation == .write ? "it has been moved or removed: put it back and open it again" : nil
    case EBUSY where operation == .write:
      "leave both, look at it with qrrot check, and never remove the lock file of an open database"
    case EISDIR: "put it away, and the file itself in its place"
    case ELOOP: "put the file itself in its place; links are not followed"
    case EFBIG: "check the file size limit (ulimit -f)"
    case EMFILE, ENFILE: "close some, or raise the limit (ulimit -n)"
    default: nil
    }
  }
}

extension DiskError {
  /// The file that was being written has no name any more, or its name leads to another one.
  static func nameLost(_ file: String) -> DiskError { DiskError(.write, file, code: ENOENT) }
}

extension DiskError {
  /// The file that was being written is not as it was left.
  static func writtenByOthers(_ file: String) -> DiskError { DiskError(.write, file, code: EBUSY) }
}

extension DiskError {
  /// A file ended earlier than its size said.
  static func cutShort(_ file: String) -> DiskError { DiskError(.read, file, code: EIO) }

  /// A file can't be made where there is one.
  static func nameTaken(_ file: String) -> DiskError { DiskError(.make, file, code: EEXIST) }
}
