import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Files whose checksums are right and whose content is not: somebody made them on purpose.
@Suite struct CraftedFileTests {
  private static let salt: UInt32 = 99

  /// A log of one segment with one frame around a payload.
  private static func log(
    _ payload: [UInt8], _ change: (inout FrameHeader) -> Void = { _ in }
  ) -> [UInt8] {
    var header = FrameHeader(
      payloadByteCount: Int64(payload.count), lsn: 1, syncedLSN: 0, previousChecksum: 0,
      payloadChecksum: payload.withUnsafeBytes { CRC32C.checksum($0, seed: salt) })
    change(&header)
    var bytes = OutputBuffer(capacity: 100)
    SegmentHeader(number: 1, salt: salt, previousSalt: 0).write(
      to: bytes.room(SegmentHeader.byteCount))
    bytes.advance(SegmentHeader.byteCount)
    _ = header.write(to: bytes.room(FrameHeader.byteCount), salt: salt)
    bytes.advance(FrameHeader.byteCount)
    return Array(bytes.bytes) + payload
  }

  private static func recover(_ bytes: [UInt8]) throws(StorageError) -> Recovered {
    let disk = TestDisk(folder: testFolder)
    disk.put("log-0000000001", bytes, in: testFolder)
    return try disk.recover()
  }

  private static func reason(_ bytes: [UInt8]) -> FileRefusal.Reason? {
    do throws(StorageError) {
      _ = try recover(bytes)
      return nil
    } catch {
      guard case .refused(let refusal) = error else { return nil }
      return refusal.reason
    }
  }

  @Test("any bytes are no change, or one that is written as just these bytes")
  func anyBytes() {
    let seed = TestSettings.seed(21)
    var random = SeededGenerator(seed: seed)
    var (changes, malformed) = (0, 0)
    for _ in 0..<TestSettings.count(20_000) {
      var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      // Most random heads are none: make a good one more likely, and short lengths.
      if bytes.count > 2, Bool.random(using: &random) {
        bytes[0] = [1, 2, 3, 5, 9, 17, 33, 49][Int.random(in: 0..<8, using: &random)]
        bytes[1] &= 7
        bytes[2] &= 15
      }
      bytes.withUnsafeBytes { buffer in
        var cursor = 0
        guard let change = Change(buffer, at: &cursor, commitVersion: .max) else {
          malformed += 1
          return
        }
        changes += 1
        #expect(cursor <= bytes.count)
        var target = [UInt8](repeating: 0, count: ChangeCoding.headByteLimit)
        let count = target.withUnsafeMutableBytes { target in
          guard let base = target.baseAddress else { return 0 }
          guard change.kind == .put else {
            return ChangeCoding.write(change.kind, keyByteCount: change.key.count, to: base)
          }
          return ChangeCoding.writePut(
            type: change.type, keyByteCount: change.key.count, valueByteCount: change.value.count,
            version: change.version == .max ? nil : change.version, expiry: change.expiry, to: base)
        }
        let written = Array(target[..<count]) + Array(change.key) + Array(change.value)
        #expect(written == Array(bytes[..<cursor]), "seed \(seed)")
      }
    }
    #expect(changes > 100 && malformed > 100)
  }

  @Test("a frame around any bytes is read whole or refused")
  func anyPayload() {
    let seed = TestSettings.seed(22)
    var random = SeededGenerator(seed: seed)
    var (read, refused) = (0, 0)
    for _ in 0..<TestSettings.count(1_000) {
      let payload = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        UInt8.random(in: 0...4, using: &random)
      }
      switch Self.reason(Self.log(payload)) {
      case nil: read += 1
      case .content: refused += 1
      case .some(let reason): Issue.record("\(reason), seed \(seed)")
      }
    }
    #expect(read > 10 && refused > 10)
  }

  @Test("malformed changes are refused")
  func malformed() {
    let cases: [[UInt8]] = [
      [0], [4], [0x41], [0x81], [7], [0x12, 1, 97], [0x22, 1, 97], [13, 0, 0],  // heads
      [1, 0x81, 0, 0, 97],  // a longer varint than needed
      [1, 1, 5, 97],  // a value that is not there
      [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],  // a varint without an end
      [2, 0x81, 0x80, 4],  // a key of 65,537 bytes
      [1, 1, 0x81, 0x80, 0x80, 0x80, 2, 97],  // a value of 512 MiB and a byte
      [5, 1, 7, 97, 0, 0, 0, 0, 0, 0, 0],  // an int of seven bytes
      [33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],  // an expiry of 0
      [17, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],  // a version of 2^49
    ]
    for payload in cases { #expect(Self.reason(Self.log(payload)) == .content, "\(payload)") }
    #expect(Self.reason(Self.log([3])) == nil)
  }

  @Test(
    "a frame's header that makes no sense is refused, and a length that lies asks for no memory")
  func headers() throws {
    #expect(Self.reason(Self.log([3]) { $0.lsn = 0 }) == .content)
    #expect(Self.reason(Self.log([3]) { $0.lsn = 1 << 48 }) == .content)
    #expect(Self.reason(Self.log([3]) { $0.syncedLSN = 1 }) == .content)
    #expect(Self.reason(Self.log([3]) { $0.kind = .end }) == .content)
    #expect(Self.reason(Self.log([3]) { $0.previousChecksum = 1 }) == .chain)
    #expect(Self.reason(Self.log([3]) { $0.lsn = 2 }) == .sequence(expected: 1, found: 2))
    let lying = try Self.recover(Self.log([3]) { $0.payloadByteCount = 1 << 47 })
    guard case .torn(let tail) = lying.outcome.ending else {
      Issue.record("\(lying.outcome.ending)")
      return
    }
    #expect(tail.fault == .shortPayload && tail.offset == 40)
  }

  @Test("a tail full of frames' headers takes no more than a bounded time to look through")
  func evidenceIsBounded() {
    // Each header is right and claims all that follows as its payload, which is wrong.
    let count = 2_000
    var bytes = Self.log([])
    bytes[44] ^= 1
    for index in 0..<count {
      var frame = OutputBuffer(capacity: 64)
      let header = FrameHeader(
        payloadByteCount: Int64((count - index - 1) * FrameHeader.byteCount), lsn: 5, syncedLSN: 0,
        previousChecksum: 0, payloadChecksum: 1)
      _ = header.write(to: frame.room(FrameHeader.byteCount), salt: Self.salt)
      frame.advance(FrameHeader.byteCount)
      bytes += Array(frame.bytes)
    }
    guard case .frame(_, let evidence) = Self.reason(bytes) else {
      Issue.record("not a frame")
      return
    }
    // What was not verified any more counts as whole.
    #expect(evidence.laterFrameCount > 0)
  }

  @Test("a snapshot with anything but puts with versions is refused")
  func snapshots() throws {
    for (content, isGood) in [
      ([17, 1, 1, 5, 97, 98], true), ([1, 1, 1, 97, 98], false), ([3], false), ([2, 1, 97], false),
      ([17, 1, 1, 5, 97], false), ([17, 1, 0xff, 0xff, 3, 5, 97], false),
    ] as [([UInt8], Bool)] {
      let disk = TestDisk(folder: testFolder)
      disk.put(SnapshotTests.name, Self.snapshot(content), in: testFolder)
      do throws(StorageError) {
        #expect(try SnapshotTests.read(disk).0.count == 1 && isGood, "\(content)")
      } catch {
        #expect(!isGood, "\(content): \(error)")
      }
    }
  }

  /// A snapshot of one block that claims to hold one record.
  private static func snapshot(_ content: [UInt8]) -> [UInt8] {
    var bytes = OutputBuffer(capacity: 200)
    SnapshotHeader(salt: salt).write(to: bytes.room(SnapshotHeader.byteCount))
    bytes.advance(SnapshotHeader.byteCount)
    let checksum = content.withUnsafeBytes {
      CRC32C.checksum($0, seed: SnapshotFormat.seed(salt: salt, block: 0))
    }
    let block = bytes.room(4 + content.count)
    block.put(checksum, at: 0)
    content.withUnsafeBytes { RawBytes.copy($0, to: block + 4) }
    bytes.advance(4 + content.count)
    let footer = SnapshotFooter(
      recordCount: 1, contentByteCount: Int64(content.count), position: .start,
      wholeChecksum: CRC32C.checksum(bytes.bytes, seed: salt))
    footer.write(to: bytes.room(SnapshotFooter.byteCount), salt: salt)
    bytes.advance(SnapshotFooter.byteCount)
    return Array(bytes.bytes)
  }
}
