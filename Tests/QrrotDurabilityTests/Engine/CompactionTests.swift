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

/// Compaction beside writers, ended at each of its steps.
@Suite struct CompactionTests {
  private struct Moment {
    var promise: Promise
    var disks: [(TestDisk.CrashStyle, TestDisk)]
  }

  /// A story's beginning: some data on a disk.
  private static func begin(
    _ policy: SyncPolicy, _ operations: [EngineOperation]
  ) throws -> (disk: TestDisk, engine: LocalEngine, promise: Promise) {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(policy)
    var promise = Promise()
    var session = Session()
    for operation in operations {
      // An undo may find nothing that it could take back.
      do { try engine.run(operation, in: &session) } catch {
        guard error.code == .refused || error.code == .conflict else { throw error }
      }
      promise.states[engine.content.version] = engine.content.digest
    }
    try engine.settle(&session)
    promise.killed = session.seenLSN
    promise.powerless = engine.syncedLSN
    return (disk, engine, promise)
  }

  @Test(
    "a writer races a compaction that is paused, and ended, at each of its steps",
    arguments: SyncPolicy.allCases)
  func pauses(policy: SyncPolicy) throws {
    let seed = TestSettings.seed(60)
    var random = SeededGenerator(seed: seed)
    var tally = EngineCrashTests.Tally()
    for settleCount in 1...TestSettings.count(2, long: 4) {
      var (step, last) = (1, 1)
      while step <= last {
        let operations = EngineOperation.story(12, saves: 0, using: &random)
        let racing = EngineOperation.story(9, saves: 0, using: &random)
        let (disk, engine, promise) = try Self.begin(policy, operations)
        let writer = RacingWriter(engine, racing, settleCount: settleCount, promise: promise)
        let first = disk.callCount
        let moments = Guarded<[Moment]>([])
        let pauseCount = Guarded(0)
        let generator = Guarded(random)
        let pausedStep = step
        let compactor = Guarded(pthread_self())
        disk.watch { number, _ in
          // The writer's own calls are steps of nothing.
          guard pthread_equal(pthread_self(), compactor.value) != 0 else { return }
          let count = pauseCount.withLock {
            $0 += 1
            return $0
          }
          // One write before the pause, so that some have been written and not been synced.
          guard count == pausedStep || count == pausedStep - 1 else { return }
          var promise = writer.advance()
          guard count == pausedStep else { return }
          for _ in 0..<settleCount { promise = writer.advance() }
          let disks = TestDisk.CrashStyle.allCases.map { style in
            (style, generator.withLock { disk.afterCrash(style, using: &$0) })
          }
          moments.withLock { $0.append(Moment(promise: promise, disks: disks)) }
        }
        try engine.save()
        disk.watch(nil)
        last = pauseCount.value
        random = generator.value
        let (whole, failures) = writer.finish()
        #expect(failures.allSatisfy { $0 == .refused || $0 == .conflict }, "seed \(seed)")
        #expect(engine.reading { $0.views.isEmpty })
        try Self.checkSnapshot(disk, whole, "step \(step), seed \(seed)")
        for moment in moments.value {
          var promise = whole
          promise.killed = moment.promise.killed
          // Under the other policies settling promises nothing for a power failure.
          promise.powerless = policy == .always ? moment.promise.powerless : 0
          for (style, disk) in moment.disks {
            _ = EngineCrashTests.check(
              disk, promise, after: style, isReadOnly: false, &tally,
              "\(policy), step \(step) of \(last) (from call \(first)), seed \(seed)")
          }
        }
        let content = engine.content
        try engine.close()
        let again = try disk.engine()
        #expect(again.content == content)
        try again.close()
        step += 1
      }
      #expect(last > 15)
    }
    EngineCrashTests.report("compaction races, \(policy)", tally)
  }

  /// The newest snapshot holds what the table held at its fence.
  private static func checkSnapshot(_ disk: TestDisk, _ promise: Promise, _ what: String) throws {
    guard let name = disk.names("snapshot-").last else { return }
    var state = EngineState(memoryLimit: .max)
    let file = try disk.folder.open(name, .read)
    var reader = try SnapshotReader(file, path: name)
    try withUnsafeMutablePointer(to: &state) { state throws(StorageError) in
      try reader.read { change throws(QrrotError) in try state.pointee.recover(change) }
    }
    #expect(state.digest == promise.states[reader.footer.position.lastLSN], "\(what)")
  }

  // A new segment once noted as its own what had been written before it was made. A settle while the
  // log changed files synced the new, empty one, and acknowledged what was not synced in the old.
  @Test("a reply waits for the segment before the new one")
  func settlingInTheMiddle() throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(.always)
    var session = Session()
    try engine.put("a", "1", in: &session)
    let phase = Guarded(0)
    let settling = Guarded<BackgroundThread?>(nil)
    let isSettled = Guarded(false)
    let dropped = Guarded<TestDisk?>(nil)
    disk.watch { _, call in
      if call.operation == .open, call.file.hasSuffix("log-0000000002"), phase.value == 0 {
        phase.withLock { $0 = 1 }
        // After the first sync and before the new segment: written to the old one.
        try? engine.put([2], forKey: "b")
      } else if call.operation == .sync, call.file.hasSuffix("log-0000000001"), phase.value == 1 {
        phase.withLock { $0 = 2 }
        let thread = BackgroundThread {
          var session = Session()
          session.seenLSN = 2
          try? engine.settle(&session)
          isSettled.withLock { $0 = true }
        }
        settling.withLock { $0 = thread }
        for _ in 0..<50 where !isSettled.value { usleep(1_000) }
        var random = SeededGenerator(seed: 1)
        // Only what was acknowledged before has to be there.
        if isSettled.value { dropped.withLock { $0 = disk.afterCrash(.dropped, using: &random) } }
      }
    }
    try engine.save()
    disk.watch(nil)
    settling.value?.join()
    #expect(phase.value == 2 && isSettled.value)
    if let dropped = dropped.value {
      let again = try dropped.engine()
      #expect(again.value(of: "b") == [2], "it had been acknowledged")
      try again.close()
    }
    try engine.close()
  }

  // What was written while the log changed files waits in memory, has been applied and can't be
  // taken back. A failed write of a later command once threw it away, and its number was given again.
  @Test("what waits for the segment before is not lost by a full disk", arguments: [false, true])
  func fullDiskInTheMiddle(isSettled: Bool) throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(.always)
    var session = Session()
    try engine.put("a", "1", in: &session)
    let phase = Guarded(0)
    disk.watch { _, call in
      if call.operation == .write, call.file.hasSuffix("log-0000000001"), phase.value == 0 {
        phase.withLock { $0 = 1 }
      } else if call.operation == .sync, call.file.hasSuffix("log-0000000001"), phase.value == 1 {
        phase.withLock { $0 = 2 }
        try? engine.put([2], forKey: "b")
        disk.setCapacity(0)
      }
    }
    #expect(throws: QrrotError.self) { try engine.save() }
    disk.watch(nil)
    #expect(phase.value == 2 && engine.value(of: "b") == [2])
    var codes: [QrrotError.Code] = []
    func attempt(_ body: () throws(QrrotError) -> Void) {
      do throws(QrrotError) { try body() } catch { codes.append(error.code) }
    }
    if isSettled {
      attempt { () throws(QrrotError) in
        try engine.run(.del(["nothing"]), in: &session)
        try engine.settle(&session)
      }
      #expect(codes == [.unknownOutcome])
    }
    codes = []
    let content = engine.content
    attempt { () throws(QrrotError) in try engine.put("c", "3", in: &session) }
    attempt { () throws(QrrotError) in try engine.save() }
    #expect(codes == [.io, .io] && engine.content == content)
    disk.setCapacity(nil)
    try engine.put("d", "4", in: &session)
    try engine.save()
    try engine.put("e", "5", in: &session)
    let last = engine.content
    try engine.close()
    let again = try disk.engine()
    #expect(again.content == last && again.value(of: "b") == [2])
    try again.close()
  }

  @Test("a compaction that fails at any call loses nothing, and the next one works")
  func failures() throws {
    let seed = TestSettings.seed(61)
    var random = SeededGenerator(seed: seed)
    for code in [ENOSPC, EIO] {
      var (call, count) = (1, 1)
      while call <= count {
        let operations = EngineOperation.story(12, saves: 0, using: &random)
        let (disk, engine, _) = try Self.begin(.always, operations)
        try engine.save()
        try engine.put([1], forKey: "more")
        let start = disk.callCount
        disk.fail(at: start + call, with: .partial(3, code))
        let content = engine.content
        var failure: QrrotError?
        do { try engine.save() } catch { failure = error }
        if call == 1 { count = max(count, 30) }
        if failure == nil { count = min(count, disk.callCount - start) }
        #expect(engine.content == content && engine.reading { $0.views.isEmpty })
        var session = Session()
        let mayWrite = engine.locked { _ in engine.durability?.log.failure == nil }
        if mayWrite {
          try engine.put("after", "1", in: &session)
          try engine.save()
          try engine.put("last", "1", in: &session)
        } else {
          // Only what was not done to the log itself leaves it as it was.
          #expect(failure?.code != nil)
        }
        let last = engine.content
        try engine.close()
        let again = try disk.engine()
        #expect(again.content == last, "\(code), call \(call), seed \(seed)")
        #expect(disk.names("snapshot-").count <= 1, "\(disk.names(in: testFolder))")
        #expect(disk.names(in: testFolder).allSatisfy { !$0.hasSuffix(".tmp") })
        #expect(disk.names("log-").count <= 3, "\(disk.names(in: testFolder))")
        try again.close()
        call += 1
      }
    }
  }

  @Test("failed compactions leave no file behind for each try")
  func failedTries() throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine()
    var session = Session()
    try engine.put("a", String(repeating: "x", count: 5_000), in: &session)
    for _ in 0..<20 {
      disk.setCapacity(disk.files.values.reduce(0) { $0 + $1.count } + 500)
      #expect(throws: QrrotError.self) { try engine.save() }
      #expect(disk.names(in: testFolder).count <= 4, "\(disk.names(in: testFolder))")
    }
    disk.setCapacity(nil)
    try engine.save()
    try engine.save()
    try engine.close()
    #expect(disk.names("log-").count == 1 && disk.names("snapshot-").count == 1)
  }

  @Test("opening and closing leave no file each", arguments: [false, true])
  func openingOnly(isCompacted: Bool) throws {
    let disk = TestDisk(folder: testFolder)
    var session = Session()
    let engine = try disk.engine()
    if isCompacted { try engine.save() }
    try engine.put("a", "1", in: &session)
    if isCompacted {
      try engine.save()
      try engine.save()
    }
    try engine.close()
    let names = disk.names(in: testFolder)
    for _ in 0..<10 {
      let again = try disk.engine()
      #expect(again.text(of: "a") == "1")
      try again.close()
      #expect(disk.names(in: testFolder).count <= names.count + 1)
    }
  }

  // A thread compacted after a second, and most sessions are shorter than that.
  @Test("very many short sessions leave few files")
  func shortSessions() throws {
    let disk = TestDisk(folder: testFolder)
    var most = 0
    for number in 0..<200 {
      var session = Session()
      let engine = try disk.engine(.never)
      #expect(engine.content.version == UInt64(number))
      try engine.put("key\(number % 7)", "\(number)", in: &session)
      try engine.close()
      most = max(most, disk.names(in: testFolder).count)
    }
    #expect(most < 75)
  }
}
