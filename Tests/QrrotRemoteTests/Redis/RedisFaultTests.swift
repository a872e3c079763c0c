import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotRemote

/// One server whose answers do not come, or not as they should.
@Suite("Bad servers and bad networks on the way to Redis", .serialized)
struct RedisFaultTests {
  private static let reply = Array("$5\r\nhello\r\n*2\r\n:1\r\n+x\r\n".utf8)

  @Test("cut at every byte of its reply, a read is asked again and a write is not")
  func everyByte() async throws {
    for isRead in [true, false] {
      for count in 0..<Self.reply.count {
        let server = try await ScriptedRedis { words, connection in
          switch words[0] {
          case "A":
            connection == 1
              ? .say(Array(Self.reply.prefix(min(count, 11)))) : .say(Array(Self.reply.prefix(11)))
          case "B":
            connection == 1
              ? .sayAndClose(count > 11 ? Array(Self.reply[11..<count]) : [])
              : .say(Array(Self.reply[11...]))
          default: .ordinary
          }
        }
        let nodes = try connect(server.url)
        let outcome = nodes.outcome(batch("A k", "B k", isRead: isRead))
        #expect(outcome.code == (isRead ? nil : .unknownOutcome), "cut after \(count)")
        if isRead { #expect(outcome.values == ["hello", ""]) }
        let words = server.requests.map { $0.words[0] }
        // What was answered is not asked again.
        let again = isRead ? (count >= 11 ? ["B"] : ["A", "B"]) : []
        #expect(words == ["A", "B"] + again)
        #expect(nodes.outcome(batch("PING")).values == ["PONG"])
        nodes.close()
        await server.stop()
      }
    }
  }

  @Test(
    "what nobody has asked for, and what is no reply, ends the connection",
    arguments: [
      "+ONE\r\n+TWO\r\n", "+ONE\r\n$9999999999\r\n", "+ONE\r\nhello\r\n", "+ONE\r\n*1000000000\r\n",
    ])
  func rubbish(says: String) async throws {
    let server = try await ScriptedRedis { words, connection in
      words[0] == "A" && connection == 1 ? .say(Array(says.utf8)) : .ordinary
    }
    let nodes = try connect(server.url)
    #expect(nodes.outcome(batch("A k", isRead: false)).values == ["ONE"])
    #expect(nodes.outcome(batch("PING", "PING")).values == ["PONG", "PONG"])
    let patience = Patience()
    while server.connectionCount < 2, !patience.isOver {
      #expect(nodes.outcome(batch("PING")).values == ["PONG"])
    }
    #expect(server.connectionCount == 2)
    nodes.close()
    await server.stop()
  }

  @Test("pushes answer nobody")
  func pushes() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "A" ? ">2\r\n+invalidate\r\n_\r\n+ONE\r\n>1\r\n+x\r\n" : .ordinary
    }
    let nodes = try connect(server.url)
    #expect(nodes.outcome(batch("A k", "PING")).values == ["ONE", "PONG"])
    nodes.close()
    await server.stop()
  }

  @Test("a server that says nothing is given up: a write's outcome is unknown, a read has none")
  func silence() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "A" ? .nothing : .ordinary
    }
    let nodes = try connect(server.url) {
      $0.answerMilliseconds = 50
      $0.recoveryMilliseconds = 50
    }
    #expect(nodes.outcome(batch("A k", isRead: false)).code == .unknownOutcome)
    #expect(server.requests.filter { $0.words[0] == "A" }.count == 1)
    let outcome = nodes.outcome(batch("A k"))
    #expect(outcome.code == .network)
    if case .failure(let error) = outcome {
      #expect(error.message.contains("does not answer"))
    }
    #expect(nodes.outcome(batch("PING")).values == ["PONG"])
    nodes.close()
    await server.stop()
  }

  @Test("Ctrl-C ends a wait, and what was on its way is nobody's reply")
  func interrupt() async throws {
    for isRead in [true, false] {
      let interrupt = Interrupt()
      let server = try await ScriptedRedis { words, _ in
        guard words[0] == "A" else { return .ordinary }
        interrupt.raise()
        return .nothing
      }
      let nodes = try connect(server.url)
      #expect {
        try nodes.run(batch("A k", isRead: isRead), interrupt: interrupt)
      } throws: {
        ($0 as? QrrotError)?.code == (isRead ? .interrupted : .unknownOutcome)
      }
      #expect(nodes.outcome(batch("PING")).values == ["PONG"])
      #expect(server.connectionCount == 2)
      nodes.close()
      await server.stop()
    }
  }

  @Test("the answer to a write that comes soon after Ctrl-C is taken")
  func lateAnswer() async throws {
    let interrupt = Interrupt()
    let server = try await ScriptedRedis { words, _ in
      if words[0] == "A" { interrupt.raise() }
      return .ordinary
    }
    let nodes = try connect(server.url)
    #expect(try nodes.run(batch("A k", isRead: false), interrupt: interrupt)[0].text == "OK")
    nodes.close()
    await server.stop()
  }

  @Test("a server that loads is waited for, and one that comes back is found again")
  func recovery() async throws {
    let server = try await ScriptedRedis()
    server.follow { [server] words, _ in
      let count = server.requests.filter { $0.words[0] == "A" }.count
      return words[0] == "A" && count < 4 ? "-LOADING Redis is loading\r\n" : .ordinary
    }
    let nodes = try connect(server.url) { $0.recoveryMilliseconds = 600_000 }
    #expect(nodes.outcome(batch("A k", "B l", isRead: false)).values == ["OK", "OK"])
    let port = server.port
    await server.stop()
    // It is not sent while nobody is there, so it is no risk to send it.
    async let outcome = onThread { nodes.outcome(batch("A k", isRead: false)) }
    try await Task.sleep(for: .milliseconds(200))
    let second = try await ScriptedRedis(port: port)
    #expect(await outcome.values == ["OK"])
    #expect(nodes.takeNote()?.hasSuffix("anew") == true)
    #expect(nodes.takeNote() == nil)
    await second.stop()
    nodes.close()
    #expect(nodes.outcome(batch("A k")).code == .network)
  }

  @Test("time is up: a refusal is the reply, and a server that is not there is an error")
  func timeIsUp() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "A" ? "-LOADING Redis is loading\r\n" : .ordinary
    }
    let nodes = try connect(server.url) { $0.recoveryMilliseconds = 100 }
    #expect(nodes.outcome(batch("A k", "B k")).values == ["LOADING Redis is loading", "OK"])
    // A replica that was told to be one stays one.
    server.follow { _, _ in "-READONLY You can't write\r\n" }
    #expect(nodes.outcome(batch("B k", isRead: false)).values == ["READONLY You can't write"])
    await server.stop()
    #expect(nodes.outcome(batch("B k", isRead: false)).code == .network)
    nodes.close()
  }

  @Test("a refused write is not sent behind a later one for the same key")
  func order() async throws {
    let server = try await ScriptedRedis { words, _ in
      words.count > 2 && words[2] == "1" ? "-LOADING Redis is loading\r\n" : .ordinary
    }
    let nodes = try connect(server.url) { $0.recoveryMilliseconds = 60_000 }
    let outcome = nodes.outcome(batch("SET a 1", "SET a 2", isRead: false))
    #expect(outcome.values == ["LOADING Redis is loading", "OK"])
    #expect(server.requests.count == 2)
    nodes.close()
    await server.stop()
  }

  @Test("batches that were started are answered in their order, and calls come behind them")
  func pendings() async throws {
    let server = try await ScriptedRedis { words, _ in
      words.count > 1 ? "+\(words[1])\r\n" : .ordinary
    }
    let nodes = try connect(server.url)
    var pendings: [RedisPending] = []
    for index in 0..<20 {
      pendings.append(try nodes.start(batch("SET \(index)a", "SET \(index)b", isRead: false)))
    }
    #expect(nodes.outcome(batch("SET last")).values == ["last"])
    for (index, pending) in pendings.enumerated() {
      let replies = try pending.wait(interrupt: Interrupt()).map(\.text)
      #expect(replies == ["\(index)a", "\(index)b"])
    }
    #expect(server.requests.count == 41 && server.requests.last?.words[1] == "last")
    #expect(server.connectionCount == 1)
    nodes.close()
    await server.stop()
  }

  @Test("what was started is not sent again behind what was started later for the same key")
  func pendingOrder() async throws {
    let server = try await ScriptedRedis { words, _ in
      words.last == "1" ? "-LOADING Redis is loading\r\n" : .ordinary
    }
    let nodes = try connect(server.url) { $0.recoveryMilliseconds = 200 }
    let first = try nodes.start(batch("SET a 1", isRead: false))
    let second = try nodes.start(batch("SET a 2", isRead: false))
    #expect(try first.wait(interrupt: Interrupt())[0].isError("LOADING"))
    #expect(try second.wait(interrupt: Interrupt())[0].text == "OK")
    #expect(server.requests.count == 2)
    // Another key is no reason not to.
    let third = try nodes.start(batch("SET a 1", isRead: false))
    let fourth = try nodes.start(batch("SET b 2", isRead: false))
    #expect(try third.wait(interrupt: Interrupt())[0].isError("LOADING"))
    #expect(try fourth.wait(interrupt: Interrupt())[0].text == "OK")
    #expect(server.requests.count > 4)
    // What could not be sent holds back what is started behind it.
    let port = server.port
    await server.stop()
    let fifth = try nodes.start(batch("SET a 3", isRead: false))
    let again = try await ScriptedRedis(port: port)
    let sixth = try nodes.start(batch("SET a 4", isRead: false))
    #expect(again.requests.isEmpty)
    #expect(try fifth.wait(interrupt: Interrupt())[0].text == "OK")
    #expect(try sixth.wait(interrupt: Interrupt())[0].text == "OK")
    #expect(again.requests.map(\.words) == [["SET", "a", "3"], ["SET", "a", "4"]])
    nodes.close()
    await again.stop()
  }

  @Test("a glance takes what comes in time, and leaves the rest to nobody")
  func glance() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "A" ? .nothing : words.count > 1 ? "+\(words[1])\r\n" : .ordinary
    }
    let nodes = try connect(server.url)
    #expect(nodes.glance(batch("GET a"), on: nil, milliseconds: 60_000)?.first?.text == "a")
    #expect(nodes.glance(batch("A a"), on: nil, milliseconds: 1) == nil)
    // That connection is busy with what never comes.
    #expect(nodes.glance(batch("GET a"), on: nil, milliseconds: 60_000) == nil)
    nodes.close()
    await server.stop()
  }

  @Test("a process that was started anew is not the one that was named")
  func startedAnew() async throws {
    let server = try await ScriptedRedis(runID: "r1")
    let port = server.port
    let nodes = try connect(server.url)
    let name = try nodes.primaries(interrupt: Interrupt())[0]
    #expect(name.runID == "r1" && name.text == "127.0.0.1:\(port)")
    let scan = batch("SCAN 0")
    #expect(try nodes.run(scan, on: name, interrupt: Interrupt())[0].text == "OK")
    await server.stop()
    let second = try await ScriptedRedis(port: port, runID: "r2")
    #expect {
      try nodes.run(scan, on: name, interrupt: Interrupt())
    } throws: {
      ($0 as? QrrotError)?.message.contains("started anew") == true
    }
    let newName = try nodes.primaries(interrupt: Interrupt())[0]
    #expect(newName.runID == "r2")
    #expect(try nodes.run(scan, on: newName, interrupt: Interrupt())[0].text == "OK")
    nodes.close()
    await second.stop()
  }

  @Test("calls from several threads go on side by side")
  func threads() async throws {
    let server = try await ScriptedRedis { words, connection in
      // The first connection has no answer until another one was asked.
      words[0] == "A" ? .nothing : words.count > 1 ? "+\(words[1])\r\n" : .ordinary
    }
    let nodes = try connect(server.url)
    let interrupt = Interrupt()
    async let stuck = onThread { nodes.outcomeOfInterrupted(interrupt) }
    let patience = Patience()
    while server.requests.isEmpty, !patience.isOver { await Task.yield() }
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask { await onThread { nodes.expectEchoes(thread) } }
      }
    }
    #expect(server.connectionCount > 1 && server.connectionCount <= 8)
    interrupt.raise()
    #expect(await stuck == .interrupted)
    nodes.close()
    await server.stop()
  }
}

extension RedisNodes {
  fileprivate func expectEchoes(_ thread: Int) {
    for index in 0..<50 {
      let text = "\(thread)-\(index)"
      #expect(outcome(batch("GET \(text)")).values == [text])
    }
  }

  fileprivate func outcomeOfInterrupted(_ interrupt: Interrupt) -> QrrotError.Code? {
    do throws(QrrotError) {
      _ = try run(batch("A k"), interrupt: interrupt)
      return nil
    } catch {
      return error.code
    }
  }
}
