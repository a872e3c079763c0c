import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// What has to be there when a database is opened again.
struct Promise {
  /// What the table held after each commit, by the commit's number.
  var states: [UInt64: UInt64] = [0: LocalEngine().content.digest]
  /// The number of a commit of which nobody knows whether it is there, and what it would make.
  var doubtful: (version: UInt64, digest: UInt64?)?
  /// The last commit that survives the end of the process, and that of the power.
  var killed: UInt64 = 0
  var powerless: UInt64 = 0

  func floor(_ style: TestDisk.CrashStyle) -> UInt64 { style == .killed ? killed : powerless }

  /// After a crash of this kind: what has come back is an exact prefix and holds what was promised.
  ///
  /// - Returns: what is wrong, nil if nothing is.
  func complaint(
    about content: (version: UInt64, digest: UInt64), after style: TestDisk.CrashStyle
  ) -> String? {
    if content.version < floor(style) {
      return "only \(content.version) of \(floor(style)) acknowledged commits are there"
    }
    if let doubtful, doubtful.version == content.version,
      doubtful.digest == nil || doubtful.digest == content.digest
    {
      return nil
    }
    guard let state = states[content.version] else {
      return "commit \(content.version) has never been acknowledged, nor applied"
    }
    return state == content.digest ? nil : "commit \(content.version) is not what it was"
  }

  /// Only this prefix is left, and it survives everything from now on.
  mutating func keep(upTo version: UInt64, isDurable: Bool) {
    if let doubtful, doubtful.version == version, let digest = doubtful.digest {
      states[version] = digest
    }
    doubtful = nil
    states = states.filter { $0.key <= version }
    if isDurable { (killed, powerless) = (version, version) }
  }
}

/// A database on a test disk that goes through some operations, and what it promised.
struct EngineStory {
  var policy: SyncPolicy
  var operations: [EngineOperation]
  /// After how many operations replies are given.
  var groupCount: Int

  /// What came of it.
  struct Outcome {
    var promise = Promise()
    /// The codes of what failed, with the operation's index.
    var errors: [(index: Int, code: QrrotError.Code)] = []
    /// Whether opening went through, and closing.
    var isOpened = false
    var isClosed = false
    /// What is wrong already.
    var complaints: [String] = []
  }

  /// Opens the database on this disk, goes through all of the operations whatever fails, and closes.
  ///
  /// - Parameters:
  ///   - promise: what is on the disk.
  ///   - reference: what the table holds after each operation if nothing fails; nil if unknown.
  func run(
    on disk: TestDisk, after promise: Promise = Promise(), reference: [UInt64]? = nil
  ) -> Outcome {
    var outcome = Outcome()
    outcome.promise = promise
    let engine: LocalEngine
    do throws(QrrotError) {
      // Time passes with each look at the clock, so some keys expire on the way.
      let isSequel = promise.states.count > 1
      engine = try disk.engine(
        policy, clock: TestClock(isSequel ? StoryTime.sequel : StoryTime.start, step: 100))
    } catch {
      outcome.errors.append((-1, error.code))
      return outcome
    }
    outcome.isOpened = true
    let content = engine.content
    outcome.promise.keep(upTo: content.version, isDurable: true)
    outcome.promise.states[content.version] = content.digest
    var session = Session()
    for index in operations.indices {
      step(index, engine, &session, reference, &outcome)
      guard (index + 1) % groupCount == 0 || index == operations.count - 1 else { continue }
      settle(engine, &session, index, &outcome)
    }
    outcome.promise.powerless = max(outcome.promise.powerless, engine.syncedLSN)
    // Closing makes everything durable, unless a failure has ended writing before.
    let isSound = engine.locked { _ in engine.durability?.log.failure == nil }
    do throws(QrrotError) {
      try engine.close()
      outcome.isClosed = true
      if isSound {
        outcome.promise.powerless = engine.content.version
        outcome.promise.killed = engine.content.version
      }
    } catch {
      outcome.errors.append((operations.count, error.code))
    }
    return outcome
  }

  private func step(
    _ index: Int, _ engine: LocalEngine, _ session: inout Session, _ reference: [UInt64]?,
    _ outcome: inout Outcome
  ) {
    let before = engine.content
    do throws(QrrotError) {
      try engine.run(operations[index], in: &session)
      let after = engine.content
      if after.version > before.version + 1 {
        outcome.complaints.append("operation \(index) is more than one commit")
      }
      if after.version == before.version, after.digest != before.digest {
        outcome.complaints.append("operation \(index) has no number")
      }
      outcome.promise.states[after.version] = after.digest
      if case .save = operations[index] {
        outcome.promise.powerless = max(outcome.promise.powerless, after.version)
        outcome.promise.killed = max(outcome.promise.killed, after.version)
      }
    } catch {
      if engine.content != before {
        outcome.complaints.append("operation \(index) failed (\(error.code)) and changed something")
      }
      if error.code == .unknownOutcome, operations[index] != .save {
        let isFirst = outcome.errors.allSatisfy { $0.code == .refused || $0.code == .conflict }
        outcome.promise.doubtful = (before.version + 1, isFirst ? reference?[index] : nil)
      }
      outcome.errors.append((index, error.code))
    }
  }

  private func settle(
    _ engine: LocalEngine, _ session: inout Session, _ index: Int, _ outcome: inout Outcome
  ) {
    do throws(QrrotError) {
      let version = engine.content.version
      // Puts of the embedding interface have no session.
      session.seenLSN = version
      try engine.settle(&session)
      outcome.promise.killed = max(outcome.promise.killed, version)
      guard policy == .always, outcome.errors.allSatisfy({ $0.code != .unknownOutcome }) else {
        return
      }
      outcome.promise.powerless = max(outcome.promise.powerless, version)
    } catch {
      if error.code != .unknownOutcome {
        outcome.complaints.append("settle after operation \(index) said \(error.code)")
      }
      outcome.errors.append((index, error.code))
    }
  }

  /// What the table holds after each operation if nothing fails, and how many calls that takes.
  func reference() -> (states: [UInt64], callCount: Int) {
    let disk = TestDisk(folder: testFolder)
    var states: [UInt64] = []
    if let engine = try? disk.engine(
      policy, clock: TestClock(StoryTime.start, step: 100))
    {
      var session = Session()
      for (index, operation) in operations.enumerated() {
        try? engine.run(operation, in: &session)
        states.append(engine.content.digest)
        if (index + 1) % groupCount == 0 || index == operations.count - 1 {
          session.seenLSN = engine.content.version
          try? engine.settle(&session)
        }
      }
      try? engine.close()
    }
    return (states, disk.callCount)
  }
}
