import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Synchronization
import Testing

@testable import QrrotServer

/// Replies that are longer than what may wait for a client, over a socket.
@Suite("Streamed replies over a socket", .ownThread)
struct StreamingTests {
  private static let byteCount = 8 << 20
  private let head = "$\(byteCount)\r\n"

  private func value(_ letter: Character) -> [UInt8] {
    Array(String(repeating: letter, count: Self.byteCount).utf8)
  }

  private func put(_ letter: Character, _ engine: LocalEngine) throws {
    try Array("large".utf8).withUnsafeBytes { key in
      try value(letter).withUnsafeBytes { try engine.put(string: $0, forKey: key) }
    }
  }

  @Test("a slow reader gets the value of the moment, others are answered, and little waits for it")
  func slow() async throws {
    let server = try await TestServer()
    try put("a", server.service.engine)
    let (slow, other) = (try server.connect(receiveByteCount: 65_536), try server.connect())
    try slow.send("PING\r\nGET large\r\nGET n\r\n")
    slow.endSending()
    #expect(await eventually { server.service.replyBudget.used > 0 })
    try put("b", server.service.engine)
    try other.send(command: "SET", "n", "5")
    #expect(try other.readText(like: "+OK\r\n") == "+OK\r\n")
    #expect(server.service.replyBudget.used < 1 << 20)
    #expect(try slow.readText(like: "+PONG\r\n" + head) == "+PONG\r\n" + head)
    #expect(try slow.read(Self.byteCount) == value("a"))
    #expect(try slow.readToEnd() == "\r\n$1\r\n5\r\n")
    #expect(await eventually { server.service.clientByteCount == 0 })
    await server.stop()
  }

  @Test("nothing is kept any more for a client that has gone in the midst")
  func gone() async throws {
    let server = try await TestServer()
    try put("a", server.service.engine)
    var socket: TestSocket? = try server.connect(receiveByteCount: 65_536)
    try socket?.send(command: "GET", "large")
    #expect(await eventually { server.service.replyBudget.used > 0 })
    try put("b", server.service.engine)
    #expect(server.service.clientByteCount > Self.byteCount)
    socket = nil
    #expect(await eventually { server.service.clientByteCount == 0 })
    await server.stop()
  }

  @Test("one that reads too slowly for what others change is cut off, and the log says why")
  func overrun() async throws {
    let server = try await TestServer { $0.replyByteCount = 1 << 20 }
    try put("a", server.service.engine)
    let socket = try server.connect(receiveByteCount: 65_536)
    try socket.send(command: "GET", "large")
    #expect(await eventually { server.service.replyBudget.used > 0 })
    try put("b", server.service.engine)
    #expect(server.service.clientByteCount < 1 << 20)
    let text = try socket.readToEnd()
    #expect(text.hasPrefix(head + "aaa") && text.utf8.count < Self.byteCount && !text.contains("b"))
    #expect(await eventually { server.events.closingReasons.count == 1 })
    #expect(server.events.closingReasons[0].hasPrefix("in the midst of a reply: others"))
    await server.stop()
  }

  @Test("a value that is durable goes on being sent while others wait for the disk")
  func othersCommits() async throws {
    let (disk, gate) = (TestDisk(), Gate())
    disk.watch { _, call in if call.operation == .sync { gate.pass() } }
    let engine = try Self.open(disk)
    let server = try await TestServer(engine)
    try put("a", engine)
    try engine.settle(engine.lastCommit)
    let (slow, other) = (try server.connect(receiveByteCount: 65_536), try server.connect())
    try slow.send(command: "GET", "large")
    #expect(await eventually { server.service.replyBudget.used > 0 })
    gate.close()
    try other.send("SET n 1\r\n")
    #expect(await eventually { gate.hasWaiters })
    #expect(try slow.readText(like: head) == head)
    #expect(try slow.read(Self.byteCount) == value("a"))
    gate.open()
    #expect(try other.readText(like: "+OK\r\n") == "+OK\r\n")
    await server.stop()
    try engine.close()
  }

  @Test(
    "where the disk fails, an error takes the place of a reply in parts, and the connection ends")
  func failure() async throws {
    let disk = TestDisk()
    let engine = try Self.open(disk)
    let server = try await TestServer(engine)
    try put("a", engine)
    try engine.settle(engine.lastCommit)
    disk.failAll(.sync, with: 5)
    let socket = try server.connect()
    try socket.send("SET n 1\r\nGET large\r\nGET n\r\n")
    let lines = try socket.readToEnd().split(separator: "\r\n")
    #expect(
      lines.count == 2 && lines.allSatisfy { $0.hasPrefix("-ERR ") && $0.contains("may be lost") })
    #expect(await eventually { server.events.closingReasons.count == 1 })
    #expect(server.events.closingReasons[0].hasPrefix("in the midst of a reply: "))
    await server.stop()
  }

  @Test("when the server ends, who is in the midst of a reply has the rest first")
  func drain() async throws {
    let server = try await TestServer()
    try put("a", server.service.engine)
    let socket = try server.connect(receiveByteCount: 65_536)
    try socket.send(command: "GET", "large")
    #expect(await eventually { server.service.replyBudget.used > 0 })
    let cut = Task { await server.server.stop(patience: 600_000) }
    #expect(await eventually { (try? server.connect()) == nil })
    #expect(try socket.readToEnd().utf8.count == head.utf8.count + Self.byteCount + 2)
    #expect(await cut.value == 0)
  }

  /// What was to go on when the others had had their turn went on before them.
  @Test("others are answered while keys are looked for in a large table")
  func turns() async throws {
    let server = try await TestServer()
    for number in 0..<100_000 {
      try Array("key:\(number)".utf8).withUnsafeBytes { key in
        try server.service.engine.put(integer: 1, forKey: key)
      }
    }
    let (looking, other) = (try server.connect(), try server.connect())
    var hasOvertaken = false
    let patience = Patience()
    while !hasOvertaken, !patience.isOver {
      let count = server.service.statistics.commands.load(ordering: .relaxed)
      try looking.send(command: "KEYS", "none*")
      #expect(
        await eventually { server.service.statistics.commands.load(ordering: .relaxed) > count })
      try other.send(command: "PING")
      #expect(try other.readText(like: "+PONG\r\n") == "+PONG\r\n")
      let early = looking.readWithoutWaiting()
      hasOvertaken = early.isEmpty
      if early.isEmpty { #expect(try looking.readText(like: "*0\r\n") == "*0\r\n") }
    }
    #expect(hasOvertaken)
    await server.stop()
  }

  private static func open(_ disk: TestDisk) throws -> LocalEngine {
    var options = LocalEngine.OpenOptions()
    options.policy = .always
    return try LocalEngine.open(DiskPath(Array("data".utf8)), on: disk, options).engine
  }
}
