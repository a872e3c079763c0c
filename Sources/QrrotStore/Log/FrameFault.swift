/// What is wrong with the first frame of a log that can't be read.
package enum FrameFault: Equatable, Sendable {
  /// The file ends within the frame's header.
  case shortHeader
  /// The header's checksum is wrong, so nothing it says is believed.
  case header
  /// The header is right and is that of an older commit.
  case stale
  /// The header is right, and the file ends within the payload.
  case shortPayload
  /// The header is right and the payload's checksum is wrong.
  case payload

  package var text: String {
    switch self {
    case .shortHeader, .shortPayload: "a commit is cut off"
    case .header, .payload: "a commit is damaged"
    case .stale: "an older commit stands where the next has to be"
    }
  }
}

/// What speaks against a damaged frame being an unfinished write.
package struct FrameEvidence: Equatable, Sendable {
  /// How many whole frames stand behind it, and where the first of them is.
  package var laterFrameCount = 0
  package var firstLaterOffset: Int64?
  /// Whether a newer segment holds frames.
  package var hasLaterSegment = false
  /// The highest sequence number that anything says was on the disk for good.
  package var syncedLSN: UInt64 = 0
  /// The sequence number of the damaged frame.
  package var lsn: UInt64

  package init(lsn: UInt64) { self.lsn = lsn }

  /// The damaged frame had been synced: what damaged it was no power failure.
  package var provesLoss: Bool { syncedLSN >= lsn }

  /// Whether it may be a write that was never finished and so can be dropped.
  ///
  /// This is the rule of the whole store: no whole frame behind it, and nothing that says that the
  /// frame had been synced.
  package var allowsTornTail: Bool { laterFrameCount == 0 && !hasLaterSegment && !provesLoss }

  package var text: String {
    if provesLoss { return "it was safely on the disk once" }
    if hasLaterSegment { return "a newer log follows" }
    return laterFrameCount == 1
      ? "a whole one follows" : "\(laterFrameCount) whole ones follow"
  }
}
