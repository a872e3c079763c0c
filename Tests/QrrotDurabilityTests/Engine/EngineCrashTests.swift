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

/// A database whose disk fails or loses its power at every call: opening, writing, compaction,
/// closing, and the opening after that.
///
/// `make crash-states` runs it with a million states.
@Suite struct EngineCrashTests {
  /// What was looked at.
  struct Tally {
    var stories = 0
    var states = 0
    /// States that were refused, as damage that an unfinished write could not have done alone.
    var refusals = 0
    /// States in which commits were missing.
    var shorter = 0
    var failures = 0

    static func += (tally: inout Tally, other: Tally) {
      tally.stories += other.stories
      tally.states += other.states
      tally.refusals += other.refusals
      tally.shorter += other.shorter
      tally.failures += other.failures
    }
  }

  /// How many states all tests have looked at.
  private static let total = Guarded(0)

  /// Prints what a test came to.
  static func report(_ name: String, _ tally: Tally) {
    let total = total.withLock {
      $0 += tally.states
      return $0
    }
    print("\(name): \(tally); \(total) crash states up to now")
  }

  /// Opens a disk after a crash and compares.
  ///
  /// - Returns: what is there; nil if it was refused.
  static func check(
    _ disk: TestDisk, _ promise: Promise, after style: TestDisk.CrashStyle, isReadOnly: Bool,
    _ tally: inout Tally, _ what: @autoclosure () -> String
  ) -> UInt64? {
    tally.states += 1
    // A folder that was never made into a database can't be read.
    let isReadOnly = isReadOnly && disk.bytes(DatabaseFolder.markerName, in: testFolder) != nil
    do throws(QrrotError) {
      let engine = try disk.engine(isReadOnly: isReadOnly)
      let content = engine.content
      if let complaint = promise.complaint(about: content, after: style) {
        Issue.record("\(complaint): \(what()), \(style)")
      }
      if tally.states % 16 == 0, (try? engine.state.pointee.keyspace.checkInvariants()) == nil {
        Issue.record("the table is not sound: \(what()), \(style)")
      }
      if content.version < promise.states.keys.max() ?? 0 { tally.shorter += 1 }
      try engine.close()
      return content.version
    } catch {
      // Sectors that were written in another order than asked for may leave a whole commit behind a
      // damaged one. That is refused: it can't be told from damage.
      let isMixed = style == .reordered || style == .stale
      // So is a file too short for a header that begins with what its sector held before.
      let newest = disk.names("log-").last.flatMap { disk.bytes($0, in: testFolder) } ?? []
      let isForeign =
        style == .stale && error.code == .refused && newest.count < SegmentHeader.byteCount
      let isDamage = isMixed && error.code == .corrupt && !error.message.contains("safely")
      if !isForeign, !isDamage {
        Issue.record("can't be opened: \(error): \(what()), \(style)")
      }
      tally.refusals += 1
      return nil
    }
  }

  /// All kinds of crashes of a disk.
  static func checkAll(
    _ disk: TestDisk, _ promise: Promise, rounds: Int, using random: inout SeededGenerator,
    _ tally: inout Tally, _ what: @autoclosure () -> String
  ) {
    for style in TestDisk.CrashStyle.allCases {
      for round in 0..<rounds {
        // Without chance there is one outcome.
        if round > 0, style == .killed || style == .dropped { break }
        let after = disk.afterCrash(style, using: &random)
        let isReadOnly = tally.states % 8 != 0
        _ = check(after, promise, after: style, isReadOnly: isReadOnly, &tally, what())
      }
    }
  }

  private static func number(of policy: SyncPolicy) -> UInt64 {
    UInt64(SyncPolicy.allCases.firstIndex(of: policy) ?? 0) << 32
  }

  private static func story(
    _ policy: SyncPolicy, using random: inout SeededGenerator
  ) -> EngineStory {
    EngineStory(
      policy: policy,
      operations: EngineOperation.story(
        TestSettings.isLong ? 30 : 16, saves: TestSettings.isLong ? 3 : 1, using: &random),
      groupCount: Int.random(in: 1...4, using: &random))
  }

  @Test(
    "a crash at any call leaves an exact prefix with all that was acknowledged",
    arguments: SyncPolicy.allCases)
  func crashes(policy: SyncPolicy) {
    let seed = TestSettings.seed(50) &+ Self.number(of: policy)
    var random = SeededGenerator(seed: seed)
    var tally = Tally()
    for number in 0..<TestSettings.count(1, long: 6) {
      let story = Self.story(policy, using: &random)
      let (reference, callCount) = story.reference()
      for call in 1...(callCount + 1) {
        let disk = TestDisk(folder: testFolder)
        disk.fail(at: call, with: .crash)
        let outcome = story.run(on: disk, reference: reference)
        let what = { "\(policy), story \(number), call \(call) of \(callCount), seed \(seed)" }
        for complaint in outcome.complaints { Issue.record("\(complaint): \(what())") }
        tally.stories += 1
        tally.failures += outcome.errors.count
        Self.checkAll(
          disk, outcome.promise, rounds: TestSettings.isLong ? 40 : 1, using: &random, &tally,
          what())
      }
    }
    Self.report("engine crashes, \(policy)", tally)
    #expect(tally.failures > 0 && tally.shorter > 0 && tally.shorter < tally.states)
  }

  @Test(
    "a crash at any call of opening after a crash loses nothing either",
    arguments: SyncPolicy.allCases)
  func crashesTwice(policy: SyncPolicy) {
    let seed = TestSettings.seed(51) &+ Self.number(of: policy)
    var random = SeededGenerator(seed: seed)
    var tally = Tally()
    for _ in 0..<TestSettings.count(3, long: 10) {
      let story = Self.story(policy, using: &random)
      let (reference, callCount) = story.reference()
      let first = TestDisk(folder: testFolder)
      let call = Int.random(in: 1...callCount, using: &random)
      first.fail(at: call, with: .crash)
      let outcome = story.run(on: first, reference: reference)
      for style in TestDisk.CrashStyle.allCases {
        let what = { "\(policy), call \(call), then \(style), seed \(seed)" }
        let start = first.afterCrash(style, using: &random)
        // How many calls opening and going on take, from just this state.
        let goingOn = EngineStory(
          policy: policy, operations: EngineOperation.story(3, saves: 1, using: &random),
          groupCount: 1)
        let whole = start.afterCrash(.killed, using: &random)
        var promise = outcome.promise
        if style != .killed { promise.killed = promise.powerless }
        let trial = goingOn.run(on: whole, after: promise)
        guard trial.isOpened else { continue }
        for second in 1...(whole.callCount + 1) {
          let disk = start.afterCrash(.killed, using: &random)
          disk.fail(at: second, with: .crash)
          let next = goingOn.run(on: disk, after: promise)
          for complaint in next.complaints { Issue.record("\(complaint): \(what())") }
          tally.stories += 1
          tally.failures += next.errors.count
          Self.checkAll(
            disk, next.promise, rounds: TestSettings.isLong ? 4 : 1, using: &random, &tally,
            "\(what()), then call \(second)")
        }
      }
    }
    Self.report("engine crashes twice, \(policy)", tally)
    #expect(tally.failures > 0 && tally.shorter > 0 && tally.shorter < tally.states)
  }

  @Test(
    "an error at any call loses nothing that was acknowledged and keeps nothing that failed",
    arguments: SyncPolicy.allCases, [ENOSPC, EIO])
  func errors(policy: SyncPolicy, code: Int32) {
    let seed = TestSettings.seed(52) &+ Self.number(of: policy)
    var random = SeededGenerator(seed: seed)
    var tally = Tally()
    for number in 0..<TestSettings.count(1, long: 4) {
      let story = Self.story(policy, using: &random)
      let (reference, callCount) = story.reference()
      for call in 1...callCount {
        for isPair in [false, true] {
          let disk = TestDisk(folder: testFolder)
          let partial = Int.random(in: 0..<200, using: &random)
          disk.fail(at: call, with: .partial(partial, code))
          // Then cutting back fails, or whatever comes next.
          if isPair {
            disk.fail(at: call + Int.random(in: 1...3, using: &random), with: .error(EIO))
          }
          let outcome = story.run(on: disk, reference: reference)
          let what = {
            "\(policy), \(code), story \(number), call \(call), \(isPair), seed \(seed)"
          }
          for complaint in outcome.complaints { Issue.record("\(complaint): \(what())") }
          tally.stories += 1
          tally.failures += outcome.errors.count
          guard outcome.isOpened else { continue }
          Self.checkAll(
            disk, outcome.promise, rounds: TestSettings.isLong ? 12 : 1, using: &random, &tally,
            what())
        }
      }
    }
    Self.report("engine errors, \(policy), \(code)", tally)
    #expect(tally.failures > 0)
  }
}
