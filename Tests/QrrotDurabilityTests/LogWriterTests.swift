import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct LogWriterTests {
  @Test("what was written is read again, closed or not, in one segment or several")
  func roundTrip() throws {
    // The long value is more than the reader holds at a time.
    let commits = Commits.sample(longValueByteCount: 600_000)
    for rotations in [[], [3], [1, 2, 8]] as [Set<Int>] {
      for closes in [false, true] {
        let disk = try TestDisk.holding(commits, rotations: rotations, closes: closes)
        let recovered = try disk.recover()
        #expect(recovered.changes == commits.read())
        #expect(recovered.outcome.batchCount == commits.count)
        #expect(recovered.outcome.position.nextLSN == UInt64(commits.count + 1))
        // The last rotation left a segment that nothing was written to.
        let isLastUnused = rotations.contains(commits.count) && !closes
        #expect(recovered.outcome.segments.count == rotations.count + (isLastUnused ? 0 : 1))
        #expect(recovered.outcome.unusedSegments == (isLastUnused ? [4] : []))
        switch recovered.outcome.ending {
        case .closed: #expect(closes || isLastUnused)
        case .open: #expect(!closes && !isLastUnused)
        default: Issue.record("\(recovered.outcome.ending)")
        }
      }
    }
  }

  @Test("random commits are read as they were written, and go on after a reopening")
  func randomRoundTrip() throws {
    let seed = TestSettings.seed(77)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(20) {
      let commits = Commits.random(30, using: &random)
      let disk = try TestDisk.holding(Array(commits[..<20]), groupCount: 7, closes: false)
      guard case .open(let end) = try disk.recover().outcome.ending else {
        Issue.record("seed \(seed): not open")
        return
      }
      let progress = LogProgress(lastLSN: end.position.lastLSN)
      let segment = try LogSegment.reopen(end, in: try disk.folder, progress: progress)
      var writer = LogWriter(segment, at: end)
      for commit in commits[20...] { writer.append(commit) }
      try writer.close()
      try segment.sync()
      #expect(progress.syncedLSN == 30)
      let recovered = try disk.recover()
      #expect(recovered.changes == commits.read(), "seed \(seed)")
      guard case .closed = recovered.outcome.ending else {
        Issue.record("seed \(seed): not closed")
        return
      }
    }
  }

  @Test("written and synced are told apart, and a frame says what was synced before it")
  func progress() throws {
    let disk = TestDisk(folder: testFolder)
    let progress = LogProgress(lastLSN: 0)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(segment, at: .start)
    #expect(writer.append([.clear]) == 1)
    #expect(progress.writtenLSN == 0 && writer.bufferedByteCount == 41)
    try writer.write()
    #expect(progress.writtenLSN == 1 && progress.syncedLSN == 0)
    try segment.sync()
    #expect(progress.syncedLSN == 1)
    writer.append([.clear])
    #expect(writer.lastLSN == 2)
    writer.discard()
    #expect(writer.lastLSN == 1 && writer.bufferedByteCount == 0)
    #expect(writer.append([.clear]) == 2)
    try writer.write()
    let bytes = try #require(disk.bytes("log-0000000001", in: testFolder))
    bytes.withUnsafeBytes { bytes in
      let frame = bytes.part(40 + 41, 40)
      guard case .header(let header, _) = FrameHeader.read(frame, salt: segment.salt) else {
        Issue.record("no frame")
        return
      }
      #expect(header.lsn == 2 && header.syncedLSN == 1)
    }
  }

  @Test("a failed write leaves the log as it was, and the next one goes on")
  func failedWrite() throws {
    for partial in [0, 1, 45, 100] {
      let disk = TestDisk(folder: testFolder)
      let progress = LogProgress(lastLSN: 0)
      let segment = try LogSegment.create(
        in: try disk.folder, number: 1, previousSalt: 0, progress: progress)
      var writer = LogWriter(segment, at: .start)
      writer.append([.clear])
      try writer.write()
      let before = disk.bytes("log-0000000001", in: testFolder)
      writer.append([StoredChange(remove: "a")])
      writer.append([StoredChange(put: "b", [UInt8](repeating: 1, count: 100))])
      // Behind the look at the name comes the write.
      disk.fail(at: disk.callCount + 2, with: .partial(partial, ENOSPC))
      #expect(throws: LogWriteError.self) { try writer.write() }
      #expect(disk.bytes("log-0000000001", in: testFolder) == before)
      #expect(writer.lastLSN == 1 && progress.writtenLSN == 1 && segment.failure == nil)
      let commit = [StoredChange(put: "c", Array("after".utf8))]
      #expect(writer.append(commit) == 2)
      try writer.write()
      #expect(try disk.recover().changes == [[.clear], commit].read())
    }
  }

  @Test("a write that can't be taken back has an unknown outcome and is the last")
  func unknownOutcome() throws {
    let disk = TestDisk(folder: testFolder)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: LogProgress(lastLSN: 0))
    var writer = LogWriter(segment, at: .start)
    writer.append([.clear])
    disk.fail(at: disk.callCount + 2, with: .partial(20, EIO))
    disk.failAll(.shorten, with: EIO)
    do {
      try writer.write()
      Issue.record("written")
    } catch {
      #expect(!error.isUndone && error.error.code == EIO)
      #expect(error.qrrotError.code == .unknownOutcome)
    }
    disk.failAll(.shorten, with: nil)
    writer.append([.clear])
    do {
      try writer.write()
      Issue.record("written")
    } catch {
      #expect(error.isUndone)
    }
    #expect(segment.failure != nil)
    #expect(throws: DiskError.self) { try segment.sync() }
    guard case .torn = try disk.recover().outcome.ending else {
      Issue.record("the part that was written is not a torn tail")
      return
    }
  }

  @Test("a failed sync is final, although the next one would succeed")
  func failedSync() throws {
    let disk = TestDisk(folder: testFolder)
    let progress = LogProgress(lastLSN: 0)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(segment, at: .start)
    writer.append([.clear])
    try writer.write()
    disk.fail(at: disk.callCount + 1, with: .error(EIO))
    #expect(throws: DiskError.self) { try segment.sync() }
    let calls = disk.callCount
    #expect(throws: DiskError.self) { try segment.sync() }
    #expect(disk.callCount == calls)
    #expect(progress.syncedLSN == 0 && segment.failure?.code == EIO)
  }

  @Test("a log whose name is gone or leads elsewhere is not written to", arguments: [false, true])
  func lostName(isReplaced: Bool) throws {
    let disk = TestDisk(folder: testFolder)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: LogProgress(lastLSN: 0))
    var writer = LogWriter(segment, at: .start)
    try disk.folder.remove("log-0000000001")
    if isReplaced { disk.put("log-0000000001", [1, 2, 3], in: testFolder) }
    writer.append([.clear])
    do {
      try writer.write()
      Issue.record("written")
    } catch {
      #expect(error.isUndone && error.error.isMissing && error.qrrotError.code == .io)
    }
    #expect(segment.failure != nil)
  }

  @Test("the segment after a rotation is written to only when the one before is durable")
  func rotation() throws {
    let disk = TestDisk(folder: testFolder)
    let folder = try disk.folder
    let progress = LogProgress(lastLSN: 0)
    let first = try LogSegment.create(
      in: folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(first, at: .start)
    writer.append([.clear])
    let second = try LogSegment.create(
      in: folder, number: 2, previousSalt: first.salt, progress: progress)
    let old = try writer.rotate(to: second)
    writer.append([.clear])
    #expect(old === first && !writer.canWrite && progress.writtenLSN == 1)
    try old.sync()
    #expect(writer.canWrite && progress.syncedLSN == 1)
    try writer.write()
    #expect(progress.writtenLSN == 2)
    try second.sync()
    #expect(progress.syncedLSN == 2)
    let recovered = try disk.recover()
    #expect(recovered.outcome.position.segment == 2 && recovered.outcome.batchCount == 2)
  }

  @Test("a segment that can't be made leaves nothing behind")
  func failedCreation() throws {
    var sawFailure = false
    for call in 1...6 {
      let disk = TestDisk(folder: testFolder)
      let folder = try disk.folder
      disk.fail(at: disk.callCount + call, with: .error(ENOSPC))
      do {
        _ = try LogSegment.create(
          in: folder, number: 1, previousSalt: 0, progress: LogProgress(lastLSN: 0))
      } catch {
        sawFailure = true
        #expect(disk.names(in: testFolder).isEmpty && error.isFull)
      }
    }
    #expect(sawFailure)
  }
}
