public import QrrotCore

/// Making a damaged database one that opens.
extension DatabaseCheck {
  /// Does what `plan` says.
  ///
  /// The data goes to a new snapshot with a new, empty log behind it. That is written and verified
  /// first, under another name; then the files that were there get theirs (`NAME.damaged-1`), and at
  /// the very end the snapshot gets its own. In between the folder can't be opened, so if this is
  /// interrupted, nothing is lost and nothing wrong is read: another check finds the new snapshot and
  /// another repair goes on with it.
  ///
  /// - Parameter progress: called with keys written and keys in all; throws to end it.
  /// - Returns: what was done, a sentence each.
  /// - Throws: `too-large` if the data does not fit into memory; `io`, and what `progress` throws.
  public func repair(
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) -> [String] {
    var facts: [String] = []
    do {
      if let kept {
        guard kept.holdsData else {
          throw QrrotError(
            .tooLarge, "the data needs more memory than --max-memory allows; nothing was changed")
        }
        let number = try unfinishedRepair ?? write(kept, progress)
        for name in files.logs.filter({ $0 != number }).map(StoreFileName.log)
          + files.snapshots.map(StoreFileName.snapshot)
        {
          let newName = try LogRepair.setAside(name, in: files.folder)
          facts.append("\(name) is \(newName) now.")
        }
        let name = StoreFileName.snapshot(number)
        try files.folder.rename(CheckedFolder.repaired(number), to: name)
        try files.folder.sync()
        facts.append("\(name) holds \(kept.keysText) now.")
      }
      if isMarkerDamaged { facts += try repairMarker() }
    } catch let error as QrrotError {
      throw error
    } catch let error as StorageError {
      throw error.qrrotError
    } catch let error as DiskError {
      throw error.qrrotError
    } catch {
      throw QrrotError(.io, "can't repair \(files.folder.path): \(error)")
    }
    facts.append("The database can be opened again.")
    return facts
  }

  /// Writes a snapshot that is not in force yet, and the log that goes on behind it.
  ///
  /// - Returns: their number: one above all others, so that the folder is refused as long as the log
  ///   is there and the snapshot is not.
  private func write(
    _ kept: RecoveryAttempt, _ progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws -> UInt64 {
    let highest = max(files.logs.last ?? 0, files.snapshots.last ?? 0)
    guard highest < .max - 1 else {
      throw QrrotError(.refused, "there is no number left for a new file")
    }
    let number = max(2, highest + 1)
    let position = LogPosition(
      segment: number, nextLSN: kept.lastLSN + 1, previousChecksum: 0)
    _ = try LogSegment.create(
      in: files.folder, number: number, previousSalt: 0,
      progress: LogProgress(lastLSN: kept.lastLSN))
    do {
      try kept.state.keyspace.writeSnapshot(
        to: files.folder, as: CheckedFolder.repaired(number), at: position, progress: progress)
    } catch {
      try? files.folder.remove(StoreFileName.log(number))
      throw error
    }
    return number
  }

  private func repairMarker() throws -> [String] {
    let name = DatabaseFolder.markerName
    var facts: [String] = []
    if try files.folder.contains(name) {
      facts.append("\(name) is \(try LogRepair.setAside(name, in: files.folder)) now.")
    }
    try DatabaseFolder.makeMarker(in: files.folder)
    facts.append("\(name) was made anew.")
    return facts
  }
}
