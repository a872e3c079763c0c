internal import QrrotCore

/// Reading everything.
extension DatabaseCheck {
  func inspect() throws(QrrotError) {
    if let number = files.unfinishedRepair, let attempt = try finishedRepair(number) {
      unfinishedRepair = number
      lastKnownLSN = attempt.lastLSN
      note(
        CheckDamage(
          files.path(CheckedFolder.repaired(number)), "an earlier repair was not finished"))
      planRepair(attempt)
      return
    }
    let attempt = try bestAttempt()
    lastKnownLSN = max(lastKnownLSN, attempt.lastLSN)
    let isComplete = attempt.damage == nil && attempt.base == newestBase && !isMended
    if let outcome = attempt.outcome { try describe(outcome, of: attempt) }
    if let damage = attempt.damage {
      if attempt.commitCount > 0 {
        facts.append(
          "\(Self.commits(attempt.commitCount)) of the log can be read, up to commit \(attempt.lastLSN)."
        )
      }
      note(damage)
      try surveyRest(behind: damage)
    }
    try describeOthers(attempt)
    if isComplete {
      facts.append(
        attempt.lastLSN == 0
          ? "\(subject) an empty database, without a commit."
          : "\(subject) \(attempt.keysText): the data after commit \(attempt.lastLSN).")
    } else {
      planRepair(attempt)
    }
    if isSound {
      facts.append("No damage was found.")
    } else {
      facts.append(
        "Damage was found in \(damageCount) place\(damageCount == 1 ? "" : "s"); the database can't be opened as it is."
      )
      if isMarkerDamaged, isComplete {
        plan = ["A repair would make \(DatabaseFolder.markerName) anew and drop nothing."]
      }
    }
  }

  private var subject: String {
    isSound ? "Opening it recovers" : "Its data can be read whole:"
  }

  /// What a database that is whole begins with.
  private var newestBase: RecoveryAttempt.Base {
    files.snapshots.last.map { .snapshot($0) } ?? .nothing
  }

  /// The way to read the files that comes furthest; the rules stand in docs/command-line.md.
  private func bestAttempt() throws(QrrotError) -> RecoveryAttempt {
    guard let newest = files.snapshots.last else {
      return try withLog(RecoveryAttempt(.nothing, memoryLimit: memoryLimit))
    }
    if let attempt = try snapshot(newest) { return try withLog(attempt) }
    let position = try logPosition(behind: newest)
    lastKnownLSN = max(lastKnownLSN, position?.lastLSN ?? 0)
    for number in files.snapshots.dropLast().reversed() {
      if let attempt = try snapshot(number) { return try withLog(attempt) }
    }
    if files.logs.first == 1 {
      let attempt = try withLog(RecoveryAttempt(.nothing, memoryLimit: memoryLimit))
      if attempt.damage == nil { return attempt }
      if let position, attempt.lastLSN >= position.lastLSN {
        // A segment may be missing whose commits the snapshot was to hold, and nothing else is.
        if attempt.lastLSN == position.lastLSN {
          files.view.hiddenNames = []
          try attempt.readLog(in: files, from: position)
        }
        return attempt
      }
    }
    return try withLog(try part(of: newest))
  }

  /// Reads a snapshot whole; nil, and a note, if it is damaged.
  private func snapshot(_ number: UInt64) throws(QrrotError) -> RecoveryAttempt? {
    let attempt = RecoveryAttempt(.snapshot(number), memoryLimit: memoryLimit)
    do throws(StorageError) {
      let footer = try attempt.readSnapshot(number, in: files)
      let name = StoreFileName.snapshot(number)
      facts.append(
        "\(name) \(files.view.heads[name] == nil ? "is sound" : "can be read without its header"): \(Self.keys(Int(clamping: footer.recordCount))), the data after commit \(footer.position.lastLSN), \(try byteCount(name)) bytes."
      )
      return attempt
    } catch {
      let damage = try CheckDamage(error)
      note(damage)
      return try mendSnapshot(number, damage) ? try snapshot(number) : nil
    }
  }

  private func byteCount(_ name: String) throws(StorageError) -> Int64 {
    try StorageError.reading { () throws(DiskError) in
      try files.folder.status(of: name).byteCount
    }
  }

  /// Adds what can be read of the log.
  private func withLog(_ first: RecoveryAttempt) throws(QrrotError) -> RecoveryAttempt {
    var attempt = first
    var gap: CheckDamage?
    files.view.hiddenNames = []
    try attempt.readLog(in: files)
    while let damage = attempt.damage {
      if try mendLog(damage) {
        note(damage)
      } else if damage.reason == .missing, let number = damage.segment,
        number > attempt.start.segment, gap == nil
      {
        // What stands before the gap is a log of its own.
        gap = damage
        for later in files.logs where later > number {
          files.view.hiddenNames.insert(StoreFileName.log(later))
        }
      } else {
        break
      }
      attempt = try fresh(attempt.base)
      try attempt.readLog(in: files)
    }
    if attempt.damage?.reason == .content {
      // A part of that commit may have been applied. Such a thing does not come by chance, so reading
      // all of it once more does no harm.
      let again = try fresh(attempt.base)
      try again.readLogAgain(upTo: attempt.commitCount, in: files)
      again.damage = attempt.damage
      attempt = again
    }
    if attempt.damage == nil { attempt.damage = gap }
    return attempt
  }

  /// An attempt that begins as another one did.
  private func fresh(_ base: RecoveryAttempt.Base) throws(QrrotError) -> RecoveryAttempt {
    switch base {
    case .nothing: return RecoveryAttempt(.nothing, memoryLimit: memoryLimit)
    case .part(let number): return try part(of: number)
    case .snapshot(let number):
      let attempt = RecoveryAttempt(base, memoryLimit: memoryLimit)
      do throws(StorageError) {
        _ = try attempt.readSnapshot(number, in: files)
        return attempt
      } catch {
        throw error.qrrotError
      }
    }
  }

  /// Mends the header of a log segment, if that is what is damaged and it can be told.
  ///
  /// - Returns: whether the log can be read further now.
  private func mendLog(_ damage: CheckDamage) throws(QrrotError) -> Bool {
    guard damage.reason == .header || damage.reason == .foreign, let number = damage.segment,
      files.view.heads[StoreFileName.log(number)] == nil
    else { return false }
    do throws(StorageError) {
      guard let head = try files.mendedHead(ofLog: number) else { return false }
      mend(StoreFileName.log(number), head)
      return true
    } catch {
      _ = try CheckDamage(error)
      return false
    }
  }

  private func mendSnapshot(_ number: UInt64, _ damage: CheckDamage) throws(QrrotError) -> Bool {
    let name = StoreFileName.snapshot(number)
    guard damage.reason == .header || damage.reason == .foreign, files.view.heads[name] == nil
    else { return false }
    do throws(StorageError) {
      guard let head = try files.mendedHead(ofSnapshot: number) else { return false }
      mend(name, head)
      return true
    } catch {
      _ = try CheckDamage(error)
      return false
    }
  }

  /// Says something, and only once.
  private func say(_ fact: String) {
    if !facts.contains(fact) { facts.append(fact) }
  }

  private func mend(_ name: String, _ head: [UInt8]) {
    files.view.heads[name] = head
    isMended = true
  }

  /// What can be read of a damaged snapshot.
  private func part(of number: UInt64) throws(QrrotError) -> RecoveryAttempt {
    let name = StoreFileName.snapshot(number)
    let attempt = RecoveryAttempt(.part(of: number), memoryLimit: memoryLimit)
    var lastVersion: UInt64 = 0
    do throws(StorageError) {
      let remains = try SnapshotRemains(try files.open(name), path: files.path(name)) {
        change throws(QrrotError) in try attempt.apply(change)
      }
      lastVersion = remains.lastVersion
      say(
        "\(name): \(Self.keys(remains.recordCount)) can be read, in the first \(remains.wholeBlockCount) of \(remains.blockCount) blocks."
      )
    } catch {
      // Nothing of it can be read; that it is damaged has been said.
      _ = try CheckDamage(error)
    }
    attempt.start =
      try logPosition(behind: number)
      ?? LogPosition(segment: number, nextLSN: lastVersion + 1, previousChecksum: 0)
    return attempt
  }

  /// Where the log goes on behind a damaged snapshot, if it or the log says so.
  private func logPosition(behind number: UInt64) throws(QrrotError) -> LogPosition? {
    let name = StoreFileName.snapshot(number)
    do throws(StorageError) {
      let remains = try SnapshotRemains(try files.open(name), path: files.path(name)) { _ in }
      if let position = remains.position, position.segment == number { return position }
    } catch {
      _ = try CheckDamage(error)
    }
    do throws(StorageError) {
      return try LogPosition(beforeFirstFrameOf: number, in: files)
    } catch {
      _ = try CheckDamage(error)
      return nil
    }
  }

  /// The data of a repair that was not finished, if its snapshot is whole.
  private func finishedRepair(_ number: UInt64) throws(QrrotError) -> RecoveryAttempt? {
    guard files.logs.contains(number) else { return nil }
    let attempt = RecoveryAttempt(.snapshot(number), memoryLimit: memoryLimit)
    do throws(StorageError) {
      _ = try attempt.readSnapshot(
        number, in: files, as: CheckedFolder.repaired(number))
      return attempt
    } catch {
      _ = try CheckDamage(error)
      return nil
    }
  }

  /// Looks at what follows damage in the log.
  private func surveyRest(behind damage: CheckDamage) throws(QrrotError) {
    guard let stopped = damage.segment else { return }
    for number in files.logs where number >= stopped {
      let isStopped = number == stopped
      let survey: SegmentSurvey
      do throws(StorageError) {
        survey = try SegmentSurvey(
          number, from: isStopped ? damage.offset ?? 0 : Int64(SegmentHeader.byteCount), in: files)
      } catch {
        let further = try CheckDamage(error)
        if !isStopped { note(further) }
        continue
      }
      let name = StoreFileName.log(number)
      if survey.commitCount > 0 {
        lastKnownLSN = max(lastKnownLSN, survey.lastLSN)
        facts.append(
          "\(name): behind the damage \(Self.commits(survey.commitCount)) can be read, up to commit \(survey.lastLSN), and not be applied."
        )
      }
      if let offset = survey.faultOffset, !isStopped {
        note(CheckDamage(files.path(name), offset: offset, "a commit is damaged or cut off"))
      }
    }
  }
}
