import QrrotTesting
import Testing

@testable import QrrotStore

/// Every bit and every truncation of a log: what is read is the original, or an exact prefix that is
/// reported as torn or not closed, or it is refused. Never anything else.
@Suite struct LogDamageTests {
  private static let commits = Commits.sample()
  private static let names = ["log-0000000001", "log-0000000002"]

  /// Counts of what came out, so that a test can't pass by having tried nothing.
  private struct Tally {
    var cases = 0
    var whole = 0
    var open = 0
    var torn = 0
    var refused = 0
  }

  /// Where the frames of a segment begin, and its end.
  private static func frameOffsets(_ bytes: [UInt8]) -> [Int] {
    var offsets = [SegmentHeader.byteCount]
    while let offset = offsets.last, offset < bytes.count {
      let size = bytes.withUnsafeBytes { $0.number(at: offset + 8, as: UInt32.self) }
      offsets.append(offset + FrameHeader.byteCount + Int(size))
    }
    return offsets
  }

  /// Recovers a damaged log and looks at what came out.
  private static func check(
    _ damage: Damage, of name: String, in files: [String: [UInt8]], _ tally: inout Tally
  ) -> Result<Recovered, StorageError> {
    let disk = TestDisk(folder: testFolder)
    for (other, bytes) in files {
      disk.put(other, other == name ? damage.bytes : bytes, in: testFolder)
    }
    tally.cases += 1
    let what = "\(name): \(damage.text) at \(damage.offset)"
    do throws(StorageError) {
      let recovered = try disk.recover()
      let count = recovered.outcome.batchCount
      #expect(recovered.changes == Array(commits[..<count]).read(), "\(what)")
      switch recovered.outcome.ending {
      case .closed:
        tally.whole += 1
        // What is not the original is said to be short of something.
        #expect(count == commits.count, "\(what)")
      case .open: tally.open += 1
      case .torn(let tail):
        tally.torn += 1
        #expect(tail.offset <= Int64(damage.offset), "\(what)")
      case .empty:
        tally.open += 1
        // A file that ends with its header is one that was never written to.
        #expect(damage.bytes.count == SegmentHeader.byteCount, "\(what)")
        #expect(recovered.outcome.unusedSegments == [1], "\(what)")
      }
      return .success(recovered)
    } catch {
      tally.refused += 1
      if case .refused(let refusal) = error {
        #expect(refusal.offset <= Int64(damage.bytes.count), "\(what)")
      } else {
        Issue.record("\(what): \(error)")
      }
      return .failure(error)
    }
  }

  @Test("any damage to a closed log is refused, or loses nothing and is reported")
  func closedLog() throws {
    let disk = try TestDisk.holding(Self.commits, closes: true)
    let original = try #require(disk.bytes(Self.names[0], in: testFolder))
    let frames = Self.frameOffsets(original)
    let closing = frames[frames.count - 2]
    var tally = Tally()
    Damage.forEach(of: original, stride: 61, seed: TestSettings.seed(1)) { damage in
      let result = Self.check(damage, of: Self.names[0], in: [Self.names[0]: original], &tally)
      guard damage.text.hasSuffix("flipped") else { return }
      switch result {
      case .success(let recovered):
        #expect(damage.offset >= closing, "bit at \(damage.offset)")
        #expect(recovered.outcome.batchCount == Self.commits.count)
      case .failure(.refused(let refusal)):
        #expect(damage.offset < closing, "bit at \(damage.offset)")
        guard damage.offset >= frames[0] else { break }
        // The refusal names the frame that holds the bit.
        #expect(refusal.offset == Int64(frames.last { $0 <= damage.offset } ?? 0))
      case .failure: break
      }
    }
    print("closed log: \(tally)")
    #expect(tally.torn > 0 && tally.refused > 0)
  }

  @Test("damage to a log that was not closed is refused but in its last frame, where it is a tail")
  func openLog() throws {
    let disk = try TestDisk.holding(Self.commits, closes: false)
    let original = try #require(disk.bytes(Self.names[0], in: testFolder))
    let frames = Self.frameOffsets(original)
    let last = frames[frames.count - 2]
    var tally = Tally()
    Damage.forEach(of: original, stride: 61, seed: TestSettings.seed(2)) { damage in
      let result = Self.check(damage, of: Self.names[0], in: [Self.names[0]: original], &tally)
      guard damage.text.hasSuffix("flipped") else { return }
      switch result {
      case .success(let recovered):
        #expect(damage.offset >= last && recovered.outcome.batchCount == Self.commits.count - 1)
      case .failure: #expect(damage.offset < last)
      }
    }
    print("open log: \(tally)")
    #expect(tally.torn > 0 && tally.refused > 0 && tally.whole == 0)
  }

  @Test("a log cut between two frames is open, and an exact prefix")
  func cutBetween() throws {
    let disk = try TestDisk.holding(Self.commits, closes: true)
    let original = try #require(disk.bytes(Self.names[0], in: testFolder))
    for (count, offset) in Self.frameOffsets(original).dropFirst().dropLast().enumerated() {
      let cut = TestDisk(folder: testFolder)
      cut.put(Self.names[0], Array(original[..<offset]), in: testFolder)
      let recovered = try cut.recover()
      #expect(recovered.changes == Array(Self.commits[...count]).read())
      guard case .open(let end) = recovered.outcome.ending else {
        Issue.record("not open at \(offset)")
        continue
      }
      #expect(end.byteCount == Int64(offset))
      // Where something else knows better, it is refused.
      #expect(throws: StorageError.self) { try cut.recover(syncedLSN: UInt64(count) + 2) }
    }
  }

  @Test("damage to an older segment is always refused", arguments: [false, true])
  func olderSegment(closes: Bool) throws {
    let disk = try TestDisk.holding(Self.commits, rotations: [4], closes: closes)
    var files: [String: [UInt8]] = [:]
    for name in Self.names { files[name] = disk.bytes(name, in: testFolder) }
    let original = try #require(files[Self.names[0]])
    var tally = Tally()
    Damage.forEach(of: original, stride: 61, seed: TestSettings.seed(3)) { damage in
      _ = Self.check(damage, of: Self.names[0], in: files, &tally)
    }
    print("older segment: \(tally)")
    #expect(tally.refused == tally.cases && tally.cases > 0)
  }

  @Test("the newest of two segments is judged as a log of one")
  func newestSegment() throws {
    let disk = try TestDisk.holding(Self.commits, rotations: [4], closes: false)
    var files: [String: [UInt8]] = [:]
    for name in Self.names { files[name] = disk.bytes(name, in: testFolder) }
    let original = try #require(files[Self.names[1]])
    var tally = Tally()
    Damage.forEach(of: original, stride: 61, seed: TestSettings.seed(4)) { damage in
      // Cut back to its header it holds nothing, and the log ends in the one before.
      if damage.bytes.count == SegmentHeader.byteCount { return }
      _ = Self.check(damage, of: Self.names[1], in: files, &tally)
    }
    print("newest segment: \(tally)")
    #expect(tally.torn > 0 && tally.refused > 0 && tally.whole == 0)
  }

  @Test("a tail of any bytes behind a log is reported and changes nothing before it")
  func garbageBehind() throws {
    let disk = try TestDisk.holding(Self.commits, closes: false)
    let original = try #require(disk.bytes(Self.names[0], in: testFolder))
    let seed = TestSettings.seed(5)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(40) {
      var garbage = (0..<Int.random(in: 1...700, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      // Old frames of this very file are no commits again.
      if Bool.random(using: &random) { garbage += original.dropFirst(SegmentHeader.byteCount) }
      let damaged = TestDisk(folder: testFolder)
      damaged.put(Self.names[0], original + garbage, in: testFolder)
      let recovered = try damaged.recover()
      guard case .torn(let tail) = recovered.outcome.ending else {
        Issue.record("not torn, seed \(seed)")
        continue
      }
      #expect(recovered.changes == Self.commits.read())
      #expect(tail.offset == Int64(original.count))
      #expect(tail.droppedByteCount == Int64(garbage.count))
    }
  }
}
