import QrrotCore
import QrrotRemote
import QrrotServer
import QrrotStore
import QrrotTesting
import Testing

/// Connections that are cut, servers that go and come back, servers that say nothing.
@Suite("Bad networks", .serialized)
struct FaultTests {
  /// How many bytes the server sends for a connection that gives this command.
  private func replyByteCount(of line: String) async throws -> (greeting: Int, all: Int) {
    let scene = try await RemoteScene()
    let proxy = try await FaultyProxy(to: scene.server.port)
    var client = LineClient(try RemoteEngine(try scene.options(port: proxy.port)))
    let greeting = proxy.replyByteCount
    _ = await client.run(line)
    let all = proxy.replyByteCount
    await proxy.stop()
    await scene.stop()
    return (greeting, all)
  }

  @Test("cut at any byte of its reply, a write is never sent again, and a read always is")
  func everyByte() async throws {
    let scene = try await RemoteScene()
    var incrementCount = 0
    for (line, code) in [("incr n", QrrotError.Code.unknownOutcome), ("get n", nil)] {
      let (greeting, all) = try await replyByteCount(of: line)
      #expect(all > greeting)
      for count in 0..<(all - greeting) {
        let proxy = try await FaultyProxy(to: scene.server.port)
        var client = LineClient(try RemoteEngine(try scene.options(port: proxy.port)))
        let limit = proxy.replyByteCount + count
        proxy.change { $0.replyByteLimit = limit }
        if code != nil { incrementCount += 1 }
        #expect(await client.code(line) == code, "\(line), cut after \(count)")
        // The next one goes through, on a new connection.
        #expect(await client.code("size") == nil)
        #expect(proxy.connectionCount == 2)
        await proxy.stop()
      }
    }
    #expect(incrementCount > 10)
    #expect(await scene.run("get n") == "\(incrementCount)")
    await scene.stop()
  }

  @Test("cut at any byte of the greeting, nobody takes it for a connection")
  func everyByteOfGreeting() async throws {
    let scene = try await RemoteScene()
    // Numbers in it have as many bytes as they need.
    let count = try await replyByteCount(of: "size").greeting - 8
    #expect(count > 10)
    for limit in 0..<count {
      let proxy = try await FaultyProxy(to: scene.server.port)
      proxy.change { $0.replyByteLimit = limit }
      let options = try scene.options(port: proxy.port)
      do throws(QrrotError) {
        _ = try RemoteEngine(options)
        Issue.record("cut after \(limit)")
      } catch {
        #expect(error.code == .network)
      }
      await proxy.stop()
    }
    await scene.stop()
  }

  @Test("a transaction that is lost with its connection stays an error until rollback")
  func lostTransaction() async throws {
    let scene = try await RemoteScene()
    let proxy = try await FaultyProxy(to: scene.server.port)
    var client = LineClient(try RemoteEngine(try scene.options(port: proxy.port)))
    for end in ["rollback", "commit"] {
      #expect(await client.run("begin") == "OK")
      #expect(await client.run("put a 1") == "OK")
      proxy.change { $0 = .init(replyByteLimit: 0, cutConnectionCount: .max) }
      #expect(await client.code("put b 2") == .network)
      proxy.change { $0 = .init() }
      // Not even this goes through, though the server is there: it would be outside of the transaction.
      #expect(await client.code("put c 3") == .network)
      #expect(await client.code("get a") == .network)
      #expect(client.session.transaction != nil)
      #expect(await client.code(end) == (end == "commit" ? .conflict : nil))
      #expect(client.session.transaction == nil)
      #expect(await client.run("size").hasPrefix("0"))
    }
    await proxy.stop()
    await scene.stop()
  }

  @Test("a commit whose answer is lost says that nobody knows")
  func lostCommit() async throws {
    let scene = try await RemoteScene()
    let proxy = try await FaultyProxy(to: scene.server.port)
    var client = LineClient(try RemoteEngine(try scene.options(port: proxy.port)))
    for line in ["begin", "put a 1"] { #expect(await client.run(line) == "OK") }
    proxy.change { $0 = .init(replyByteLimit: 0, cutConnectionCount: .max) }
    #expect(await client.code("commit") == .unknownOutcome)
    #expect(client.session.transaction == nil)
    proxy.change { $0 = .init() }
    #expect(await client.run("get a").hasPrefix("1\nconnected to "))
    #expect(await client.code("undo") != nil, "what was written before can't be undone")
    await proxy.stop()
    await scene.stop()
  }

  @Test("a server that comes back is found again; one that does not is an error")
  func restart() async throws {
    let first = try await RemoteScene()
    let port = first.server.port
    #expect(await first.run("put a 1") == "OK")
    var client = LineClient(try first.connect { $0.reconnectMilliseconds = 60_000 })
    #expect(await client.run("get a") == "1")
    await first.stop()
    let engine = first.engine
    async let second = Task {
      // Some attempts find nobody.
      try await Task.sleep(for: .milliseconds(300))
      return try await RemoteScene(engine, port: port)
    }.value
    #expect(await client.run("get a").hasPrefix("1\nconnected to 127.0.0.1:\(port) anew"))
    await (try second).stop()
    var options = try first.options()
    options.reconnectMilliseconds = 200
    let third = try await RemoteScene(engine, port: port)
    client = LineClient(try RemoteEngine(options))
    #expect(await client.run("get a") == "1")
    await third.stop()
    #expect(await client.code("get a") == .network)
    #expect(await client.code("put a 2") == .network, "it was not sent, so nothing is unknown")
  }

  @Test("a server that says nothing is given up")
  func silence() async throws {
    let scene = try await RemoteScene()
    let proxy = try await FaultyProxy(to: scene.server.port)
    var options = try scene.options(port: proxy.port)
    // For as long as that it is waited in vain; but what is answered must be within it on a busy machine.
    options.connectMilliseconds = 1_500
    options.reconnectMilliseconds = 1_500
    options.patienceMilliseconds = 1_500
    options.controlMilliseconds = 100
    var client = LineClient(try RemoteEngine(options))
    proxy.change { $0.isSilent = true }
    #expect(await client.code("get a") == .network)
    proxy.change { $0.isSilent = false }
    #expect(await client.code("get a") == nil)
    proxy.change { $0.isSilent = true }
    #expect(await client.code("put a 1") == .unknownOutcome)
    #expect(
      client.engine.sampleKeys(
        startingWith: [], in: client.session, limit: 1, timeLimit: .milliseconds(1)
      ).isPartial)
    proxy.change { $0.isSilent = false }
    #expect(await client.run("get a").hasPrefix("1"))
    await proxy.stop()
    await scene.stop()
  }

  @Test("an answer that comes too late for completion is not taken for the next one")
  func lateAnswer() async throws {
    let scene = try await RemoteScene()
    for index in 0..<2_000 { _ = await scene.run("put k\(index) \(index)") }
    let engine = try scene.connect()
    var client = LineClient(engine)
    var lateCount = 0
    for index in 0..<40 {
      let sample = engine.sampleKeys(
        startingWith: [107], in: client.session, limit: 200, timeLimit: .zero)
      if sample.keys.isEmpty { lateCount += 1 }
      #expect(await client.run("get k\(index)") == "\(index)")
    }
    #expect(lateCount > 0)
    await scene.stop()
  }

  @Test("Ctrl-C stops a query on the server, and the session goes on")
  func interrupt() async throws {
    let scene = try await RemoteScene()
    for index in 0..<20_000 {
      _ = await scene.run("put k\(index) {\"a\":[\(index),2,3,4,5,6,7,8]}")
    }
    var client = LineClient(try scene.connect())
    #expect(await client.run("begin") == "OK")
    #expect(await client.run("put x 1") == "OK")
    client.session.interrupt.raise()
    let line = "find where @.a[?@ > 5 && @ < 7] order by $.a[?@ > 3] limit 3"
    #expect(await client.code(line) == .interrupted)
    client.session.interrupt.clear()
    #expect(await client.run("get x") == "1")
    #expect(await client.run("commit") == "OK")
    await scene.stop()
  }

  @Test("a shell whose person does nothing says from time to time that it is there")
  func pulse() async throws {
    let scene = try await RemoteScene()
    let proxy = try await FaultyProxy(to: scene.server.port)
    var options = try scene.options(port: proxy.port)
    options.pulseMilliseconds = 10
    var client = LineClient(try RemoteEngine(options))
    let count = proxy.requestCount
    let patience = Patience()
    while proxy.requestCount < count + 5, !patience.isOver { await Task.yield() }
    #expect(proxy.requestCount >= count + 5)
    // What is answered to that is nobody's reply.
    for index in 0..<20 { #expect(await client.run("incr n") == "\(index + 1)") }
    await proxy.stop()
    await scene.stop()
  }
}
