internal import QrrotCore

/// Where a person wants a file: an open folder and a name in it.
struct FilePlace {
  let folder: any DiskFolder
  let name: String
  /// The path as it was given, for messages.
  let path: DiskPath

  /// Opens the folder of a path. The last folder of it may be a link; the file itself may not.
  ///
  /// - Throws: `refused` for a name that can't be a file's, `io`.
  init(_ path: DiskPath, on disk: any Disk) throws(QrrotError) {
    let name = path.name
    guard !name.isEmpty, name != ".", name != "..", path.bytes.last != UInt8(ascii: "/") else {
      throw QrrotError(.refused, "\(path) is no name of a file")
    }
    guard path.bytes.suffix(name.utf8.count).elementsEqual(name.utf8) else {
      throw QrrotError(.refused, "\(path): the name of this file has to be UTF-8")
    }
    do throws(DiskError) {
      var parent = path.parent
      // "folder/." leads through a link that stands for the folder.
      if try disk.status(of: parent).kind == .link { parent = parent.appending(".") }
      folder = try disk.openFolder(parent)
    } catch {
      throw error.qrrotError
    }
    self.name = name
    self.path = path
  }

  /// What stands there; nil for nothing.
  ///
  /// - Throws: `refused` for anything but a regular file, `io`.
  func existing() throws(QrrotError) -> FileStatus? {
    let status: FileStatus
    do throws(DiskError) {
      guard try folder.contains(name) else { return nil }
      status = try folder.status(of: name)
    } catch {
      throw error.qrrotError
    }
    switch status.kind {
    case .file: return status
    case .folder: throw QrrotError(.refused, "\(path) is a folder; name a file")
    case .link:
      throw QrrotError(
        .refused, "\(path) is a symbolic link; name what it points to, links are not followed")
    case .other: throw QrrotError(.refused, "\(path) is not a regular file; name another one")
    }
  }

  /// Refuses to write into the folder of a database, where names have a meaning.
  func refuseDatabaseFolder() throws(QrrotError) {
    do throws(DiskError) {
      guard try folder.contains(DatabaseFolder.markerName) else { return }
    } catch {
      throw error.qrrotError
    }
    throw QrrotError(
      .refused, "\(path) would be in the folder of a database; name a file in another one")
  }
}
