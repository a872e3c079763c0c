internal import QrrotCore

/// What of a log segment is whole, wherever it stands: for what follows damage and can't be applied.
struct SegmentSurvey {
  /// How many commits are whole.
  private(set) var commitCount = 0
  /// The last of them; 0 for none.
  private(set) var lastLSN: UInt64 = 0
  /// Where the first bytes stand that belong to no whole frame; nil if there are none.
  private(set) var faultOffset: Int64?

  /// Looks through a segment from `offset` on, which is behind its header.
  ///
  /// - Complexity: O(bytes). Where headers are right and payloads are not, no more payloads are
  ///   verified after four times that, and frames count as whole.
  /// - Throws: ``StorageError``, `refused` if the segment's header is damaged.
  init(
    _ number: UInt64, from offset: Int64 = Int64(SegmentHeader.byteCount), in folder: CheckedFolder
  ) throws(StorageError) {
    let name = StoreFileName.log(number)
    let file = try folder.open(name)
    let path = folder.path(name)
    let salt = try LogReader(file, path: path, number: number).salt
    var window = try FileWindow(file, name: path)
    var budget = (window.byteCount - offset) * 4
    var cursor = offset
    while cursor < window.byteCount {
      let frame = try Self.frame(at: cursor, salt: salt, &window, &budget)
      if let frame {
        if frame.kind == .batch {
          commitCount += 1
          lastLSN = max(lastLSN, frame.lsn)
        }
        cursor += Int64(FrameHeader.byteCount) + frame.payloadByteCount
        continue
      }
      if faultOffset == nil { faultOffset = cursor }
      cursor = try Self.nextMagic(behind: cursor, &window) ?? window.byteCount
    }
  }

  private static func nextMagic(
    behind offset: Int64, _ window: inout FileWindow
  ) throws(StorageError) -> Int64? {
    var cursor = offset + 1
    while window.contains(Int64(FrameHeader.byteCount), at: cursor) {
      let chunk = try window.someBytes(at: cursor)
      if let distance = chunk.distance(to: FrameHeader.firstMagicByte) {
        return cursor + Int64(distance)
      }
      cursor += Int64(chunk.count)
    }
    return nil
  }

  private static func frame(
    at offset: Int64, salt: UInt32, _ window: inout FileWindow, _ budget: inout Int64
  ) throws(StorageError) -> FrameHeader? {
    guard window.contains(Int64(FrameHeader.byteCount), at: offset),
      case .header(let header, _) = FrameHeader.read(
        try window.bytes(at: offset, count: FrameHeader.byteCount), salt: salt)
    else { return nil }
    let content = offset + Int64(FrameHeader.byteCount)
    guard window.contains(header.payloadByteCount, at: content) else { return nil }
    budget -= header.payloadByteCount
    if budget < 0 { return header }
    let checksum = try window.checksum(at: content, count: header.payloadByteCount, seed: salt)
    return checksum == header.payloadChecksum ? header : nil
  }
}

extension LogPosition {
  /// The place in front of the first frame of a segment, as that frame itself says; nil if there is
  /// no frame to be read.
  init?(beforeFirstFrameOf number: UInt64, in folder: CheckedFolder) throws(StorageError) {
    let name = StoreFileName.log(number)
    guard folder.logs.contains(number) else { return nil }
    let file = try folder.open(name)
    let path = folder.path(name)
    let salt = try LogReader(file, path: path, number: number).salt
    var window = try FileWindow(file, name: path)
    let start = Int64(SegmentHeader.byteCount)
    guard window.contains(Int64(FrameHeader.byteCount), at: start),
      case .header(let header, _) = FrameHeader.read(
        try window.bytes(at: start, count: FrameHeader.byteCount), salt: salt)
    else { return nil }
    self.init(
      segment: number, nextLSN: header.lsn, previousChecksum: header.previousChecksum)
  }
}
