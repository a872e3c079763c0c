import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// A check reads everything and changes nothing; a repair leaves a database that opens.
@Suite struct CheckTests {
  private static let path = DiskPath("db")
  private static let folder = "db"

  /// Data after each commit, from none on.
  private typealias States = [[String: String]]

  private static func put(
    _ engine: LocalEngine, _ key: String, _ value: String
  ) throws(QrrotError) {
    var session = Session()
    var reply = Reply()
    var command = Command(.put)
    command.append(.key, Array(key.utf8))
    command.append(.string(Array(value.utf8)))
    try engine.execute(command, in: &session, into: &reply)
    try engine.settle(&session)
  }

  private static func data(_ engine: LocalEngine) -> [String: String] {
    var data: [String: String] = [:]
    let view = engine.beginView()
    while engine.next(
      of: view, limit: 100,
      {
        data[String(decoding: $0.key, as: UTF8.self)] = String(decoding: $0.value, as: UTF8.self)
      })
    {}
    engine.endView(view)
    return data
  }

  /// A closed database: commits, a snapshot if wanted, commits.
  private static func disk(snapshot: Bool, commits: Int = 12) throws -> (TestDisk, States) {
    let disk = TestDisk()
    var states: States = [[:]]
    let (engine, _) = try LocalEngine.open(path, on: disk)
    for index in 0..<commits {
      try put(engine, "key\(index % 5)", "value \(index)")
      states.append(data(engine))
      if snapshot, index == commits / 2 { try engine.save() }
    }
    try engine.close()
    return (restarted(disk), states)
  }

  private static func restarted(_ disk: TestDisk) -> TestDisk {
    var random = SeededGenerator(seed: 1)
    return disk.afterCrash(.killed, using: &random)
  }

  private static func files(_ disk: TestDisk) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in disk.names(in: folder) { files[name] = disk.bytes(name, in: folder) }
    return files
  }

  private static func repairOptions() -> DatabaseCheck.Options {
    var options = DatabaseCheck.Options()
    options.isRepair = true
    return options
  }

  @Test("a check writes nothing at all", arguments: [false, true])
  func writesNothing(snapshot: Bool) throws {
    let (disk, states) = try Self.disk(snapshot: snapshot)
    let before = Self.files(disk)
    let callCount = disk.callCount
    let check = try DatabaseCheck.run(Self.path, on: disk)
    #expect(check.isSound && check.plan.isEmpty, "\(check.facts)")
    #expect(
      check.facts.contains {
        $0.contains("\(states.last?.count ?? 0) keys: the data after commit 12")
      })
    let reading: Set<DiskError.Operation> = [.open, .read, .inspect, .list, .lock]
    #expect(disk.calls[callCount...].allSatisfy { reading.contains($0.operation) })
    #expect(Self.files(disk) == before)
  }

  /// Every case: damage that opening refuses is found, damage that a check finds is repaired, and what
  /// is there then is the data after some commit, unless the snapshot itself was damaged.
  @Test("what is damaged anywhere is found and repaired", arguments: [false, true])
  func anyDamage(snapshot: Bool) throws {
    let (disk, states) = try Self.disk(snapshot: snapshot)
    let original = Self.files(disk)
    var cases = 0
    var repairs = 0
    for (name, bytes) in original.sorted(by: { $0.key < $1.key }) where name != "lock" {
      Damage.forEach(of: bytes, stride: 23, seed: TestSettings.seed(8)) { damage in
        cases += 1
        let damaged = Self.restarted(disk)
        damaged.put(name, damage.bytes, in: Self.folder)
        let text = "\(name), \(damage.text) at \(damage.offset)"
        do {
          if try Self.checkAndRepair(damaged, states, isExact: !name.hasPrefix("snapshot"), text) {
            repairs += 1
          }
        } catch {
          Issue.record("\(text): \(error)")
        }
      }
    }
    print("check: \(cases) cases, \(repairs) repaired")
    #expect(cases > 200 && repairs > 100)
  }

  /// - Returns: whether there was anything to repair.
  private static func checkAndRepair(
    _ disk: TestDisk, _ states: States, isExact: Bool, _ text: String
  ) throws -> Bool {
    let before = files(disk)
    let check: DatabaseCheck
    do {
      check = try DatabaseCheck.run(path, on: disk)
    } catch {
      // A damaged marker that says another version.
      #expect(error.code == .refused, "\(text)")
      return false
    }
    #expect(files(disk) == before)
    let copy = restarted(disk)
    let opened = try? LocalEngine.open(path, on: copy)
    #expect((opened != nil) == check.isSound, "\(text): \(check.facts)")
    try opened?.engine.close()
    if check.isSound { return false }
    let repaired = restarted(disk)
    let repair = try DatabaseCheck.run(path, on: repaired, repairOptions())
    _ = try repair.repair()
    let after = files(repaired)
    for (name, bytes) in before where name != "lock" {
      #expect(
        after.contains { $0.key.hasPrefix(name) && $0.value == bytes }, "\(text): \(name) is gone")
    }
    let reopened = restarted(repaired)
    let (engine, _) = try LocalEngine.open(path, on: reopened)
    let data = data(engine)
    if isExact {
      #expect(states.contains(data), "\(text): \(data)")
    } else if !states.contains(data) {
      #expect(check.plan.contains { $0.contains("not the data of any one moment") })
      // What is there is what was committed at some time.
      for (key, value) in data { #expect(states.contains { $0[key] == value }, "\(text): \(key)") }
    }
    try put(engine, "after", "repair")
    try engine.close()
    #expect(try DatabaseCheck.run(path, on: restarted(reopened)).isSound)
    return true
  }

  @Test(
    "a crash or an error at any call of a repair: another repair ends it", arguments: [false, true])
  func crashes(isCrash: Bool) throws {
    let (disk, states) = try Self.disk(snapshot: true)
    let name = try #require(disk.names(in: Self.folder).last { $0.hasPrefix("log-") })
    var bytes = try #require(disk.bytes(name, in: Self.folder))
    bytes[180] ^= 1
    disk.put(name, bytes, in: Self.folder)
    let trial = Self.restarted(disk)
    _ = try DatabaseCheck.run(Self.path, on: trial, Self.repairOptions()).repair()
    var random = SeededGenerator(seed: TestSettings.seed(9))
    var wanted: [String: String]?
    for call in 1...trial.callCount {
      for style in TestDisk.CrashStyle.allCases {
        let broken = Self.restarted(disk)
        broken.fail(at: call, with: isCrash ? .crash : .error(28))
        _ = try? DatabaseCheck.run(Self.path, on: broken, Self.repairOptions()).repair()
        let after = broken.afterCrash(isCrash ? style : .killed, using: &random)
        // It is whole, or refused: never opened with something missing.
        let check = try DatabaseCheck.run(Self.path, on: after, Self.repairOptions())
        if !check.isSound { _ = try check.repair() }
        let (engine, _) = try LocalEngine.open(Self.path, on: Self.restarted(after))
        let data = Self.data(engine)
        #expect(states.contains(data))
        if wanted == nil { wanted = data }
        #expect(data == wanted, "call \(call), \(style)")
        try engine.close()
        let kept = after.names(in: Self.folder).filter { $0.hasPrefix(name + ".damaged-") }
        #expect(
          kept.contains { after.bytes($0, in: Self.folder) == bytes }, "call \(call), \(style)")
        if !isCrash { break }
      }
    }
  }

  @Test("a damaged snapshot falls back to an older one, and to a log that is complete")
  func fallback() throws {
    // As a crash between a snapshot's birth and the removal of what it replaces leaves it.
    let (old, states) = try Self.disk(snapshot: false)
    let disk = Self.restarted(old)
    let (engine, _) = try LocalEngine.open(Self.path, on: disk)
    try engine.save()
    try engine.close()
    let newest = try #require(disk.names(in: Self.folder).last { $0.hasPrefix("snapshot-") })
    let both = Self.restarted(disk)
    for name in old.names(in: Self.folder) where name.hasPrefix("log-") {
      both.put(name, try #require(old.bytes(name, in: Self.folder)), in: Self.folder)
    }
    var bytes = try #require(both.bytes(newest, in: Self.folder))
    bytes[40] ^= 1
    both.put(newest, bytes, in: Self.folder)
    let check = try DatabaseCheck.run(Self.path, on: both, Self.repairOptions())
    #expect(!check.isSound)
    _ = try check.repair()
    let (repaired, _) = try LocalEngine.open(Self.path, on: Self.restarted(both))
    #expect(Self.data(repaired) == states.last)
    try repaired.close()
  }

  @Test("a header that is damaged costs nothing where what follows tells what it was")
  func headers() throws {
    let (disk, states) = try Self.disk(snapshot: true)
    for (name, bytes) in Self.files(disk) {
      let headerByteCount =
        name.hasPrefix("log-")
        ? SegmentHeader.byteCount : name.hasPrefix("snapshot-") ? SnapshotHeader.byteCount : 0
      for bit in 0..<headerByteCount * 8 {
        let damaged = Self.restarted(disk)
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        damaged.put(name, changed, in: Self.folder)
        let check = try DatabaseCheck.run(Self.path, on: damaged, Self.repairOptions())
        #expect(!check.isSound && !check.plan.contains { $0.contains("would drop") })
        _ = try check.repair()
        let (engine, _) = try LocalEngine.open(Self.path, on: Self.restarted(damaged))
        #expect(Self.data(engine) == states.last, "\(name), bit \(bit)")
        try engine.close()
      }
    }
  }

  @Test("data beyond the memory limit is verified and not counted; a repair says so")
  func memory() throws {
    let (disk, _) = try Self.disk(snapshot: true)
    var options = Self.repairOptions()
    options.memoryLimit = 1
    let check = try DatabaseCheck.run(Self.path, on: disk, options)
    #expect(check.isSound && check.facts.contains { $0.contains("--max-memory") })
  }
}
