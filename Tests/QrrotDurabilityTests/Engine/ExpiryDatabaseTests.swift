import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Expiry on disk: absolute times, which go on while the database is closed.
@Suite("Expiry of a database")
struct ExpiryDatabaseTests {
  private let clock = TestClock(StoryTime.start)

  private func run(_ engine: LocalEngine, _ operations: EngineOperation...) throws {
    var session = Session()
    for operation in operations { try engine.run(operation, in: &session) }
    try engine.settle(&session)
  }

  /// What a command with one key, or none, answers.
  private func ask(
    _ engine: LocalEngine, _ name: CommandName, _ key: String? = nil
  ) throws -> Int64 {
    var command = Command(name)
    if let key { command.append(.key, Array(key.utf8)) }
    var session = Session()
    var reply = Reply()
    try engine.execute(command, in: &session, into: &reply)
    return reply.cells[0].integer
  }

  private static let value = Array("a value".utf8)

  /// Two keys that expire and one that does not.
  private func fill(_ engine: LocalEngine) throws {
    for key in ["short", "long", "stays"] { try engine.put(Self.value, forKey: key) }
    try run(engine, .expire("short", 10), .expire("long", 1_000))
  }

  enum Ending: CaseIterable {
    case closed, killed, dropped, compacted, compactedThenKilled
  }

  /// Ends a database in some way and opens it again.
  private func reopen(
    _ engine: LocalEngine, on disk: inout TestDisk, _ ending: Ending
  ) throws -> LocalEngine {
    var random = SeededGenerator(seed: 1)
    switch ending {
    case .closed: try engine.close()
    case .killed: disk = disk.afterCrash(.killed, using: &random)
    case .dropped: disk = disk.afterCrash(.dropped, using: &random)
    case .compacted:
      try engine.save()
      try engine.close()
    case .compactedThenKilled:
      try engine.save()
      disk = disk.afterCrash(.killed, using: &random)
    }
    return try disk.engine(clock: clock)
  }

  @Test("times go on while the database is closed, however it ended", arguments: Ending.allCases)
  func whileClosed(ending: Ending) throws {
    var disk = TestDisk(folder: testFolder)
    var engine = try disk.engine(clock: clock)
    try fill(engine)
    clock.advance(milliseconds: 3_500)
    engine = try reopen(engine, on: &disk, ending)
    #expect(try ask(engine, .ttl, "short") == 7 && ask(engine, .ttl, "long") == 997)
    #expect(try ask(engine, .ttl, "stays") == -1 && ask(engine, .size) == 3)
    clock.advance(milliseconds: 6_500)
    #expect(try ask(engine, .ttl, "short") == -2 && ask(engine, .size) == 2)
    engine = try reopen(engine, on: &disk, ending)
    #expect(try ask(engine, .ttl, "short") == -2 && ask(engine, .ttl, "long") == 990)
    clock.advance(milliseconds: 10_000_000)
    engine = try reopen(engine, on: &disk, ending)
    #expect(try ask(engine, .size) == 1 && engine.text(of: "stays") == "a value")
    #expect(engine.reading { $0.keyspace.count } == 1)
    try engine.close()
  }

  @Test("what has expired and was written again, persisted or taken back is as it was left")
  func afterwards() throws {
    var disk = TestDisk(folder: testFolder)
    var engine = try disk.engine(clock: clock)
    try fill(engine)
    var session = Session()
    try engine.run(.persist("long"), in: &session)
    try engine.run(.undo(1), in: &session)
    clock.advance(milliseconds: 20_000)
    // It counts as absent, and begins anew without an expiry.
    try engine.run(.incr("short", 5), in: &session)
    try engine.run(.transaction([.expire("stays", 50), .put("new", .string, [1])]), in: &session)
    try engine.run(.expire("new", 60), in: &session)
    try engine.run(.undo(1), in: &session)
    try engine.settle(&session)
    engine = try reopen(engine, on: &disk, .closed)
    #expect(try ask(engine, .ttl, "short") == -1 && ask(engine, .ttl, "long") == 980)
    #expect(try ask(engine, .ttl, "stays") == 50 && ask(engine, .ttl, "new") == -1)
    try engine.close()
  }

  @Test("a snapshot leaves out what has expired, and the log that told of it goes")
  func compaction() throws {
    var disk = TestDisk(folder: testFolder)
    var engine = try disk.engine(clock: clock)
    for number in 0..<1_000 { try engine.put(Self.value, forKey: "key:\(number)") }
    for number in 0..<999 { try run(engine, .expire("key:\(number)", 5)) }
    try engine.save()
    let full = disk.files.first { $0.key.hasPrefix("snapshot") }?.value.count ?? 0
    clock.advance(milliseconds: 5_000)
    try engine.save()
    let small = disk.files.first { $0.key.hasPrefix("snapshot") }?.value.count ?? 0
    #expect(full > 15_000 && small < 200 && small > 0)
    // Even with the clock set back it does not come again.
    clock.milliseconds = StoryTime.start
    engine = try reopen(engine, on: &disk, .closed)
    #expect(try ask(engine, .size) == 1)
    try engine.close()
  }

  @Test("what expires while a snapshot is written may be in it or not, and all else is")
  func expiresDuringView() throws {
    let engine = LocalEngine(clock: clock.wallClock, sweeps: false)
    for number in 0..<1_000 { try engine.put(Self.value, forKey: "key:\(number)") }
    for number in 0..<500 { try run(engine, .expire("key:\(number)", 5)) }
    for number in 500..<600 { try run(engine, .expire("key:\(number)", 500)) }
    let view = engine.beginView()
    var found: Set<[UInt8]> = []
    var isMore = true
    while isMore {
      isMore = engine.next(of: view, limit: 50) { record in
        #expect(found.insert(Array(record.key)).inserted, "each comes once")
      }
      clock.advance(milliseconds: 700)
      engine.locked { state in _ = state.dropDue(limit: 64) }
    }
    engine.endView(view)
    let lasting = (500..<1_000).map { Array("key:\($0)".utf8) }
    #expect(found.isSuperset(of: lasting) && found.count > 500 && found.count < 1_000)
  }

  @Test("save FILE and load FILE keep times; what has expired meanwhile is not loaded")
  func saveAndLoad() throws {
    let disk = TestDisk()
    try disk.makeFolder(DiskPath("out"))
    let engine = LocalEngine(clock: clock.wallClock)
    try fill(engine)
    let file = DiskPath("out/file")
    #expect(try engine.save(to: file, on: disk, replacing: false) == 3)
    clock.advance(milliseconds: 2_500)
    let other = LocalEngine(clock: clock.wallClock)
    var session = Session()
    #expect(try other.load(from: file, on: disk, replacing: false, in: &session) == 3)
    #expect(try ask(other, .ttl, "short") == 8 && ask(other, .ttl, "stays") == -1)
    clock.advance(milliseconds: 7_500)
    #expect(try other.load(from: file, on: disk, replacing: true, in: &session) == 2)
    #expect(try ask(other, .size) == 2 && ask(other, .ttl, "short") == -2)
  }

  @Test("a database that is only read, or checked, tells the same")
  func readOnly() throws {
    let disk = TestDisk(folder: testFolder)
    var engine = try disk.engine(clock: clock)
    try fill(engine)
    try engine.close()
    clock.advance(milliseconds: 10_000)
    let before = disk.files
    engine = try disk.engine(isReadOnly: true, clock: clock)
    #expect(try ask(engine, .size) == 2 && ask(engine, .ttl, "long") == 990)
    clock.advance(milliseconds: 990_000)
    #expect(try ask(engine, .size) == 1 && ask(engine, .exists, "long") == 0)
    try engine.close()
    #expect(disk.files == before, "that a key has expired is written nowhere")
  }

  @Test("what has expired takes no memory when the database is opened")
  func memoryLimit() throws {
    let disk = TestDisk(folder: testFolder)
    var engine = try disk.engine(clock: clock)
    let large = [UInt8](repeating: 1, count: 900_000)
    for number in 0..<5 {
      try engine.put(large, forKey: "key:\(number)")
      if number > 0 { try run(engine, .expire("key:\(number)", 5)) }
    }
    try engine.close()
    clock.advance(milliseconds: 5_000)
    engine = try disk.engine(memoryLimit: 2_500_000, clock: clock)
    #expect(try ask(engine, .size) == 1)
    try engine.close()
  }

  @Test("on a real folder, by the system's clock")
  func realFolder() throws {
    let place = try RealFolder()
    let path = place.path.appending("db")
    var options = LocalEngine.OpenOptions()
    options.policy = .never
    var engine = try LocalEngine.open(path, on: POSIXDisk(), options).engine
    try engine.put(Self.value, forKey: "soon")
    try engine.put(Self.value, forKey: "later")
    try engine.put(Self.value, forKey: "stays")
    try run(engine, .expire("soon", 1), .expire("later", 3_600))
    try engine.close()
    // By then it has expired, and the other one has not for an hour.
    let end = ContinuousClock.now + .seconds(2)
    while ContinuousClock.now < end { Guarded(0).wait(milliseconds: 200) { _ in nil as Void? } }
    engine = try LocalEngine.open(path, on: POSIXDisk(), options).engine
    #expect(try ask(engine, .ttl, "soon") == -2 && ask(engine, .size) == 2)
    #expect((1..<3_600).contains(try ask(engine, .ttl, "later")))
    // The thread in the background takes it out of memory by itself.
    try run(engine, .expire("later", 1))
    let patience = Patience()
    while engine.reading({ $0.keyspace.count }) > 1, !patience.isOver {
      Guarded(0).wait(milliseconds: 50) { _ in nil as Void? }
    }
    #expect(engine.reading { $0.keyspace.count } == 1)
    try engine.close()
  }
}
