internal import QrrotCore

/// One way to read a database's files, tried out: where it begins, how far it comes, what stops it.
final class RecoveryAttempt {
  /// What it begins with.
  enum Base: Equatable {
    /// Nothing: the log from its first commit on.
    case nothing
    /// A sound snapshot.
    case snapshot(UInt64)
    /// Those records of a damaged snapshot that could be read.
    case part(of: UInt64)
  }

  let base: Base
  /// The data so far. It has been dropped if it is more than the memory limit: then `holdsData` is
  /// false, and the rest is verified all the same.
  private(set) var state: EngineState
  private(set) var holdsData = true
  /// Where the log begins.
  var start = LogPosition.start
  /// How many commits of the log could be applied.
  private(set) var commitCount = 0
  /// How the log ends; nil if it can't be read to its end.
  private(set) var outcome: LogOutcome?
  /// What keeps the log from being read to its end; nil if nothing does.
  var damage: CheckDamage?
  private let memoryLimit: Int

  init(_ base: Base, memoryLimit: Int) {
    self.base = base
    self.memoryLimit = memoryLimit
    state = EngineState(memoryLimit: memoryLimit)
  }

  /// The last commit that is in the data.
  var lastLSN: UInt64 { start.lastLSN &+ UInt64(commitCount) }
  var keyCount: Int { state.keyspace.count }
  /// Whether the data is what it was after some commit.
  var isExact: Bool {
    if case .part = base { return false }
    return true
  }

  /// Reads a snapshot whole.
  ///
  /// - Parameter ownName: The file's name, if not the usual one.
  /// - Throws: ``StorageError``; the attempt is of no use then.
  func readSnapshot(
    _ number: UInt64, in folder: CheckedFolder, as ownName: String? = nil
  ) throws(StorageError) -> SnapshotFooter {
    let name = ownName ?? StoreFileName.snapshot(number)
    let path = folder.path(name)
    let file = try folder.open(name)
    var reader = try SnapshotReader(file, path: path)
    let footer = reader.footer
    guard footer.position.segment == number else {
      throw .refused(FileRefusal(file: path, offset: reader.byteCount, reason: .misplaced))
    }
    try reader.read(
      progress: { done, _ throws(QrrotError) in try folder.progress.update(done) },
      apply: { change throws(QrrotError) in try self.apply(change) })
    folder.progress.finish(reader.byteCount)
    // A key that stands in it twice has been merged into one.
    guard !holdsData || state.recoveredCount == footer.recordCount else {
      throw .refused(FileRefusal(file: path, offset: reader.byteCount, reason: .content))
    }
    start = footer.position
    return footer
  }

  /// Reads the log behind `start` as far as it can be.
  ///
  /// - Parameter position: Where to go on instead, which has to be behind `lastLSN`.
  /// - Throws: what can't be a matter of damaged files.
  func readLog(
    in folder: CheckedFolder, from position: LogPosition? = nil
  ) throws(QrrotError) {
    damage = nil
    let chain = LogChain(folder.view, from: position ?? start)
    do throws(StorageError) {
      outcome = try chain.replay(
        apply: { change throws(QrrotError) in try self.apply(change) },
        progress: { done, _ throws(QrrotError) in
          self.commitCount += 1
          try folder.progress.update(done)
        })
    } catch {
      damage = try CheckDamage(error)
    }
  }

  /// Reads the commits again that could be applied, and no part of another.
  ///
  /// A commit whose content has no meaning may have been applied in part before that showed.
  func readLogAgain(upTo count: Int, in folder: CheckedFolder) throws(QrrotError) {
    guard commitCount < count else { return }
    let chain = LogChain(folder.view, from: start)
    do throws(StorageError) {
      _ = try chain.replay(
        apply: { change throws(QrrotError) in
          guard self.commitCount < count else { throw Self.enough }
          try self.apply(change)
        },
        progress: { _, _ throws(QrrotError) in self.commitCount += 1 })
    } catch .stopped(Self.enough) {
      return
    } catch {
      damage = try CheckDamage(error)
    }
  }

  /// The first commit that is not wanted any more has come.
  private static let enough = QrrotError(.refused, "enough")

  /// Adds a change to the data.
  func apply(_ change: Change) throws(QrrotError) {
    guard holdsData else { return }
    do throws(QrrotError) {
      try state.recover(change)
    } catch  where error.code == .tooLarge {
      holdsData = false
      state = EngineState(memoryLimit: memoryLimit)
    }
  }
}
