import QrrotCore
import QrrotRemote
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

/// An engine far away does what one in this process does: the same replies, errors and sessions.
@Suite("The engine far away")
struct EngineContractTests {
  @Test("the examples of the command table answer as they do here")
  func examples() async throws {
    for spec in CommandSpec.all where spec.access != .shell {
      for example in spec.examples {
        // What the database says of itself is another folder's.
        guard spec.name != .info else { continue }
        let scene = try await RemoteScene()
        var client = LineClient(try scene.connect())
        for line in example.setup { _ = await client.run(line) }
        let output = await client.run(example.input)
        #expect(output == example.output.joined(separator: "\n"), "\(example.input)")
        await scene.stop()
      }
    }
  }

  @Test(
    "two sessions at random, with transactions and undo: every reply, error and mirror is the same")
  func workload() async throws {
    let seed = TestSettings.seed(7_470)
    var random = SeededGenerator(seed: seed)
    var errorCount = 0
    var openCount = 0
    for round in 0..<TestSettings.count(6, long: 20) {
      let scene = try await RemoteScene()
      let remote = try scene.connect()
      let here = LocalEngine()
      var far = [LineClient(remote), LineClient(remote)]
      var near = [LineClient(here), LineClient(here)]
      for step in 0..<250 {
        let line = RandomLine.make(&random)
        let index = Int.random(in: 0...1, using: &random)
        let wanted = await near[index].run(line)
        let answer = await far[index].run(line)
        let place = "seed \(seed), round \(round), step \(step), session \(index): \(line)"
        try #require(answer == wanted, "\(place)")
        let mirror = far[index].session.transaction
        let transaction = near[index].session.transaction
        // The order of what one command writes is that of a table, which is secret.
        try #require(
          (mirror?.writtenKeys).map(Set.init) == (transaction?.writtenKeys).map(Set.init),
          "\(place)")
        try #require(
          mirror?.entries.mapValues { $0.staged != nil }
            == transaction?.entries.mapValues { $0.staged != nil }, "\(place)")
        try #require(
          (mirror?.seenKeyspaceVersion == nil) == (transaction?.seenKeyspaceVersion == nil))
        if wanted.hasPrefix("error[") { errorCount += 1 }
        if transaction != nil { openCount += 1 }
      }
      await scene.stop()
    }
    #expect(errorCount > 100 && openCount > 300, "seed \(seed): \(errorCount), \(openCount)")
  }

  @Test("a copy of a session has a transaction and an undo list of its own")
  func copiedSession() async throws {
    let scene = try await RemoteScene()
    var client = LineClient(try scene.connect())
    for line in ["put a 1", "begin", "put b 2"] { #expect(await client.run(line) == "OK") }
    var copy = client
    #expect(await copy.run("put c 3") == "OK")
    #expect(await copy.run("keys") == "a\nb\nc")
    #expect(await client.run("keys") == "a\nb")
    #expect(await client.run("put d 4") == "OK")
    #expect(await copy.run("rollback") == "OK")
    #expect(await client.run("commit") == "OK")
    #expect(await scene.run("keys") == "a\nb\nd")
    copy = client
    #expect(await copy.run("undo 2") == "a nil\nb nil\nd nil")
    #expect(await client.code("undo") == .conflict)
    await scene.stop()
  }

  @Test("a write beyond undo is told with its size, and done when it is allowed")
  func beyondUndo() async throws {
    let scene = try await RemoteScene()
    let value = Value.string([UInt8](repeating: 65, count: Limits.undoByteCount + 1))
    let engine = try scene.connect()
    var session = Session()
    session.allowsWritesBeyondUndo = false
    var reply = Reply()
    var put = Command(.put)
    put.append(.key, [97])
    put.append(value)
    // It comes in parts, both ways.
    try await engine.execute(put, in: &session, into: &reply)
    #expect(try await engine.record(of: [97], in: &session) == StoredRecord(value: value))
    put.reset(to: .put)
    put.append(.key, [97])
    put.append(Value.int(1))
    await #expect {
      try await engine.execute(put, in: &session, into: &reply)
    } throws: { error in
      guard case .exceedsUndo(let count)? = (error as? QrrotError)?.detail else { return false }
      return count > Limits.undoByteCount
    }
    session.allowsWritesBeyondUndo = true
    try await engine.execute(put, in: &session, into: &reply)
    #expect(reply.shape == .ok)
    await scene.stop()
  }

  @Test("read-only holds here and on the server, by the shell's wish and by the server's")
  func readOnly() async throws {
    let scene = try await RemoteScene()
    let engine = try scene.connect { $0.isReadOnly = true }
    #expect(engine.isReadOnly)
    var client = LineClient(engine)
    #expect(await client.code("put a 1") == .readOnly)
    #expect(await client.run("size") == "0")
    await scene.stop()
    let closed = try await RemoteScene { configuration, _ in configuration.isReadOnly = true }
    client = LineClient(try closed.connect())
    #expect(await client.code("put a 1") == .readOnly)
    await closed.stop()
  }

  @Test("keys, members and records are found for completion and for the agent, staged ones too")
  func samples() async throws {
    let scene = try await RemoteScene()
    let engine = try scene.connect()
    var client = LineClient(engine)
    for line in ["put user:1 {\"name\":\"Ivan\",\"née\":1}", "put x 1", "begin", "put user:2 b"] {
      #expect(await client.run(line) == "OK")
    }
    let session = client.session
    let second = Duration.seconds(10)
    let keys = engine.sampleKeys(
      startingWith: Array("us".utf8), in: session, limit: 200, timeLimit: second)
    #expect(
      keys == KeySample(keys: [Array("user:1".utf8), Array("user:2".utf8)], isPartial: false))
    let members = engine.sampleMembers(
      startingWith: Array("n".utf8), at: try JSONPath([36]),
      of: .matching(try Glob(Array("user:*".utf8))), in: session, limit: 9, timeLimit: second)
    #expect(members.names == [Array("name".utf8), Array("née".utf8)])
    let records = try await engine.sampleRecords(limit: 9, timeLimit: second, in: session)
    #expect(records.keyCount == 2)
    #expect(records.records.map(\.key) == [Array("user:1".utf8), [120]])
    #expect(records == scene.engine.sample(limit: 9, timeLimit: second))
    // Looking has changed nothing of the transaction.
    #expect(await client.run("commit") == "OK")
    #expect(await scene.run("size") == "3")
    await scene.stop()
  }
}

/// Lines that meet each other often.
enum RandomLine {
  static func make(_ random: inout SeededGenerator) -> String {
    let key = ["a", "b", "ü", "doc", "n"].randomElement(using: &random) ?? "a"
    let value =
      [
        "1", "text", "\"two words\"", "{\"x\":1,\"y\":[1,2]}", "as int 5", "as json \"t\"",
      ].randomElement(using: &random) ?? "1"
    let lines = [
      "put \(key) \(value)", "put \(key) \(value)", "get \(key)", "del \(key)", "del \(key) a",
      "exists \(key) a", "type \(key)", "incr n", "decr n 3", "incr \(key)", "put doc $.x \(value)",
      "get doc $.y[*]", "incr doc $.x", "del doc $.y", "all", "keys \(key)*", "size", "clear",
      "find where @.x > 0", "find select $.x as x order by $.y desc limit 2", "count by $.x",
      "sum $.x", "max $.x *", "expireat \(key) 32503680000000", "persist \(key)", "find \"[\"",
      "begin", "begin", "commit", "commit", "rollback", "undo", "undo 2", "get \(key) $.a[",
    ]
    return lines.randomElement(using: &random) ?? "size"
  }
}
