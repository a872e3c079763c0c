import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// What a folder of segments may hold, and what is refused.
@Suite struct LogChainTests {
  private static let commits = Commits.sample()

  /// A log of three segments with 2, 3 and 3 commits.
  private static func threeSegments(closes: Bool = true) throws -> TestDisk {
    try TestDisk.holding(commits, rotations: [2, 5], closes: closes)
  }

  private static func reason(_ disk: TestDisk, from start: LogPosition = .start) throws
    -> (file: String, FileRefusal.Reason)
  {
    do throws(StorageError) {
      let recovered = try disk.recover(from: start)
      Issue.record("recovered \(recovered.outcome)")
    } catch {
      if case .refused(let refusal) = error { return (refusal.file, refusal.reason) }
      Issue.record("\(error)")
    }
    return ("", .foreign)
  }

  @Test("an empty folder is an empty log")
  func empty() throws {
    let recovered = try TestDisk(folder: testFolder).recover()
    #expect(recovered.outcome.ending == .empty && recovered.outcome.position == .start)
    #expect(recovered.outcome.next.position == .start)
  }

  @Test("a log can be read from any segment on, where a snapshot holds what was before")
  func fromSnapshot() throws {
    let disk = try Self.threeSegments()
    try disk.folder.remove("log-0000000003")
    let middle = try disk.recover().outcome.position
    let start = LogPosition(
      segment: 3, nextLSN: middle.nextLSN, previousChecksum: middle.previousChecksum)
    let whole = try Self.threeSegments()
    let recovered = try whole.recover(from: start)
    #expect(recovered.changes == Array(Self.commits[5...]).read(from: 6))
    #expect(recovered.outcome.segments == [3])
    var wrong = start
    wrong.previousChecksum ^= 1
    #expect(try Self.reason(whole, from: wrong).1 == .chain)
    wrong = start
    wrong.nextLSN += 1
    #expect(try Self.reason(whole, from: wrong).1 == .sequence(expected: 7, found: 6))
    wrong.segment = 4
    #expect(try Self.reason(whole, from: wrong) == ("db/log-0000000004", .missing))
  }

  @Test("a missing segment is refused", arguments: [1, 2])
  func missing(number: UInt64) throws {
    let disk = try Self.threeSegments()
    try disk.folder.remove(StoreFileName.log(number))
    #expect(try Self.reason(disk) == ("db/" + StoreFileName.log(number), .missing))
  }

  @Test("segments that have changed places, or come from elsewhere, are refused")
  func misplaced() throws {
    let disk = try Self.threeSegments()
    let folder = try disk.folder
    try folder.rename("log-0000000002", to: "x")
    try folder.rename("log-0000000003", to: "log-0000000002")
    try folder.rename("x", to: "log-0000000003")
    #expect(try Self.reason(disk) == ("db/log-0000000002", .misplaced))
    let other = try TestDisk.holding(Self.commits, rotations: [3, 5], closes: true)
    let mixed = try Self.threeSegments()
    let bytes = try #require(other.bytes("log-0000000002", in: testFolder))
    mixed.put("log-0000000002", bytes, in: testFolder)
    #expect(try Self.reason(mixed).1 == .sequence(expected: 3, found: 4))
  }

  @Test("an older segment without its end is refused")
  func unfinished() throws {
    let disk = try Self.threeSegments()
    let bytes = try #require(disk.bytes("log-0000000002", in: testFolder))
    disk.put("log-0000000002", Array(bytes.dropLast(FrameHeader.byteCount)), in: testFolder)
    #expect(try Self.reason(disk) == ("db/log-0000000002", .unfinished))
  }

  @Test("a new segment that was never written to does not make the one before an older one")
  func unused() throws {
    let disk = try TestDisk.holding(Self.commits, rotations: [3, 8], closes: false)
    let bytes = try #require(disk.bytes("log-0000000002", in: testFolder))
    // Without its closing frame and a piece of the frame before.
    disk.put(
      "log-0000000002", Array(bytes.dropLast(FrameHeader.byteCount + 1)), in: testFolder)
    let recovered = try disk.recover()
    #expect(recovered.outcome.unusedSegments == [3])
    #expect(recovered.changes == Array(Self.commits.dropLast()).read())
    guard case .torn = recovered.outcome.ending else {
      Issue.record("\(recovered.outcome.ending)")
      return
    }
    let (settled, _) = try LogChain(try disk.folder).settle(recovered.outcome)
    #expect(settled.unusedSegments == [] && disk.bytes("log-0000000003", in: testFolder) == nil)
  }

  @Test("a segment without a whole header is refused, however short it is")
  func shortSegments() throws {
    for (content, reason) in [
      ([], .foreign), ([0, 0, 0], .foreign), ([0x89, 0x51], .foreign),
      (Array("something else".utf8), .foreign),
    ] as [([UInt8], FileRefusal.Reason)] {
      let disk = try Self.threeSegments()
      disk.put("log-0000000004", content, in: testFolder)
      #expect(try Self.reason(disk) == ("db/log-0000000004", reason))
    }
    let disk = try Self.threeSegments()
    let bytes = try #require(disk.bytes("log-0000000003", in: testFolder))
    disk.put("log-0000000003", Array(bytes[..<39]), in: testFolder)
    #expect(try Self.reason(disk) == ("db/log-0000000003", .header))
  }

  @Test("a newer version and another kind of file are told apart from damage")
  func versions() throws {
    let disk = try Self.threeSegments()
    var bytes = try #require(disk.bytes("log-0000000003", in: testFolder))
    bytes.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress {
        FilePreamble.write(magic: SegmentHeader.magic, version: 2, to: base)
      }
    }
    disk.put("log-0000000003", bytes, in: testFolder)
    #expect(try Self.reason(disk).1 == .newer(version: 2))
    bytes[8] = 7
    disk.put("log-0000000003", bytes, in: testFolder)
    #expect(try Self.reason(disk).1 == .header)
    bytes[1] = 7
    disk.put("log-0000000003", bytes, in: testFolder)
    #expect(try Self.reason(disk).1 == .foreign)
    disk.put("log-0000000003", Array(bytes[..<20]), in: testFolder)
    #expect(try Self.reason(disk).1 == .foreign)
  }

  @Test("something behind the closing frame is refused")
  func trailing() throws {
    let disk = try TestDisk.holding(Self.commits, closes: true)
    let bytes = try #require(disk.bytes("log-0000000001", in: testFolder))
    disk.put("log-0000000001", bytes + [0], in: testFolder)
    #expect(try Self.reason(disk).1 == .trailing)
  }

  @Test("a damaged frame that a later piece says was synced is refused without a whole one behind")
  func syncedEvidence() throws {
    let disk = try TestDisk.holding(Self.commits, closes: false)
    var bytes = try #require(disk.bytes("log-0000000001", in: testFolder))
    // The last frame loses its last byte, so its header alone speaks; the one before is damaged.
    let last = try #require(bytes.lastIndex(of: FrameHeader.firstMagicByte))
    bytes[last - 1] ^= 1
    bytes.removeLast()
    disk.put("log-0000000001", bytes, in: testFolder)
    guard case .frame(_, let evidence) = try Self.reason(disk).1 else {
      Issue.record("not a frame")
      return
    }
    #expect(evidence.provesLoss && evidence.laterFrameCount == 0)
  }

  @Test("a torn tail is kept beside, cut off, and the log goes on")
  func repair() throws {
    let disk = try TestDisk.holding(Self.commits, closes: false)
    let original = try #require(disk.bytes("log-0000000001", in: testFolder))
    disk.put("log-0000000001", original + [1, 2, 3], in: testFolder)
    disk.put("log-0000000001.tail-1", [9], in: testFolder)
    guard case .torn(let tail) = try disk.recover().outcome.ending else {
      Issue.record("not torn")
      return
    }
    let folder = try disk.folder
    let (settled, name) = try LogChain(folder).settle(try disk.recover().outcome)
    #expect(name == "log-0000000001.tail-2" && settled.ending == .open(tail.end))
    #expect(disk.bytes("log-0000000001.tail-2", in: testFolder) == [1, 2, 3])
    #expect(disk.bytes("log-0000000001", in: testFolder) == original)
    var writer = try LogWriter.resume(settled, in: folder)
    writer.append([.clear])
    try writer.close()
    #expect(try disk.recover().changes == (Self.commits + [[.clear]]).read())
  }

  @Test("a refused log is readable again when it is cut where the refusal says")
  func acceptedLoss() throws {
    let disk = try Self.threeSegments()
    var bytes = try #require(disk.bytes("log-0000000002", in: testFolder))
    bytes[bytes.count / 2] ^= 4
    disk.put("log-0000000002", bytes, in: testFolder)
    let folder = try disk.folder
    guard
      case .failure(.refused(let refusal)) = Result(catching: { () throws(StorageError) in
        try disk.recover()
      }), case .frame(_, let evidence) = refusal.reason
    else {
      Issue.record("not refused")
      return
    }
    #expect(evidence.hasLaterSegment)
    disk.put("log-0000000003.damaged-1", [1], in: testFolder)
    #expect(try LogRepair.setAside("log-0000000003", in: folder) == "log-0000000003.damaged-2")
    #expect(try LogRepair.cut(2, at: refusal.offset, in: folder) == "log-0000000002.tail-1")
    let recovered = try disk.recover()
    let count = recovered.outcome.batchCount
    #expect(count >= 2 && count < 5)
    #expect(recovered.changes == Array(Self.commits[..<count]).read())
    guard case .open = recovered.outcome.ending else {
      Issue.record("\(recovered.outcome.ending)")
      return
    }
  }

  @Test("reading stops where whoever takes the changes does not want to go on")
  func stopped() throws {
    let disk = try Self.threeSegments()
    var count = 0
    do throws(StorageError) {
      _ = try LogChain(try StorageError.reading { () throws(DiskError) in try disk.folder }).replay
      { _ throws(QrrotError) in
        count += 1
        if count == 3 { throw QrrotError(.interrupted, "stop") }
      }
      Issue.record("read to the end")
    } catch {
      #expect(error == .stopped(QrrotError(.interrupted, "stop")) && count == 3)
    }
  }
}
