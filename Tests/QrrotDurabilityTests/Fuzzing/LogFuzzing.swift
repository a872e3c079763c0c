import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// What the log's fuzzer does with an input, and what must hold whatever it is.
///
/// The first byte says how the input becomes files: it is them (`raw`), it says what frames there
/// are and they get right checksums (`sealed`), or it says what is written and what damage is done
/// to it then (`damaged`).
package enum LogFuzzing {
  /// What came of an input.
  package enum Outcome: Hashable, CaseIterable {
    case empty, closed, open, torn, refused
  }

  /// Reads the log that an input makes.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Outcome {
    var input = FuzzInput(bytes)
    switch input.byte() % 3 {
    case 0: return try raw(&input)
    case 1: return try sealed(&input)
    default: return try damaged(&input)
    }
  }

  private static func raw(_ input: inout FuzzInput) throws -> Outcome {
    let disk = TestDisk(folder: testFolder)
    let (hasTwo, syncedLSN) = (input.flag(), UInt64(input.byte()))
    if hasTwo {
      let count = Int(input.number(byteCount: 2))
      disk.put(StoreFileName.log(1), input.take(count), in: testFolder)
    }
    disk.put(StoreFileName.log(hasTwo ? 2 : 1), input.rest(), in: testFolder)
    return try LogCheck(disk, syncedLSN: syncedLSN).run().outcome
  }

  private static func sealed(_ input: inout FuzzInput) throws -> Outcome {
    let log = SealedLog(&input)
    return try LogCheck(log.disk, from: log.start).run().outcome
  }

  private static func damaged(_ input: inout FuzzInput) throws -> Outcome {
    let commits = input.commits()
    let closes = input.flag()
    let rotation = input.number(below: 16)
    let written = try TestDisk.holding(
      commits, rotations: [rotation], groupCount: 1 + input.number(below: 9), closes: closes)
    let damages = (0..<input.number(below: 4)).map { _ in
      (isInLast: input.flag(), damage: FuzzDamage(&input))
    }
    let disk = TestDisk(folder: testFolder)
    var isDamaged = false
    let names = written.names(in: testFolder)
    for name in names {
      let original = written.bytes(name, in: testFolder) ?? []
      var bytes = original
      for damage in damages where damage.isInLast == (name == names.last) {
        damage.damage.apply(to: &bytes)
      }
      isDamaged = isDamaged || bytes != original
      disk.put(name, bytes, in: testFolder)
    }
    let found = try LogCheck(disk).run()
    guard case .success(let log) = found.result else {
      try FuzzFailure.unless(isDamaged, "refused without any damage: \(found.result)")
      return found.outcome
    }
    let count = log.outcome.batchCount
    try FuzzFailure.unless(
      count <= commits.count && log.changes == Array(commits[..<count]).read(),
      "\(count) commits that are no prefix of those written")
    // A log that says that it was closed lacks nothing, unless it also says that it was not.
    let isSaidToBeWhole = found.outcome == .closed && log.outcome.unusedSegments.isEmpty
    try FuzzFailure.unless(
      count == commits.count || (isDamaged && !isSaidToBeWhole),
      "\(count) of \(commits.count) commits, and nothing is reported")
    try FuzzFailure.unless(isDamaged || found.outcome != .torn, "torn without any damage")
    return found.outcome
  }
}
