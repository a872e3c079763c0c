import QrrotTesting

@testable import QrrotStore

/// Goes through the frames of a log in the simplest way: all of a file at once, frame by frame, with
/// nothing decided about damage.
struct FrameWalk {
  private(set) var changes: [StoredChange] = []
  private(set) var batchCount = 0
  private(set) var nextLSN: UInt64
  private(set) var previousChecksum: UInt32
  /// Whether all so far was whole.
  private(set) var isWhole = true

  init(_ start: LogPosition) {
    nextLSN = start.nextLSN
    previousChecksum = start.previousChecksum
  }

  /// Takes the frames of the next segment, up to its end or the first that is not whole or does not
  /// follow.
  ///
  /// - Throws: ``FuzzFailure`` if a change is not written as it would be written again.
  mutating func take(_ segment: [UInt8]) throws {
    let header = segment.withRawBytes { SegmentHeader.read($0) }
    guard case .success(let header) = header else {
      isWhole = false
      return
    }
    var offset = SegmentHeader.byteCount
    while offset < segment.count {
      let rest = Array(segment[offset...])
      guard let frame = Self.frame(rest, salt: header.salt), frame.header.lsn == nextLSN,
        frame.header.previousChecksum == previousChecksum
      else {
        isWhole = false
        return
      }
      previousChecksum = frame.checksum
      if frame.header.kind == .end { return }
      guard try takeChanges(frame.payload, lsn: nextLSN) else {
        isWhole = false
        return
      }
      nextLSN += 1
      batchCount += 1
      offset += FrameHeader.byteCount + frame.payload.count
    }
  }

  /// - Returns: whether all of the payload has a meaning.
  private mutating func takeChanges(_ payload: [UInt8], lsn: UInt64) throws -> Bool {
    var cursor = 0
    while cursor < payload.count {
      let before = cursor
      let change = payload.withRawBytes { bytes in
        Change(bytes, at: &cursor, commitVersion: lsn).map(StoredChange.init)
      }
      guard var change else { return false }
      let head = payload.withRawBytes { ChangeHead($0, at: before) }
      changes.append(change)
      change.version = head?.version
      try FuzzFailure.unless(
        Self.written(change) == Array(payload[before..<cursor]),
        "\(change) is written in another way than it would be")
    }
    return true
  }

  /// A change as it is written.
  static func written(_ change: StoredChange) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: ChangeCoding.headByteLimit)
    let count = head.withUnsafeMutableBytes { buffer in
      guard let target = buffer.baseAddress else { return 0 }
      guard change.kind == .put else {
        return ChangeCoding.write(change.kind, keyByteCount: change.key.count, to: target)
      }
      return ChangeCoding.writePut(
        type: change.type, keyByteCount: change.key.count, valueByteCount: change.value.count,
        version: change.version, expiry: change.expiry, to: target)
    }
    return head[..<count] + change.key + change.value
  }

  /// The frame that `bytes` begins with, if it is whole.
  private static func frame(
    _ bytes: [UInt8], salt: UInt32
  ) -> (header: FrameHeader, checksum: UInt32, payload: [UInt8])? {
    guard bytes.count >= FrameHeader.byteCount,
      case .header(let header, let checksum) = bytes.withRawBytes({
        FrameHeader.read($0.part(0, FrameHeader.byteCount), salt: salt)
      }), header.payloadByteCount <= Int64(bytes.count - FrameHeader.byteCount)
    else { return nil }
    let payload = Array(bytes[FrameHeader.byteCount...].prefix(Int(header.payloadByteCount)))
    let sum = payload.withRawBytes { CRC32C.checksum($0, seed: salt) }
    return sum == header.payloadChecksum ? (header, checksum, payload) : nil
  }

  /// Whether a whole frame above a sequence number stands anywhere behind `offset`.
  static func hasWholeFrame(
    in bytes: [UInt8], behind offset: Int, above lsn: UInt64, salt: UInt32
  ) -> Bool {
    (offset..<bytes.count).dropFirst().contains { start in
      bytes[start] == FrameHeader.firstMagicByte
        && (frame(Array(bytes[start...]), salt: salt)?.header.lsn ?? 0) > lsn
    }
  }
}
