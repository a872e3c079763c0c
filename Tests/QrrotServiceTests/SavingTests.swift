import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@Suite("SAVE and BGSAVE")
struct SavingTests {
  /// A service over a database on a disk in memory.
  private func service(
    _ disk: TestDisk, _ change: (inout ServiceConfiguration) -> Void = { _ in }
  ) throws -> Service {
    var options = LocalEngine.OpenOptions()
    options.worksInBackground = false
    let (engine, _) = try LocalEngine.open(DiskPath("data"), on: disk, options)
    var configuration = ServiceConfiguration()
    configuration.policy = .always
    change(&configuration)
    return Service(engine: engine, configuration: configuration)
  }

  private func snapshots(_ disk: TestDisk) -> Int {
    disk.names(in: "data").count { $0.hasSuffix(".snap") || $0.contains("snapshot") }
  }

  @Test("SAVE answers when the snapshot is there, and nothing behind it is answered before")
  func save() throws {
    let disk = TestDisk()
    let service = try service(disk)
    let talk = try #require(Talk(service))
    #expect(talk("SET", "k", "v") == "+OK")
    let before = snapshots(disk)
    let commands = [["SAVE"], ["GET", "k"], ["SAVE"]].flatMap { words in
      Talk.encoded(words.map { Array($0.utf8) })
    }
    #expect(Talk.text(talk.send(commands)) == "+OK\n$1\nv\n+OK")
    #expect(snapshots(disk) > before)
    #expect(talk("INFO", "persistence").contains("rdb_saves:2"))
    service.waitForSaving()
    try service.engine.close()
  }

  @Test("while a client waits for its snapshot, others are answered, and two do not write at once")
  func waiting() throws {
    let disk = TestDisk()
    let service = try service(disk)
    let (one, two) = (try #require(Talk(service)), try #require(Talk(service)))
    #expect(one("SET", "k", "v") == "+OK")
    // The disk stands still as long as `isHeld`.
    let isHeld = Guarded(true)
    disk.watch { _, call in
      if call.operation == .rename { isHeld.wait { $0 ? nil : () } }
    }
    let bytes = Talk.encoded([Array("SAVE".utf8)]) + Talk.encoded([Array("PING".utf8)])
    let done = one.receiveOnce(bytes)
    #expect(one.isWaiting && one.output == "")
    #expect(one.isBlocked && done < bytes.count)
    #expect(!one.endWait())
    #expect(two("GET", "k") == "$1\nv")
    #expect(two("SAVE") == "-ERR Background save already in progress")
    #expect(two("BGSAVE") == "-ERR Background save already in progress")
    #expect(two("INFO", "persistence").contains("rdb_bgsave_in_progress:1"))
    isHeld.change { $0 = false }
    service.waitForSaving()
    disk.watch(nil)
    #expect(one.endWait() && one.output == "+OK")
    #expect(two("BGSAVE") == "+Background saving started")
    service.waitForSaving()
    #expect(two("BGSAVE", "SCHEDULE") == "+Background saving started")
    service.waitForSaving()
    try service.engine.close()
  }

  @Test("a snapshot that can't be written is an error, and the server goes on")
  func failing() throws {
    let disk = TestDisk()
    let service = try service(disk)
    let talk = try #require(Talk(service))
    #expect(talk("SET", "k", "v") == "+OK")
    disk.failAll(.rename, with: 28)
    #expect(talk("SAVE").hasPrefix("-MISCONF "))
    #expect(talk("INFO", "persistence").contains("rdb_last_bgsave_status:err"))
    disk.failAll(.rename, with: nil)
    #expect(talk("SAVE") == "+OK")
    #expect(talk("INFO", "persistence").contains("rdb_last_bgsave_status:ok"))
    service.waitForSaving()
    try service.engine.close()
  }

  @Test("where there is nowhere to save to, that is said at once")
  func nowhere() throws {
    let error =
      "-ERR there is no place to save to: the data is in memory alone, or open to read only"
    let talk = try #require(Talk())
    #expect(talk("SAVE") == error)
    #expect(talk("BGSAVE") == error)
    let service = try service(TestDisk()) { $0.isReadOnly = true }
    let reader = try #require(Talk(service))
    #expect(reader("SAVE") == error)
    try service.engine.close()
  }

  @Test("a client that does not want replies gets none of SAVE either")
  func quiet() throws {
    let service = try service(TestDisk())
    let talk = try #require(Talk(service))
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("SAVE") == "")
    #expect(talk("PING") == "+PONG")
    service.waitForSaving()
    try service.engine.close()
  }
}
