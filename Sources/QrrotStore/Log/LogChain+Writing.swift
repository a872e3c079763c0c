extension LogChain {
  /// Brings the log into the state from which writing can go on: cuts off a torn tail, which is kept
  /// beside, removes unused segments, and makes durable all that was read.
  ///
  /// What was read has to be durable before anything relies on it: the process that wrote it may
  /// have ended before it synced.
  ///
  /// - Parameter outcome: What `replay` has just returned.
  /// - Returns: The outcome as it is now, with an ending other than torn, and the name of the file
  ///   that holds a tail.
  /// - Throws: ``StorageError``; it may be called again after another `replay`.
  func settle(
    _ outcome: LogOutcome
  ) throws(StorageError) -> (outcome: LogOutcome, tailName: String?) {
    var settled = outcome
    var tailName: String?
    if case .torn(let tail) = outcome.ending {
      tailName = try LogRepair.cut(outcome.position.segment, at: tail.offset, in: folder)
      settled.ending = .open(tail.end)
    }
    try StorageError.reading { () throws(DiskError) in
      if let newest = outcome.segments.last {
        try folder.open(StoreFileName.log(newest), .readWrite).sync()
      }
      // The newest first, so that none is ever missing between two that are there.
      for number in outcome.unusedSegments.reversed() {
        try folder.remove(StoreFileName.log(number))
      }
      try folder.sync()
    }
    settled.unusedSegments = []
    return (settled, tailName)
  }
}

extension LogWriter {
  /// Goes on writing a log that has been settled: in its newest segment if that has an open end, in
  /// a new one otherwise.
  ///
  /// - Throws: ``DiskError``; nothing has been written then.
  static func resume(_ outcome: LogOutcome, in folder: any DiskFolder) throws(DiskError)
    -> LogWriter
  {
    let progress = LogProgress(lastLSN: outcome.position.lastLSN)
    if case .open(let end) = outcome.ending {
      return LogWriter(
        try LogSegment.reopen(end, in: folder, progress: progress), at: end)
    }
    let (position, previousSalt) = outcome.next
    let segment = try LogSegment.create(
      in: folder, number: position.segment, previousSalt: previousSalt, progress: progress)
    return LogWriter(segment, at: position)
  }
}
