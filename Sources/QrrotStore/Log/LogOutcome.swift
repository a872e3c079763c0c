/// What a log was found to hold.
struct LogOutcome: Equatable {
  /// How it ends.
  enum Ending: Equatable {
    /// There is no frame at all.
    case empty
    /// It was closed. The next segment follows the one with this salt.
    case closed(salt: UInt32)
    /// It ends behind a whole frame without having been closed: the process was killed. Nothing that
    /// was synced is missing as far as the log knows.
    case open(LogOpenEnd)
    /// It ends in a write that was never finished and can be cut off.
    case torn(LogTornTail)
  }

  var ending: Ending
  /// Behind the last whole frame, in the segment that holds it.
  var position: LogPosition
  /// How many batches there are.
  var batchCount: Int
  /// The segments that were read, oldest first.
  var segments: [UInt64]
  /// Newer segments without a frame: made, and never written to. Where there are any, the log was
  /// not closed. They have to be removed before a segment of that number can be made.
  var unusedSegments: [UInt64]

  /// The number and position of the next segment to be made, and the salt it follows.
  ///
  /// For an open end that is after its segment has been closed.
  var next: (position: LogPosition, previousSalt: UInt32) {
    var next = position
    switch ending {
    case .empty: return (next, 0)
    case .closed(let salt):
      next.segment += 1
      return (next, salt)
    case .open(let end):
      next.segment += 1
      return (next, end.salt)
    case .torn(let tail):
      next.segment += 1
      return (next, tail.end.salt)
    }
  }
}

/// Where writing can go on in a segment that was not closed.
struct LogOpenEnd: Equatable, Sendable {
  var position: LogPosition
  var salt: UInt32
  /// The size of the file up to there.
  var byteCount: Int64
}

/// An unfinished write at the end of the log.
struct LogTornTail: Equatable, Sendable {
  /// The path, for messages.
  var file: String
  /// The number of commits in this segment before it.
  var keptBatchCount: Int
  /// How many bytes are to be cut off.
  var droppedByteCount: Int64
  var fault: FrameFault
  /// Where the whole frames end.
  var end: LogOpenEnd

  /// Where the unfinished write begins.
  var offset: Int64 { end.byteCount }
}
