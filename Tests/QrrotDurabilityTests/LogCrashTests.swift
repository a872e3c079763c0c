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

/// A log whose disk fails or loses its power at every call.
@Suite struct LogCrashTests {
  /// How a story syncs.
  enum Policy: CaseIterable {
    case always
    case sometimes
    case never
  }

  /// What a run of the story came to.
  struct Story {
    /// The commits in the log's order: of those that failed and were taken back none, a last one
    /// with an unknown outcome too.
    var order: [Commit] = []
    /// How many of them are written for sure, and synced.
    var writtenCount = 0
    var syncedCount = 0
    var failures = 0
  }

  /// Writes commits in groups, syncs by the policy, begins two new segments on the way.
  private static func run(on disk: TestDisk, _ commits: [Commit], _ policy: Policy) -> Story {
    var story = Story()
    do throws(DiskError) {
      try run(on: try disk.folder, commits, policy, &story)
    } catch {
      story.failures += 1
    }
    return story
  }

  private static func run(
    on folder: any DiskFolder, _ commits: [Commit], _ policy: Policy, _ story: inout Story
  ) throws(DiskError) {
    let outcome = LogOutcome(
      ending: .empty, position: .start, batchCount: 0, segments: [], unusedSegments: [])
    var writer = try LogWriter.resume(outcome, in: folder)
    try run(&writer, on: folder, commits, policy, &story)
  }

  private static func run(
    _ writer: inout LogWriter, on folder: any DiskFolder, _ commits: [Commit], _ policy: Policy,
    _ story: inout Story
  ) throws(DiskError) {
    let progress = writer.segment.progress
    var index = 0
    defer { story.syncedCount = Int(progress.syncedLSN) }
    while index < commits.count {
      let group = commits[index...].prefix(index % 3 + 1)
      index += group.count
      for commit in group { writer.append(commit) }
      story.order += group
      var failure: LogWriteError?
      do { try writer.write() } catch { failure = error }
      if let failure {
        if !failure.isUndone { throw failure.error }
        story.failures += 1
        story.order.removeLast(group.count)
        if writer.segment.failure != nil { throw failure.error }
      } else {
        story.writtenCount = story.order.count
      }
      if policy == .always || (policy == .sometimes && index % 4 == 0) {
        try writer.segment.sync()
        story.syncedCount = Int(progress.syncedLSN)
      }
      guard index % 7 == 0 else { continue }
      let next = try LogSegment.create(
        in: folder, number: writer.segment.number + 1, previousSalt: writer.segment.salt,
        progress: progress)
      var old: LogSegment?
      var refusal: LogWriteError?
      do { old = try writer.rotate(to: next) } catch { refusal = error }
      if let refusal { throw refusal.error }
      try old?.sync()
    }
  }

  /// Recovers and compares with the story.
  ///
  /// - Returns: how many commits are there, nil if the log was refused.
  private static func check(
    _ disk: TestDisk, _ story: Story, atLeast count: Int, allowsRefusal: Bool, _ what: String
  ) -> Int? {
    do throws(StorageError) {
      let recovered = try disk.recover()
      let found = recovered.outcome.batchCount
      #expect(found <= story.order.count, "\(what)")
      let prefix = Array(story.order.prefix(found))
      #expect(recovered.changes == prefix.read(), "\(what)")
      #expect(found >= count, "\(what)")
      return found
    } catch {
      #expect(allowsRefusal, "\(what): \(error)")
      // What was never synced may be refused for a whole frame that stands behind it, or in its place,
      // and is never called damage to what was synced.
      var isExpected = false
      if case .refused(let refusal) = error {
        switch refusal.reason {
        case .frame(_, let evidence):
          isExpected =
            evidence.laterFrameCount > 0 && !evidence.hasLaterSegment && !evidence.provesLoss
        case .sequence(let expected, let found): isExpected = found > expected
        default: break
        }
      }
      #expect(isExpected, "\(what): \(error)")
      return nil
    }
  }

  @Test("after a power failure at any call there is a prefix with all that was synced")
  func crashes() {
    let seed = TestSettings.seed(40)
    var random = SeededGenerator(seed: seed)
    var (states, refusals, shorter) = (0, 0, 0)
    for policy in Policy.allCases {
      let commits = Commits.random(14, using: &random)
      let whole = TestDisk(folder: testFolder)
      _ = Self.run(on: whole, commits, policy)
      for call in 1...(whole.callCount + 1) {
        let disk = TestDisk(folder: testFolder)
        disk.fail(at: call, with: .crash)
        let story = Self.run(on: disk, commits, policy)
        for style in TestDisk.CrashStyle.allCases {
          for _ in 0..<TestSettings.count(2, long: 50) {
            states += 1
            let isMixed = style == .reordered || style == .stale
            let found = Self.check(
              disk.afterCrash(style, using: &random), story,
              atLeast: style == .killed ? story.writtenCount : story.syncedCount,
              allowsRefusal: isMixed, "\(policy), call \(call), \(style), seed \(seed)")
            refusals += found == nil ? 1 : 0
            shorter += (found ?? 0) < story.order.count ? 1 : 0
          }
        }
      }
    }
    print("log crashes: \(states) states, \(refusals) refused, \(shorter) shorter")
    #expect(refusals > 0 && shorter > 0 && shorter < states)
  }

  @Test("a log that goes on after a crash survives the next one")
  func crashesTwice() throws {
    let seed = TestSettings.seed(42)
    var random = SeededGenerator(seed: seed)
    var (states, refusals, torn) = (0, 0, 0)
    for _ in 0..<TestSettings.count(120) {
      let policy = Policy.allCases[Int.random(in: 0..<3, using: &random)]
      let commits = Commits.random(24, using: &random)
      let disk = TestDisk(folder: testFolder)
      disk.fail(at: Int.random(in: 5...40, using: &random), with: .crash)
      let first = Self.run(on: disk, Array(commits[..<12]), policy)
      let styles = TestDisk.CrashStyle.allCases
      let style = styles[Int.random(in: 0..<styles.count, using: &random)]
      let second = disk.afterCrash(style, using: &random)
      guard let found = try? second.recover() else {
        refusals += 1
        continue
      }
      // The crash may come while what the first one left is put in order, too.
      second.fail(at: second.callCount + Int.random(in: 1...40, using: &random), with: .crash)
      var story = Story()
      story.order = Array(first.order.prefix(found.outcome.batchCount))
      if case .torn = found.outcome.ending { torn += 1 }
      // What was read is durable only when it has been settled.
      let before = style == .killed ? 0 : story.order.count
      story.syncedCount = before
      do throws(DiskError) {
        let folder = try second.folder
        var settled: LogOutcome?
        do { settled = try LogChain(folder).settle(found.outcome).outcome } catch {}
        if let settled {
          story.syncedCount = story.order.count
          var writer = try LogWriter.resume(settled, in: folder)
          try Self.run(&writer, on: folder, Array(commits[12...]), policy, &story)
        }
      } catch {}
      for style in styles {
        states += 1
        let isMixed = style == .reordered || style == .stale
        let found = Self.check(
          second.afterCrash(style, using: &random), story,
          atLeast: style == .killed
            ? max(story.writtenCount, before) : max(story.syncedCount, before),
          allowsRefusal: isMixed, "\(policy), \(style), seed \(seed)")
        refusals += found == nil ? 1 : 0
      }
    }
    print("log crashes twice: \(states) states, \(refusals) refused, \(torn) torn")
    #expect(states > refusals && refusals > 0 && torn > 0)
  }

  /// Found by the log's fuzzer: behind a snapshot, the segment that it goes on in had been made and
  /// not written to. Settling removed it, as all unused ones, and until a new one had been made a
  /// crash left a log without its first segment, which is refused.
  @Test("a crash while the log behind a snapshot is gone on with leaves one that is read")
  func crashesBehindSnapshot() throws {
    let start = LogPosition(segment: 3, nextLSN: 78, previousChecksum: 0xdead_beef)
    let name = StoreFileName.log(3)
    let made = TestDisk(folder: testFolder)
    _ = try LogSegment.create(
      in: try made.folder, number: 3, previousSalt: 5, progress: LogProgress(lastLSN: 77))
    let header = try #require(made.bytes(name, in: testFolder))
    let commit = Commits.sample()[0]
    let seed = TestSettings.seed(43)
    var random = SeededGenerator(seed: seed)
    var counts: [Int: Int] = [:]
    for call in 1...30 {
      let disk = TestDisk(folder: testFolder)
      disk.put(name, header, in: testFolder)
      disk.fail(at: call, with: .crash)
      var isWritten = false
      do {
        let outcome = try disk.recover(from: start).outcome
        let folder = try disk.folder
        var writer = try LogWriter.resume(
          try LogChain(folder, from: start).settle(outcome).outcome, in: folder)
        writer.append(commit)
        try writer.write()
        try writer.segment.sync()
        isWritten = true
      } catch {}
      #expect(isWritten != disk.hasCrashed)
      for style in TestDisk.CrashStyle.allCases {
        let found = try disk.afterCrash(style, using: &random).recover(from: start).changes
        let isThere = found == [commit].read(from: 78)
        #expect(isThere || (!isWritten && found.isEmpty), "\(style), call \(call), seed \(seed)")
        counts[found.count, default: 0] += 1
      }
    }
    #expect(counts.count == 2)
  }

  @Test("what is synced counts as written, although the writer has not said so yet")
  func syncedBeforeSaid() throws {
    let disk = TestDisk(folder: testFolder)
    let progress = LogProgress(lastLSN: 0)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(segment, at: .start)
    for _ in 0..<3 {
      writer.append([.clear])
      try writer.write()
    }
    // As if the writer had been stopped just before it said so of the third.
    progress.noteWritten(2)
    #expect(try segment.sync() == 3)
    #expect(progress.writtenLSN == 3 && progress.syncedLSN == 3)
  }

  @Test("syncing beside the writer never claims what was not written")
  func threads() async throws {
    let disk = TestDisk(folder: testFolder)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: LogProgress(lastLSN: 0))
    let count = TestSettings.count(2_000, long: 20)
    async let syncs: Int = onThread {
      var count = 0
      while segment.progress.syncedLSN < UInt64(TestSettings.count(2_000, long: 20)) {
        let before = segment.progress.writtenLSN
        guard let synced = try? segment.sync() else { return -1 }
        let isRight =
          synced >= before && synced <= segment.progress.writtenLSN
          && segment.progress.syncedLSN >= synced
        if !isRight { return -2 }
        count += 1
      }
      return count
    }
    async let writes: Int = onThread {
      var writer = LogWriter(segment, at: .start)
      for _ in 0..<count {
        writer.append([.clear])
        do { try writer.write() } catch { return -1 }
      }
      return Int(writer.lastLSN)
    }
    let (syncCount, lastLSN) = await (syncs, writes)
    #expect(syncCount > 0 && lastLSN == count)
    #expect(segment.progress.syncedLSN == UInt64(count))
    #expect(try disk.recover().outcome.batchCount == count)
  }

  @Test("an error at any call, and a crash soon after, bring back nothing that failed")
  func errors() {
    let seed = TestSettings.seed(41)
    var random = SeededGenerator(seed: seed)
    var failures = 0
    for code in [ENOSPC, EIO] {
      for policy in Policy.allCases {
        let commits = Commits.random(14, using: &random)
        let whole = TestDisk(folder: testFolder)
        _ = Self.run(on: whole, commits, policy)
        for call in 1...whole.callCount {
          let disk = TestDisk(folder: testFolder)
          disk.fail(at: call, with: .partial(Int.random(in: 0..<500, using: &random), code))
          // Soon after, the power fails too: what was taken back must not come again.
          disk.fail(at: call + Int.random(in: 3...12, using: &random), with: .crash)
          let story = Self.run(on: disk, commits, policy)
          failures += story.failures
          let styles: [TestDisk.CrashStyle] = [.killed, .dropped, .prefix, .prefix, .torn, .zeroed]
          for style in styles + (TestSettings.isLong ? styles + styles + styles : []) {
            _ = Self.check(
              disk.afterCrash(style, using: &random), story,
              atLeast: style == .killed ? story.writtenCount : story.syncedCount,
              allowsRefusal: false, "\(policy), call \(call), \(style), seed \(seed)")
          }
        }
      }
    }
    #expect(failures > 0)
  }

  @Test("on a full disk writes fail and go on when there is room", arguments: [0, 1, 50, 333])
  func fullDisk(room: Int) throws {
    let commits = Commits.sample()
    let disk = TestDisk(folder: testFolder)
    let progress = LogProgress(lastLSN: 0)
    let segment = try LogSegment.create(
      in: try disk.folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(segment, at: .start)
    var written: [Commit] = []
    disk.setCapacity(SegmentHeader.byteCount + room)
    for commit in commits {
      writer.append(commit)
      do {
        try writer.write()
        written.append(commit)
      } catch {
        #expect(error.isUndone && error.error.isFull)
      }
    }
    #expect(written.count < commits.count)
    #expect(try disk.recover().changes == written.read())
    disk.setCapacity(nil)
    for commit in commits {
      writer.append(commit)
      try writer.write()
    }
    #expect(try disk.recover().changes == (written + commits).read())
  }
}
