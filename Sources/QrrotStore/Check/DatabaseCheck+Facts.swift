internal import QrrotCore

/// What is said about it.
extension DatabaseCheck {
  /// A log that can be read to its end.
  func describe(_ outcome: LogOutcome, of attempt: RecoveryAttempt) throws(QrrotError) {
    if let first = outcome.segments.first, let last = outcome.segments.last {
      var byteCount: Int64 = 0
      for number in outcome.segments { byteCount += try files.byteCount(StoreFileName.log(number)) }
      let isMended = outcome.segments.contains { files.view.heads[StoreFileName.log($0)] != nil }
      let names =
        (first == last ? "" : "\(StoreFileName.log(first)) to ") + StoreFileName.log(last)
        + (isMended
          ? " can be read without the header" : first == last ? " is sound" : " are sound")
      let end =
        if case .closed = outcome.ending { "closed" } else {
          "not closed: the process that wrote it was ended"
        }
      facts.append(
        "\(names): \(Self.commits(outcome.batchCount)), \(byteCount) bytes, \(end).")
    }
    if case .torn(let tail) = outcome.ending {
      facts.append(
        "\(tail.file), offset \(tail.offset): a write was never finished; opening cuts off its \(tail.droppedByteCount) bytes and keeps them beside. None of it was acknowledged as durable."
      )
    }
    for number in outcome.unusedSegments {
      facts.append("\(StoreFileName.log(number)) is new: no commit has been written to it.")
    }
  }

  /// All files that the data does not come from.
  func describeOthers(_ attempt: RecoveryAttempt) throws(QrrotError) {
    for name in files.names {
      if let number = StoreFileName.snapshotNumber(name) {
        if case .snapshot(let used) = attempt.base, number < used {
          facts.append("\(name) is left over from before \(StoreFileName.snapshot(used)).")
        }
      } else if let number = StoreFileName.logNumber(name) {
        if number < attempt.start.segment {
          facts.append("\(name) is left over: a snapshot holds what stands in it.")
        }
      } else if name.hasSuffix(StoreFileName.temporary("")) {
        facts.append("\(name) was never finished; nothing in it counts.")
      } else if name.contains(".tail-") || name.contains(".damaged-") {
        facts.append("\(name) was put aside earlier; it is not looked at.")
      } else if name != DatabaseFolder.markerName, name != DatabaseFolder.lockName {
        facts.append("\(name) is no file of qrrot's.")
      }
    }
  }

  /// Says what a repair would make of it.
  func planRepair(_ attempt: RecoveryAttempt) {
    kept = attempt
    plan = []
    guard attempt.holdsData else {
      plan.append(
        "A repair needs more memory for the data than --max-memory allows; raise the limit.")
      return
    }
    if case .part(let number) = attempt.base {
      plan.append(
        "A repair would keep \(attempt.keysText): those of \(StoreFileName.snapshot(number)) that can be read, with \(Self.commits(attempt.commitCount)) of the log applied to them."
      )
      plan.append(
        "That is not the data of any one moment: keys whose records can't be read are missing, and nobody can say which."
      )
    } else if attempt.lastLSN == 0 {
      plan.append("A repair would leave an empty database: the first commit can't be read.")
    } else {
      plan.append(
        "A repair would keep \(attempt.keysText): the data as it was after commit \(attempt.lastLSN)."
      )
    }
    if unfinishedRepair == nil, attempt.damage != nil || lastKnownLSN > attempt.lastLSN {
      let first = attempt.lastLSN + 1
      plan.append(
        lastKnownLSN > first
          ? "It would drop commits \(first) to \(lastKnownLSN), whatever of them can be read."
          : "It would drop commit \(first), and what may have come behind it.")
    }
    plan.append(
      "It would keep the present files beside: NAME.damaged-1, or the next number that is free.")
  }

  static func keys(_ count: Int) -> String { "\(count) key\(count == 1 ? "" : "s")" }
  static func commits(_ count: Int) -> String { "\(count) commit\(count == 1 ? "" : "s")" }
}

extension RecoveryAttempt {
  var keysText: String {
    holdsData ? DatabaseCheck.keys(keyCount) : "more keys than --max-memory has room for"
  }
}
