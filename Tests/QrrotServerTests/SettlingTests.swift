import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Synchronization
import Testing

@testable import QrrotServer

/// Replies wait for the disk, and nobody else does.
@Suite("Replies and the disk", .ownThread)
struct SettlingTests {
  @Test("a write is acknowledged once it is synced, and many with one sync")
  func waits() async throws {
    let (disk, gate) = (TestDisk(), Gate())
    disk.watch { _, call in if call.operation == .sync { gate.pass() } }
    let engine = try Self.open(disk, .always)
    let server = try await TestServer(engine)
    gate.close()
    let sockets = try (0..<5).map { _ in try server.connect() }
    for (index, socket) in sockets.enumerated() { try socket.send("SET k\(index) 1\r\n") }
    #expect(await eventually { engine.lastCommit == 5 && gate.hasWaiters })
    #expect(server.service.statistics.outputBytes.load(ordering: .relaxed) == 0)
    let before = engine.facts.syncCount
    gate.open()
    for socket in sockets { #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n") }
    #expect(engine.facts.syncCount - before <= 2)
    await server.stop()
    try engine.close()
  }

  @Test("what could not be synced is told to each who waits, once; reading goes on")
  func failure() async throws {
    let disk = TestDisk()
    let engine = try Self.open(disk, .always)
    let server = try await TestServer(engine)
    let (first, second) = (try server.connect(), try server.connect())
    try first.send("SET a 1\r\n")
    #expect(try first.readText(like: "+OK\r\n") == "+OK\r\n")
    disk.failAll(.sync, with: 5)
    try first.send("SET a 2\r\n")
    try first.send("PING\r\n")
    let told = try first.readLine()
    #expect(told.hasPrefix("-ERR ") && told.contains("may be lost"), "\(told)")
    _ = try first.readLine()
    try first.send("GET a\r\nSET a 3\r\n")
    #expect(try first.readText(like: "$1\r\n2\r\n") == "$1\r\n2\r\n")
    #expect(try first.readLine().hasPrefix("-READONLY "))
    try second.send(command: "GET", "a")
    #expect(try second.readLine().contains("may be lost"))
    try second.send(command: "GET", "a")
    #expect(try second.readText(like: "$1\r\n2\r\n") == "$1\r\n2\r\n")
    #expect(await eventually { server.events.syncFailureCount == 1 })
    #expect(server.server.illness != nil)
    #expect(server.server.metrics().text.contains("\nqrrot_writable 0\n"))
    await server.stop()
    #expect(server.events.syncFailureCount == 1)
  }

  /// Whoever reads while a sync takes over two seconds waits for it; nobody had told the thread.
  @Test("under the policy second, replies that waited for a slow sync come when it is done")
  func slowSync() async throws {
    let (disk, gate) = (TestDisk(), Gate())
    disk.watch { _, call in if call.operation == .sync { gate.pass() } }
    let engine = try Self.open(disk, .second)
    let server = try await TestServer(engine)
    let socket = try server.connect()
    gate.close()
    try socket.send("SET a 1\r\n")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    #expect(await eventually { !engine.isSettled(engine.lastCommit) })
    try socket.send("GET a\r\n")
    #expect(
      await eventually { server.service.statistics.commands.load(ordering: .relaxed) == 2 })
    gate.open()
    #expect(try socket.readText(like: "$1\r\n1\r\n") == "$1\r\n1\r\n")
    await server.stop()
    try engine.close()
  }

  @Test("when the server ends, those who wait for the disk have their replies first")
  func drain() async throws {
    let (disk, gate) = (TestDisk(), Gate())
    disk.watch { _, call in if call.operation == .sync { gate.pass() } }
    let engine = try Self.open(disk, .always)
    let server = try await TestServer(engine)
    gate.close()
    let socket = try server.connect()
    try socket.send("SET a 1\r\nSET b 2\r\n")
    #expect(await eventually { gate.hasWaiters })
    let cut = Task { await server.server.stop(patience: 600_000) }
    // It has stopped listening: the end has begun.
    #expect(await eventually { (try? server.connect()) == nil })
    gate.open()
    #expect(try socket.readToEnd() == "+OK\r\n+OK\r\n")
    #expect(await cut.value == 0)
    try engine.close()
  }

  /// It was ended without its reply.
  @Test("who waits for what another thread does has its reply first, too")
  func drainWhileSaving() async throws {
    let (disk, gate) = (TestDisk(), Gate())
    disk.watch { _, call in if call.operation == .sync { gate.pass() } }
    let engine = try Self.open(disk, .never)
    let server = try await TestServer(engine)
    let socket = try server.connect()
    try socket.send("SET a 1\r\n")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    gate.close()
    try socket.send("SAVE\r\n")
    #expect(await eventually { gate.hasWaiters })
    let cut = Task { await server.server.stop(patience: 600_000) }
    #expect(await eventually { (try? server.connect()) == nil })
    gate.open()
    #expect(try socket.readToEnd() == "+OK\r\n")
    #expect(await cut.value == 0)
    try engine.close()
  }

  private static func open(_ disk: TestDisk, _ policy: SyncPolicy) throws -> LocalEngine {
    var options = LocalEngine.OpenOptions()
    options.policy = policy
    return try LocalEngine.open(DiskPath(Array("data".utf8)), on: disk, options).engine
  }
}

extension TestSocket {
  /// Reads up to a line feed.
  func readLine() throws -> String {
    var bytes: [UInt8] = []
    while bytes.last != UInt8(ascii: "\n") {
      let more = try readSome(1)
      if more.isEmpty { break }
      bytes += more
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }
}
