import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Synchronization
import Testing

@testable import QrrotServer

/// The life of connections: what is read, what is answered, how they end.
@Suite("Connections", .ownThread)
struct ConnectionTests {
  @Test("both protocols on one port, on one thread and on two", arguments: [1, 2])
  func protocols(threads: Int) async throws {
    let server = try await TestServer { $0.threadCount = threads }
    for _ in 0..<4 {
      let redis = try server.connect()
      try redis.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n7\r\n")
      #expect(try redis.readText(like: "+OK\r\n") == "+OK\r\n")
      let lines = try server.connect()
      try lines.send("get a\n")
      #expect(try lines.readText(like: "7\n") == "7\n")
    }
    await server.stop()
    #expect(server.service.clients.count == 0)
  }

  @Test("a port that the system has chosen is the one that CONFIG GET and INFO say")
  func chosenPort() async throws {
    let server = try await TestServer()
    let socket = try server.connect()
    let digits = String(server.server.port)
    let expected = "*2\r\n$4\r\nport\r\n$\(digits.utf8.count)\r\n\(digits)\r\n"
    try socket.send("CONFIG GET port\r\n")
    #expect(try socket.readText(like: expected) == expected)
    await server.stop()
  }

  @Test("bytes that come one by one are one command")
  func drip() async throws {
    let server = try await TestServer()
    let socket = try server.connect()
    for byte in Array("*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n".utf8) { try socket.send([byte]) }
    #expect(try socket.readText(like: "$3\r\nabc\r\n") == "$3\r\nabc\r\n")
    await server.stop()
  }

  @Test("after the end of what a client sends it has all replies, and then the end")
  func halfClosed() async throws {
    let server = try await TestServer()
    let socket = try server.connect(receiveByteCount: 4_096)
    let value = String(repeating: "v", count: 50_000)
    try socket.send("SET a \(value)\r\n" + String(repeating: "GET a\r\n", count: 200))
    socket.endSending()
    let expected = 5 + 200 * "$50000\r\n\(value)\r\n".utf8.count
    #expect(try socket.readToEnd().utf8.count == expected)
    #expect(await server.waitForClients(0))
    await server.stop()
  }

  @Test("words of HTTP and a TLS handshake on the plain port end it, and nothing is carried out")
  func otherProtocols() async throws {
    let server = try await TestServer()
    for first in [
      "GET /a HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "OPTIONS *\r\n", "CONNECT x:1\r\n",
      "Host: localhost\r\n", "PRI * HTTP/2.0\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n",
    ] {
      let socket = try server.connect()
      try? socket.send(first + "SET a 1\r\nput a 1\n")
      #expect(!(try socket.readToEnd()).contains("OK"), "\(first)")
    }
    let socket = try server.connect()
    try socket.send(command: "EXISTS", "a")
    #expect(try socket.readText(like: ":0\r\n") == ":0\r\n")
    let faults = server.events.all.count { if case .protocolFault = $0 { true } else { false } }
    #expect(faults == 7)
    await server.stop()
  }

  @Test("broken connections leave nothing behind")
  func resets() async throws {
    let server = try await TestServer()
    for _ in 0..<20 {
      let socket = try server.connect()
      try socket.send("SET a 1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1000\r\nxxx")
      socket.reset()
    }
    #expect(await eventually { server.events.closingReasons.count == 20 })
    #expect(await eventually { server.service.clientByteCount == 0 })
    #expect(server.service.clients.count == 0)
    await server.stop()
  }

  @Test("there are as many clients as may be, and the next ones are told so")
  func clientLimit() async throws {
    let server = try await TestServer { $0.clientLimit = 2 }
    let first = try server.connect()
    let second = try server.connect()
    #expect(await server.waitForClients(2))
    for _ in 0..<3 {
      let refused = try server.connect()
      try? refused.send("PING\r\n")
      #expect(try refused.readToEnd() == "-ERR max number of clients reached\r\n")
    }
    try first.send("PING\r\n")
    #expect(try first.readText(like: "+PONG\r\n") == "+PONG\r\n")
    second.endSending()
    #expect(await server.waitForClients(1))
    let next = try server.connect()
    try next.send("PING\r\n")
    #expect(try next.readText(like: "+PONG\r\n") == "+PONG\r\n")
    await server.stop()
  }

  /// Each client that is told no has a descriptor, which one who never reads nor closes would keep.
  @Test("a storm of connections is refused, and takes nothing that lasts")
  func storm() async throws {
    let server = try await TestServer { $0.clientLimit = 10 }
    let sockets = try (0..<300).map { _ in try server.connect() }
    #expect(
      await eventually {
        let statistics = server.service.statistics
        return statistics.connections.load(ordering: .relaxed) == 10
          && statistics.refusedConnections.load(ordering: .relaxed) == 290
      })
    // They don't close, so the server has to.
    for socket in sockets[10...] { socket.waitForEnd() }
    for socket in sockets[..<10] {
      try socket.send("PING\r\n")
      #expect(try socket.readText(like: "+PONG\r\n") == "+PONG\r\n")
    }
    await server.stop()
  }

  /// A write that fails hands over what has come before it returns: the conversation was used twice at a
  /// time, and the server ended.
  @Test("clients that go while they are answered are no matter")
  func goneWhileAnswered() async throws {
    let server = try await TestServer()
    let flood = Array(String(repeating: "PING\r\n", count: 20_000).utf8)
    for _ in 0..<20 {
      let socket = try server.connect()
      for _ in 0..<4 { _ = socket.sendWithoutWaiting(flood) }
      _ = try socket.readSome()
      _ = socket.sendWithoutWaiting(flood)
      socket.reset()
    }
    #expect(await eventually { server.events.closingReasons.count == 20 })
    let socket = try server.connect()
    try socket.send("PING\r\n")
    #expect(try socket.readText(like: "+PONG\r\n") == "+PONG\r\n")
    await server.stop()
  }

  @Test("a client that sends without an end does not keep others from their replies")
  func fairness() async throws {
    let server = try await TestServer()
    let flood = Array(String(repeating: "PING\r\n", count: 50_000).utf8)
    let isOver = Guarded(false)
    let flooding = Task {
      await onThread {
        guard let greedy = try? server.connect() else { return }
        while !isOver.value {
          _ = greedy.sendWithoutWaiting(flood)
          _ = greedy.readWithoutWaiting()
        }
      }
    }
    let modest = try server.connect()
    for _ in 0..<20 {
      try modest.send("PING\r\n")
      #expect(try modest.readText(like: "+PONG\r\n") == "+PONG\r\n")
    }
    isOver.change { $0 = true }
    await flooding.value
    await server.stop()
  }
}
