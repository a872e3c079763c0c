import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// Asking whether a reply may be shown, without waiting for the disk.
@Suite("Settling without waiting")
struct SettlingTests {
  private func open(_ disk: TestDisk, _ policy: SyncPolicy) throws(QrrotError) -> LocalEngine {
    var options = LocalEngine.OpenOptions()
    options.policy = policy
    options.worksInBackground = false
    return try LocalEngine.open(DiskPath("data"), on: disk, options).engine
  }

  private func put(_ engine: LocalEngine, _ key: String) throws(QrrotError) {
    try Array(key.utf8).withRawBytes { key throws(QrrotError) in
      try engine.put(integer: 1, forKey: key)
    }
  }

  @Test("in memory everything is settled")
  func memory() throws {
    let engine = LocalEngine()
    #expect(!engine.needsSettling && engine.lastCommit == 0)
    try put(engine, "k")
    #expect(engine.lastCommit == 1 && engine.isSettled(1) && engine.isSettled(.max))
    try engine.settle(1)
    #expect(engine.allocatedByteCount > 0)
  }

  @Test("under always a commit is settled once it has been synced, and those before it with it")
  func always() throws {
    let disk = TestDisk()
    let engine = try open(disk, .always)
    #expect(engine.needsSettling && engine.isSettled(engine.lastCommit))
    for key in ["a", "b", "c"] { try put(engine, key) }
    let commit = engine.lastCommit
    let calls = disk.callCount
    #expect(commit == 3 && !engine.isSettled(commit) && !engine.isSettled(1) && engine.isSettled(0))
    #expect(disk.callCount == calls, "asking does nothing to the disk")
    try engine.settle(2)
    #expect(engine.isSettled(commit), "one sync is for all that was written")
    try engine.settle(commit)
    try put(engine, "d")
    #expect(!engine.isSettled(engine.lastCommit) && engine.isSettled(commit))
    try engine.close()
  }

  @Test(
    "under second and never it is settled as soon as it is written",
    arguments: [SyncPolicy.second, .never])
  func others(_ policy: SyncPolicy) throws {
    let engine = try open(TestDisk(), policy)
    try put(engine, "k")
    #expect(engine.isSettled(engine.lastCommit) && engine.needsSettling)
    try engine.settle(engine.lastCommit)
    try engine.close()
  }

  @Test("what can't be synced is never settled, and that is told")
  func failing() throws {
    let disk = TestDisk()
    let engine = try open(disk, .always)
    try put(engine, "k")
    let commit = engine.lastCommit
    disk.failAll(.sync, with: 5)
    do {
      try engine.settle(commit)
      Issue.record("a failure was expected")
    } catch {
      #expect(error.code == .unknownOutcome)
    }
    disk.failAll(.sync, with: nil)
    #expect(!engine.isSettled(commit))
    #expect(throws: QrrotError.self) { try put(engine, "next") }
    try? engine.close()
  }
}
