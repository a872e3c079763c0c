import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotServer

/// What clients may take in time and memory.
@Suite("Limits of connections", .ownThread)
struct LimitTests {
  @Test("who does not log in in time is told so, and closed; guessing does not lengthen it")
  func loginTimeout() async throws {
    let server = try await TestServer { $0.password = Array("secret".utf8) }
    let known = try server.connect()
    try known.send(command: "AUTH", "secret")
    #expect(try known.readText(like: "+OK\r\n") == "+OK\r\n")
    let (silent, guessing) = (try server.connect(), try server.connect())
    for _ in 0..<100 { try guessing.send(command: "AUTH", "wrong") }
    #expect(try guessing.readLine().hasPrefix("-WRONGPASS "))
    #expect(await server.waitForClients(3))
    #expect(await server.waitForLook())
    #expect(server.service.clients.count == 3)
    server.advance(seconds: 6)
    #expect(try silent.readToEnd() == "-ERR no password came within 5 seconds\r\n")
    let text = try guessing.readToEnd()
    #expect(text.hasSuffix("-ERR no password came within 5 seconds\r\n") && !text.contains("+OK"))
    #expect(await eventually { server.events.closingReasons.count == 2 })
    #expect(
      server.events.closingReasons.allSatisfy { $0 == "it did not log in within 5 seconds" })
    try known.send("PING\r\n")
    #expect(try known.readText(like: "+PONG\r\n") == "+PONG\r\n")
    await server.stop()
  }

  /// A password that was wrong made the connection deaf: nothing more was read of it.
  @Test("after a wrong password, and a while, the right one is taken")
  func secondTry() async throws {
    let server = try await TestServer { $0.password = Array("secret".utf8) }
    let socket = try server.connect()
    try socket.send(command: "AUTH", "wrong")
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
    #expect(try socket.readText(like: wrong) == wrong)
    try socket.send(command: "AUTH", "secret")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    let lines = try server.connect()
    try lines.send("auth wrong\n")
    lines.endSending()
    #expect(try lines.readToEnd() == "error[auth]: wrong password\n")
    await server.stop()
  }

  @Test("what a client may send before it has logged in is little")
  func beforeLogin() async throws {
    let server = try await TestServer { $0.password = Array("secret".utf8) }
    for request in ["*11\r\n", "*1\r\n$16385\r\n", String(repeating: "x", count: 17_000) + "\r\n"] {
      let socket = try server.connect()
      try? socket.send(request)
      let text = try socket.readToEnd()
      #expect(text.hasPrefix("-ERR Protocol error") || text.hasPrefix("error["), "\(text)")
    }
    await server.stop()
  }

  /// Time was counted from the last whole command, by the wall clock.
  @Test("a silent client is closed, one that sends slowly is not")
  func idle() async throws {
    let server = try await TestServer()
    let (slow, silent) = (try server.connect(), try server.connect())
    try slow.send("*2\r\n$4\r\nECHO\r\n$4\r\n")
    for _ in 0..<4 {
      server.advance(seconds: 200)
      let before = server.service.clientByteCount
      try slow.send("x")
      #expect(await eventually { server.service.clientByteCount > before })
      #expect(await server.waitForLook())
    }
    try slow.send("\r\n")
    #expect(try slow.readText(like: "$4\r\nxxxx\r\n") == "$4\r\nxxxx\r\n")
    #expect(try silent.readToEnd() == "")
    #expect(await eventually { server.events.closingReasons == ["idle for 300 seconds"] })
    await server.stop()
  }

  @Test("a client that takes none of its replies is closed, and they are forgotten")
  func stall() async throws {
    let server = try await TestServer { $0.replyByteCount = 1 << 20 }
    let socket = try server.connect(receiveByteCount: 4_096)
    try socket.send("SET a \(String(repeating: "v", count: 50_000))\r\n")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    _ = socket.sendWithoutWaiting(Array(String(repeating: "GET a\r\n", count: 10_000).utf8))
    #expect(await eventually { server.service.replyBudget.used >= 1 << 20 })
    #expect(await server.waitForLook())
    server.advance(seconds: 61)
    #expect(
      await eventually {
        server.events.closingReasons == ["it has read nothing for 60 seconds"]
      })
    #expect(await eventually { server.service.replyBudget.used == 0 })
    await server.stop()
  }

  /// Once all together had too much waiting, one that had read its own was not gone on with.
  @Test("replies for those who read slowly stay within their memory, and all come")
  func slowReaders() async throws {
    let server = try await TestServer {
      $0.replyByteCount = 1 << 20
      $0.totalReplyByteCount = 2 << 20
    }
    let value = String(repeating: "v", count: 50_000)
    let writer = try server.connect()
    try writer.send("SET a \(value)\r\n")
    #expect(try writer.readText(like: "+OK\r\n") == "+OK\r\n")
    let sockets = try (0..<4).map { _ in try server.connect(receiveByteCount: 4_096) }
    let get = TestSocket.command(["GET", "a"])
    for socket in sockets { try socket.send([[UInt8]](repeating: get, count: 200).flatMap(\.self)) }
    #expect(await eventually { server.service.replyBudget.used > 1 << 20 })
    // One reply may go beyond.
    #expect(server.service.replyBudget.used < (2 << 20) + 5 * 64 << 10)
    try writer.send("PING\r\n")
    #expect(try writer.readText(like: "+PONG\r\n") == "+PONG\r\n", "others have theirs")
    for socket in sockets {
      let count = 200 * "$50000\r\n\(value)\r\n".utf8.count
      #expect(try socket.read(count).count == count)
    }
    #expect(await eventually { server.service.replyBudget.used == 0 })
    await server.stop()
  }

  @Test("a declared length takes no memory, and what comes beyond --max-memory is refused")
  func memory() async throws {
    let server = try await TestServer(LocalEngine(memoryLimit: 16 << 20)) {
      $0.memoryLimit = 16 << 20
    }
    let socket = try server.connect()
    try socket.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$500000000\r\nx")
    #expect(await eventually { server.service.clientByteCount > 0 })
    #expect(server.service.clientByteCount < 100)
    let piece = [UInt8](repeating: 0x78, count: 1 << 20)
    let refused = Result { for _ in 0..<64 { try socket.send(piece) } }
    let text = try? socket.readToEnd()
    #expect(text?.hasPrefix("-OOM ") ?? true)
    if case .success = refused { #expect(text?.hasPrefix("-OOM ") == true) }
    #expect(await eventually { server.service.clientByteCount == 0 })
    await server.stop()
  }

  @Test("a plain line may be as long as it was said")
  func lines() async throws {
    let server = try await TestServer { $0.lineByteCount = 2_048 }
    let short = try server.connect()
    try short.send("put a \(String(repeating: "v", count: 2_000))\n")
    #expect(try short.readText(like: "OK\n") == "OK\n")
    let long = try server.connect()
    try long.send("put a \(String(repeating: "v", count: 3_000))\n")
    #expect(try long.readToEnd().hasPrefix("error[too-large]: "))
    await server.stop()
  }
}
