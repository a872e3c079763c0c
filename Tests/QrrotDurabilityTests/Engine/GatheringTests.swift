import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// Commits that wait in memory, so that one call of the system writes many.
@Suite("Gathering commits")
struct GatheringTests {
  private func open(_ disk: TestDisk, gathers: Bool = true) throws(QrrotError) -> LocalEngine {
    var options = LocalEngine.OpenOptions()
    options.policy = .second
    options.worksInBackground = false
    let engine = try LocalEngine.open(DiskPath("data"), on: disk, options).engine
    if gathers { engine.gatherCommits() }
    return engine
  }

  private func put(
    _ engine: LocalEngine, _ key: String, _ value: String = "v"
  ) throws(QrrotError) {
    try Array(key.utf8).withRawBytes { key throws(QrrotError) in
      try Array(value.utf8).withRawBytes { value throws(QrrotError) in
        try engine.put(string: value, forKey: key)
      }
    }
  }

  private func keys(_ disk: TestDisk) throws -> Int {
    let engine = try open(disk, gathers: false)
    var session = Session()
    var reply = Reply()
    try engine.execute(Command(.size), in: &session, into: &reply)
    try engine.close()
    return Int(reply.cells[0].integer)
  }

  @Test("they are written with one call, and not settled before")
  func oneCall() throws {
    let disk = TestDisk()
    disk.promiseRoom()
    let engine = try open(disk)
    try put(engine, "first")
    let calls = disk.callCount
    for index in 0..<100 { try put(engine, "key \(index)") }
    #expect(disk.callCount == calls, "they wait in memory")
    #expect(!engine.isWritten(1) && !engine.isSettled(engine.lastCommit))
    try engine.writeWaiting()
    #expect(disk.callCount <= calls + 2, "one write, and a look at the file's place")
    #expect(engine.isWritten(engine.lastCommit) && engine.isSettled(engine.lastCommit))
    try engine.close()
    #expect(try keys(disk) == 101)
  }

  @Test("what waits is written when it is much, when somebody settles, and at the end")
  func others() throws {
    let disk = TestDisk()
    disk.promiseRoom()
    let engine = try open(disk)
    let value = String(repeating: "v", count: 100_000)
    for index in 0..<5 { try put(engine, "long \(index)", value) }
    #expect(engine.isWritten(2) && !engine.isWritten(engine.lastCommit))
    try engine.settle(engine.lastCommit)
    #expect(engine.isWritten(engine.lastCommit))
    try put(engine, "last")
    try engine.close()
    #expect(try keys(disk) == 6)
  }

  @Test("without a promise of room each is written at once, and a full disk refuses as ever")
  func noPromise() throws {
    let disk = TestDisk()
    let engine = try open(disk)
    try put(engine, "a")
    #expect(engine.isWritten(engine.lastCommit))
    disk.setCapacity(0)
    #expect(throws: QrrotError.self) { try put(engine, "b") }
    disk.setCapacity(nil)
    try put(engine, "c")
    try engine.close()
    #expect(try keys(disk) == 2)
  }

  @Test("one for which there is no room fails alone, and those that wait are kept")
  func tooLarge() throws {
    let disk = TestDisk()
    disk.promiseRoom()
    disk.setCapacity(12 << 20)
    let engine = try open(disk)
    for index in 0..<10 { try put(engine, "key \(index)") }
    #expect(!engine.isWritten(engine.lastCommit))
    do {
      try put(engine, "huge", String(repeating: "v", count: 16 << 20))
      Issue.record("there is no room for it")
    } catch {
      #expect(error.code == .io)
    }
    #expect(engine.lastCommit == 10 && engine.isWritten(10))
    try put(engine, "small")
    try engine.writeWaiting()
    #expect(engine.isWritten(11))
    try engine.close()
    #expect(try keys(disk) == 11)
  }
}
