internal import QrrotCore

/// The folder of a database: whether it is one, who holds it, what is in it.
///
/// ```
/// qrrot-database       the marker: `qrrot database 1`, a line feed
/// lock                 locked while a process has the database open; holds its number
/// log-0000000001       the log, in segments
/// snapshot-0000000002  all data up to the beginning of log segment 2
/// ```
struct DatabaseFolder: Sendable {
  let folder: any DiskFolder
  /// Held until it is released; nil where there is no lock file and none may be made.
  private let lock: Guarded<(any DiskLock)?>
  let isReadOnly: Bool
  /// Whether the database was made just now.
  let isNew: Bool

  static let markerName = "qrrot-database"
  static let lockName = "lock"
  private static let markerText = "qrrot database "
  private static let version = 1

  /// Opens the folder and locks it, making both the folder and the database if they are absent.
  ///
  /// - Throws: `busy` if another process has it; `refused` for a folder that is something else, a
  ///   file, a link, a newer version; `io`. Nothing has been made or changed then but an empty
  ///   folder.
  static func open(
    _ path: DiskPath, on disk: any Disk, isReadOnly: Bool
  ) throws(QrrotError) -> DatabaseFolder {
    do throws(DiskError) {
      try requireFolder(path, on: disk, isReadOnly: isReadOnly)
    } catch {
      throw Self.error(error, opening: path)
    }
    do {
      let folder = try disk.openFolder(path)
      let names = try folder.names()
      let isDatabase = names.contains(markerName)
      let others = names.filter { $0 != lockName && $0 != StoreFileName.temporary(markerName) }
      if isDatabase { try checkMarker(in: folder) }
      guard isDatabase || (others.isEmpty && !isReadOnly) else {
        throw QrrotError(
          .refused,
          others.isEmpty
            ? "\(path) is no qrrot database yet: it is empty; open it without --read-only to make one"
            : "\(path) is no qrrot database: it holds other files (\(others.sorted()[0]) …) and no \(markerName); name an empty or a new folder"
        )
      }
      let lock = Guarded(
        try lock(folder, isReadOnly: isReadOnly, hasLockFile: names.contains(lockName)))
      if !isDatabase { try makeMarker(in: folder) }
      return DatabaseFolder(folder: folder, lock: lock, isReadOnly: isReadOnly, isNew: !isDatabase)
    } catch let error as DiskError {
      throw Self.error(error, opening: path)
    } catch let error as QrrotError {
      throw error
    } catch {
      throw QrrotError(.io, "can't open \(path): \(error)")
    }
  }

  static func requireFolder(
    _ path: DiskPath, on disk: any Disk, isReadOnly: Bool
  ) throws(DiskError) {
    do throws(DiskError) {
      let status = try disk.status(of: path)
      switch status.kind {
      case .folder: return
      case .link: throw DiskError(.open, path.description, code: DiskError.linkCode)
      case .file, .other: throw DiskError(.open, path.description, code: DiskError.noFolderCode)
      }
    } catch  where error.isMissing && !isReadOnly {
      do throws(DiskError) {
        try disk.makeFolder(path)
      } catch  where error.isExisting {
        // Somebody else has made it meanwhile; who comes first decides the lock.
      }
    }
  }

  static func error(_ error: DiskError, opening path: DiskPath) -> QrrotError {
    if error.operation == .open, error.code == DiskError.noFolderCode {
      let advice =
        path.name.hasSuffix(".qrrot")
        ? "it is a command file; did you mean -f \(path)?" : "name a folder"
      return QrrotError(.refused, "\(path) is a file, not the folder of a database; \(advice)")
    }
    if error.isLink, error.file == path.description {
      return QrrotError(
        .refused, "\(error.file) is a symbolic link; name what it points to, links are not followed"
      )
    }
    if error.isMissing, error.operation == .make {
      return QrrotError(.io, "can't make \(path): there is no folder \(path.parent) to make it in")
    }
    if error.isMissing, error.file == path.description {
      return QrrotError(.io, "there is no database \(path), and one that is only read is not made")
    }
    return error.qrrotError
  }

  static func lock(
    _ folder: any DiskFolder, isReadOnly: Bool, hasLockFile: Bool
  ) throws -> (any DiskLock)? {
    // A copy on a medium that can't be written may have come without one.
    if isReadOnly, !hasLockFile { return nil }
    switch try folder.lock(lockName, isReadOnly: isReadOnly) {
    case .held(let lock): return lock
    case .busy(let holder):
      let who = holder.map { "process \($0)" } ?? "another process"
      throw QrrotError(
        .busy, "\(folder.path) is open in \(who); a database is open in one process at a time")
    }
  }

  static func makeMarker(in folder: any DiskFolder) throws {
    let temporary = StoreFileName.temporary(markerName)
    if try folder.names().contains(temporary) { try folder.remove(temporary) }
    let file = try folder.open(temporary, .create)
    try Array("\(markerText)\(version)\n".utf8).withUnsafeBytes { try file.write($0, at: 0) }
    try file.sync()
    try folder.rename(temporary, to: markerName)
    try folder.sync()
  }

  static func checkMarker(in folder: any DiskFolder) throws {
    let file = try folder.open(markerName, .read)
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    let path = folder.path.appending(markerName)
    guard text.hasPrefix(markerText), let end = text.firstIndex(of: "\n"),
      let found = Int(text[..<end].dropFirst(markerText.count)), found > 0
    else {
      throw QrrotError(
        .corrupt, "\(path) is damaged: it has to be the line \"\(markerText)\(version)\"")
    }
    guard found <= version else {
      throw QrrotError(
        .refused, "\(path) says version \(found), which a newer qrrot wrote; use that one")
    }
  }
}

extension DatabaseFolder {
  /// Lets others open the database.
  func release() { lock.withLock { $0 = nil } }

  /// What a person should know about the folder; nil if all is well.
  var warning: String? {
    guard let permissions = try? folder.status().permissions, permissions & 0o077 != 0 else {
      return nil
    }
    let mode = String(permissions & 0o777, radix: 8)
    return
      "\(folder.path) is open to other users (mode \(mode)); chmod 700 makes it yours alone"
  }

  /// Removes what a newer snapshot has made needless, and files that were never finished. What can't
  /// be removed now is removed another time.
  func removeLeftovers(before position: LogPosition, snapshot: UInt64?) {
    guard let names = try? folder.names() else { return }
    for name in names {
      let isOldLog = StoreFileName.logNumber(name).map { $0 < position.segment } ?? false
      let isOldSnapshot =
        StoreFileName.snapshotNumber(name).map { number in
          snapshot.map { number < $0 } ?? false
        } ?? false
      let isUnfinished = name.hasSuffix(StoreFileName.temporary("")) && name.hasPrefix("snapshot-")
      if isOldLog || isOldSnapshot || isUnfinished { try? folder.remove(name) }
    }
    try? folder.sync()
  }
}
