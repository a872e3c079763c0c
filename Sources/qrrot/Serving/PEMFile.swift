import QrrotCore
import SystemPackage

/// A file with certificates or a key that the command line names. TLS' own code reads it, and would wait for
/// a pipe until somebody writes into it.
enum PEMFile {
  /// Checks that a file is one to be read. A link is followed: those who renew certificates put links in
  /// their place.
  ///
  /// - Parameters:
  ///   - what: what it is called in errors.
  ///   - isKey: whether nobody but its owner may open it; one of root's may be opened by its group.
  /// - Throws: `io` if it can't be opened; `refused` if it is no regular file, or a key that others may
  ///   open. Nothing is waited for.
  static func check(_ name: String, what: String, isKey: Bool = false) throws(QrrotError) {
    let status: Stat
    do {
      let file = try FileDescriptor.open(
        FilePath(name), .readOnly, options: [.nonBlocking, .closeOnExec])
      status = try file.closeAfter { try file.stat() }
    } catch {
      throw QrrotError(.io, "can't read \(what) \(name): \(error)")
    }
    guard status.type == .regular else {
      throw QrrotError(.refused, "\(what) \(name) is not a regular file")
    }
    guard isKey else { return }
    let others: FilePermissions =
      status.userID.rawValue == 0
      ? [.otherReadWriteExecute, .groupWrite] : [.otherReadWriteExecute, .groupReadWriteExecute]
    guard status.permissions.isDisjoint(with: others) else {
      throw QrrotError(
        .refused, "\(what) \(name) can be opened by others; `chmod 600` makes it yours alone")
    }
  }
}
