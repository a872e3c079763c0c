public import QrrotCore

/// A look at all files of a database: what is sound, what opening it would recover, what is damaged
/// and where.
///
/// Nothing is changed by it, not even a lock file's content, but the database is held as long as this
/// lives. `repair()` is the one thing that changes files.
public final class DatabaseCheck {
  /// How a check is made.
  public struct Options: Sendable {
    /// The bytes that the data may take in memory; beyond it, files are verified and keys not counted.
    public var memoryLimit = Int.max
    /// Whether `repair()` may follow.
    public var isRepair = false

    /// The defaults.
    public init() {}
  }

  /// What was found, a sentence a fact, in the order in which to read them. They hold names from
  /// outside: escape them.
  public internal(set) var facts: [String] = []
  /// How many places are damaged.
  public internal(set) var damageCount = 0
  /// What a repair would keep and drop, a sentence each; empty if there is nothing to repair.
  public internal(set) var plan: [String] = []
  /// Whether opening the database would succeed and lose nothing that was ever acknowledged.
  public var isSound: Bool { damageCount == 0 }

  var files: CheckedFolder
  private let lock: (any DiskLock)?
  let memoryLimit: Int
  private let isRepair: Bool
  /// Whether the marker has to be made anew.
  var isMarkerDamaged = false
  /// What a repair would keep; nil if the data is sound.
  var kept: RecoveryAttempt?
  /// The snapshot of an earlier repair that only has to be finished.
  var unfinishedRepair: UInt64?
  /// Whether a header could only be read mended.
  var isMended = false
  /// The last commit that anything speaks of.
  var lastKnownLSN: UInt64 = 0

  private init(_ files: CheckedFolder, lock: (any DiskLock)?, _ options: Options) {
    self.files = files
    self.lock = lock
    memoryLimit = options.memoryLimit
    isRepair = options.isRepair
  }

  /// Checks the database in a folder.
  ///
  /// - Parameters:
  ///   - path: the folder's path, in bytes as the operating system takes it.
  ///   - progress: called from time to time with bytes read and bytes in all; throws to end it.
  /// - Throws: `busy` if a process has it open; `refused` for a folder that is no database, or one of
  ///   a newer version; `io`; what `progress` throws. Nothing has been changed then.
  /// - Complexity: O(bytes of all files).
  public static func run(
    _ path: [UInt8], _ options: Options = Options(),
    progress: @escaping (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> DatabaseCheck {
    try run(DiskPath(path), on: POSIXDisk(), options, progress: progress)
  }

  /// The same on any disk.
  package static func run(
    _ path: DiskPath, on disk: any Disk, _ options: Options = Options(),
    progress: @escaping (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> DatabaseCheck {
    do throws(DiskError) {
      try DatabaseFolder.requireFolder(path, on: disk, isReadOnly: true)
    } catch {
      if error.isMissing { throw QrrotError(.io, "there is no folder \(path)") }
      throw DatabaseFolder.error(error, opening: path)
    }
    do {
      let folder = try disk.openFolder(path)
      let names = try folder.names()
      let markerDamage = try Self.markerDamage(in: folder, names)
      let lock = try DatabaseFolder.lock(
        folder, isReadOnly: !options.isRepair, hasLockFile: names.contains(DatabaseFolder.lockName))
      // What stands there is looked at once it can't change any more.
      let check = DatabaseCheck(
        try CheckedFolder(folder, report: progress), lock: lock, options)
      if let markerDamage {
        check.note(markerDamage)
        check.isMarkerDamaged = true
      } else {
        check.facts.append("\(path) is a qrrot database.")
      }
      try check.inspect()
      return check
    } catch let error as QrrotError {
      throw error
    } catch let error as DiskError {
      throw error.qrrotError
    } catch {
      throw QrrotError(.io, "can't check \(path): \(error)")
    }
  }

  /// What is wrong with the marker; nil if nothing is.
  ///
  /// - Throws: `refused` for a folder that is no database, or one of a newer version.
  private static func markerDamage(
    in folder: any DiskFolder, _ names: [String]
  ) throws -> CheckDamage? {
    let path = folder.path.appending(DatabaseFolder.markerName).description
    guard names.contains(DatabaseFolder.markerName) else {
      let isOurs = names.contains { name in
        StoreFileName.snapshotNumber(name) != nil || StoreFileName.logNumber(name) != nil
      }
      guard isOurs else {
        throw QrrotError(
          .refused,
          "\(folder.path) is no qrrot database: it holds no \(DatabaseFolder.markerName)")
      }
      return CheckDamage(path, "the file is missing")
    }
    do {
      try DatabaseFolder.checkMarker(in: folder)
      return nil
    } catch let error as DiskError {
      return try CheckDamage(.disk(error))
    } catch let error as QrrotError where error.code == .corrupt {
      return CheckDamage(path, offset: 0, "it does not hold the line that marks a database")
    }
  }

  func note(_ damage: CheckDamage) {
    damageCount += 1
    facts.append(damage.text)
  }
}
