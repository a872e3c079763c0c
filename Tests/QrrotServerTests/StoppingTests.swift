import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotServer

/// How a server ends.
@Suite("The end of a server", .ownThread)
struct StoppingTests {
  @Test("clients have the replies to all that they have sent, then the end")
  func drain() async throws {
    let server = try await TestServer { $0.threadCount = 2 }
    let sockets = try (0..<8).map { _ in try server.connect() }
    for socket in sockets { try socket.send(String(repeating: "PING\r\n", count: 3_000)) }
    #expect(await server.server.stop(patience: 600_000) == 0)
    for socket in sockets {
      #expect(try socket.readToEnd() == String(repeating: "+PONG\r\n", count: 3_000))
    }
    #expect(server.service.clients.count == 0)
    #expect(throws: TestSocket.Failure.self) { try server.connect() }
  }

  @Test("who never stops sending is ended all the same")
  func flood() async throws {
    let server = try await TestServer()
    let isOver = Guarded(false)
    let flooding = Task {
      await onThread {
        guard let socket = try? server.connect() else { return }
        let flood = Array(String(repeating: "PING\r\n", count: 1_000).utf8)
        while !isOver.value {
          guard (try? socket.send(flood)) != nil else { return }
          guard (try? socket.readSome())?.isEmpty == false else { return }
        }
      }
    }
    #expect(await server.waitForClients(1))
    let end = Task { await server.server.stop(patience: 600_000) }
    #expect(
      await eventually {
        server.advance(seconds: 2)
        return server.service.clients.count == 0
      })
    #expect(await end.value == 0)
    isOver.change { $0 = true }
    await flooding.value
  }

  @Test("who takes none of its replies is cut off when the time is up, or at once")
  func patience() async throws {
    for patience in [200, 600_000] {
      let server = try await TestServer()
      let socket = try server.connect(receiveByteCount: 4_096)
      try socket.send("SET a \(String(repeating: "v", count: 60_000))\r\n")
      #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
      try socket.send(String(repeating: "GET a\r\n", count: 500))
      #expect(await eventually { server.service.replyBudget.used > 1 << 20 })
      let cut = Task { await server.server.stop(patience: patience) }
      if patience > 1_000 {
        #expect(await eventually { (try? server.connect()) == nil })
        server.server.closeConnections()
      }
      #expect(await cut.value == (patience > 1_000 ? 0 : 1), "\(server.events.closingReasons)")
      #expect(server.service.replyBudget.used == 0)
    }
  }
}
