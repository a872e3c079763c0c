internal import QrrotCore

/// Reads one log segment from front to back, in memory bounded by the largest frame.
///
/// Nothing that the file says is believed before its checksum: a frame's length only after the
/// header's, and then it is compared with the size of the file before memory is asked for.
struct LogReader: ~Copyable {
  private var window: FileWindow
  private let header: SegmentHeader

  /// Where a segment ends.
  enum End: Equatable {
    /// In a closing frame.
    case closed
    /// Behind a whole frame, without a closing one.
    case open
    /// In a frame that can't be read; what that means depends on the evidence.
    case damaged(FrameFault, FrameEvidence)
  }

  /// Opens a segment and reads its header.
  ///
  /// - Parameter number: The number that its name has.
  /// - Throws: `refused` for a file that is no segment of this number.
  init(_ file: any DiskFile, path: String, number: UInt64) throws(StorageError) {
    var window = try FileWindow(file, name: path)
    let count = min(Int64(SegmentHeader.byteCount), window.byteCount)
    switch SegmentHeader.read(try window.bytes(at: 0, count: Int(count))) {
    case .failure(let rejection): throw .refused(rejection.refusal(of: path))
    case .success(let header):
      guard header.number == number else {
        throw .refused(FileRefusal(file: path, offset: 16, reason: .misplaced))
      }
      self.header = header
    }
    self.window = window
  }

  /// The salt of the file's checksums.
  var salt: UInt32 { header.salt }
  /// The salt of the segment before, 0 if there was none.
  var previousSalt: UInt32 { header.previousSalt }
  /// The size of the file.
  var byteCount: Int64 { window.byteCount }

  /// Hands every change to `apply`, in order, up to the end or the first frame that can't be read.
  ///
  /// A batch is handed over only after all of it has been verified.
  ///
  /// - Parameters:
  ///   - position: Where this segment begins; afterwards, behind its last whole frame.
  ///   - progress: Called with how far in the file it has come, after each frame.
  /// - Returns: How it ends and how long the whole frames are.
  /// - Throws: `refused` where frames are whole and yet wrong: a sequence number is missing, a frame
  ///   does not follow the one before, a payload has no meaning, something follows the end.
  mutating func read(
    at position: inout LogPosition,
    apply: (Change) throws(QrrotError) -> Void,
    progress: (Int64) throws(QrrotError) -> Void
  ) throws(StorageError) -> (end: End, byteCount: Int64, frameCount: Int) {
    var offset = Int64(SegmentHeader.byteCount)
    var frameCount = 0
    let firstLSN = position.nextLSN
    while offset < window.byteCount {
      let finding = try frame(at: offset, position, firstLSN: firstLSN)
      guard case .whole(let header, let checksum) = finding else {
        guard case .fault(let fault) = finding else { break }
        let evidence = try evidence(behind: offset, lsn: position.nextLSN)
        return (.damaged(fault, evidence), offset, frameCount)
      }
      let end = offset + Int64(FrameHeader.byteCount) + header.payloadByteCount
      if header.kind == .end {
        guard end == window.byteCount else { throw refusal(.trailing, at: end) }
        position.previousChecksum = checksum
        return (.closed, end, frameCount)
      }
      try decode(header, at: offset, apply)
      position.nextLSN = header.lsn &+ 1
      position.previousChecksum = checksum
      offset = end
      frameCount += 1
      do throws(QrrotError) { try progress(offset) } catch { throw .stopped(error) }
    }
    return (.open, offset, frameCount)
  }

  private enum FrameFinding {
    case whole(FrameHeader, checksum: UInt32)
    case fault(FrameFault)
  }

  /// Verifies the frame at `offset`, all of it.
  @inline(__always)
  private mutating func frame(
    at offset: Int64, _ position: LogPosition, firstLSN: UInt64
  ) throws(StorageError) -> FrameFinding {
    guard window.contains(Int64(FrameHeader.byteCount), at: offset) else {
      return .fault(.shortHeader)
    }
    let header: FrameHeader
    let checksum: UInt32
    switch FrameHeader.read(try window.bytes(at: offset, count: FrameHeader.byteCount), salt: salt)
    {
    case .damaged: return .fault(.header)
    case .meaningless: throw refusal(.content, at: offset)
    case .header(let found, let sum): (header, checksum) = (found, sum)
    }
    // An older frame of this very file: what the disk had there before, and no commit.
    if header.lsn < position.nextLSN, header.lsn >= firstLSN { return .fault(.stale) }
    guard header.lsn == position.nextLSN else {
      throw refusal(.sequence(expected: position.nextLSN, found: header.lsn), at: offset)
    }
    guard header.previousChecksum == position.previousChecksum else {
      throw refusal(.chain, at: offset)
    }
    let content = offset + Int64(FrameHeader.byteCount)
    guard window.contains(header.payloadByteCount, at: content) else {
      return .fault(.shortPayload)
    }
    let all = FrameHeader.byteCount + Int(header.payloadByteCount)
    let payload = try window.bytes(at: offset, count: all).part(
      FrameHeader.byteCount, Int(header.payloadByteCount))
    guard CRC32C.checksum(payload, seed: salt) == header.payloadChecksum else {
      return .fault(.payload)
    }
    return .whole(header, checksum: checksum)
  }

  /// Hands the changes of a verified frame over.
  @inline(__always)
  private mutating func decode(
    _ header: FrameHeader, at offset: Int64, _ apply: (Change) throws(QrrotError) -> Void
  ) throws(StorageError) {
    let all = FrameHeader.byteCount + Int(header.payloadByteCount)
    let bytes = try window.bytes(at: offset, count: all)
    var cursor = FrameHeader.byteCount
    while cursor < all {
      guard let change = Change(bytes, at: &cursor, commitVersion: header.lsn) else {
        throw refusal(.content, at: offset + Int64(cursor))
      }
      do throws(QrrotError) { try apply(change) } catch { throw .stopped(error) }
    }
  }

  func refusal(_ reason: FileRefusal.Reason, at offset: Int64) -> StorageError {
    .refused(FileRefusal(file: window.name, offset: offset, reason: reason))
  }
}

extension LogReader {
  /// Looks through the rest of the file, behind a frame that can't be read, for whole ones.
  ///
  /// A frame counts if it has this file's salt and a sequence number above `lsn`: a copy of an older
  /// frame inside a value does not.
  ///
  /// - Complexity: O(bytes behind `offset`). Where headers are right and payloads are not, reading
  ///   payloads stops after four times that and what is not read counts as whole, so that nobody
  ///   can make it take longer.
  mutating func evidence(
    behind offset: Int64, lsn: UInt64
  ) throws(StorageError) -> FrameEvidence {
    var evidence = FrameEvidence(lsn: lsn)
    var budget = (window.byteCount - offset) * 4
    var cursor = offset + 1
    while window.contains(Int64(FrameHeader.byteCount), at: cursor) {
      let chunk = try window.someBytes(at: cursor)
      guard let distance = chunk.distance(to: FrameHeader.firstMagicByte) else {
        cursor += Int64(chunk.count)
        continue
      }
      cursor += Int64(distance)
      guard window.contains(Int64(FrameHeader.byteCount), at: cursor) else { break }
      let found = FrameHeader.read(
        try window.bytes(at: cursor, count: FrameHeader.byteCount), salt: salt)
      guard case .header(let header, _) = found, header.lsn > lsn else {
        cursor += 1
        continue
      }
      evidence.syncedLSN = max(evidence.syncedLSN, header.syncedLSN)
      guard try isWhole(header, at: cursor, &budget) else {
        cursor += 1
        continue
      }
      evidence.laterFrameCount += 1
      if evidence.firstLaterOffset == nil { evidence.firstLaterOffset = cursor }
      cursor += Int64(FrameHeader.byteCount) + header.payloadByteCount
    }
    return evidence
  }

  private mutating func isWhole(
    _ header: FrameHeader, at offset: Int64, _ budget: inout Int64
  ) throws(StorageError) -> Bool {
    let content = offset + Int64(FrameHeader.byteCount)
    guard window.contains(header.payloadByteCount, at: content) else { return false }
    budget -= header.payloadByteCount
    if budget < 0 { return true }
    return try window.checksum(at: content, count: header.payloadByteCount, seed: salt)
      == header.payloadChecksum
  }
}
