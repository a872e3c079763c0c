import QrrotCore
import QrrotRemote
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

/// What every engine does, wherever its database is: the same replies, errors and sessions.
@Suite("The engine contract", .serialized)
struct EngineContractTests {
  @Test("the examples of the command table answer as they say", arguments: DatabasePlace.here)
  func examples(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      var count = 0
      for spec in CommandSpec.all where spec.access != .shell {
        for example in spec.examples {
          // What the database says of itself is another folder's.
          guard spec.name != .info else { continue }
          try await opened.empty()
          var client = LineClient(opened.engine)
          for line in example.setup { _ = await client.run(line) }
          let output = await client.run(example.input)
          let isTheSame = output == example.output.joined(separator: "\n")
          let differs = PlaceDifference.examples[example.input]?[place] != nil
          #expect(isTheSame != differs, "\(place): \(example.input): \(output)")
          count += 1
        }
      }
      #expect(count > 30)
    }
  }

  @Test(
    "two sessions at random, with transactions and undo: every reply, error and mirror is the same",
    arguments: DatabasePlace.here)
  func workload(place: DatabasePlace) async throws {
    let seed = TestSettings.seed(7_470)
    var random = SeededGenerator(seed: seed)
    // In a cluster what one transaction writes has to be in one slot, which the tag decides.
    let tag = place == .cluster ? "{tag}" : ""
    var counts = (error: 0, open: 0)
    for round in 0..<TestSettings.count(6, long: 20) {
      let (errors, open) = try await OpenPlace.use(place) { (opened) async throws in
        var pair = SessionPair(
          near: LocalEngine(), far: [opened.engine, try opened.connect(false)])
        for step in 0..<250 {
          let line = RandomLine.make(&random, tag: tag)
          let index = Int.random(in: 0...1, using: &random)
          let about =
            "\(place), seed \(seed), round \(round), step \(step), session \(index): \(line)"
          guard try await pair.step(line, in: index, about, place) else { break }
        }
        return (pair.errorCount, pair.openCount)
      }
      counts.error += errors
      counts.open += open
    }
    #expect(counts.error > 100 && counts.open > 300, "seed \(seed): \(counts)")
  }

  @Test(
    "a copy of a session has a transaction and an undo list of its own",
    arguments: DatabasePlace.here)
  func copiedSession(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      let tag = place == .cluster ? "{tag}" : ""
      var client = LineClient(opened.engine)
      for line in ["put \(tag)a 1", "begin", "put \(tag)b 2"] {
        #expect(await client.run(line) == "OK")
      }
      var copy = client
      #expect(await copy.run("put \(tag)c 3") == "OK")
      #expect(await copy.run("keys") == "\(tag)a\n\(tag)b\n\(tag)c")
      #expect(await client.run("keys") == "\(tag)a\n\(tag)b")
      #expect(await client.run("put \(tag)d 4") == "OK")
      #expect(await copy.run("rollback") == "OK")
      #expect(await client.run("commit") == "OK")
      var other = LineClient(try opened.connect(false))
      #expect(await other.run("keys") == "\(tag)a\n\(tag)b\n\(tag)d")
      copy = client
      #expect(await copy.run("undo 2") == "\(tag)a nil\n\(tag)b nil\n\(tag)d nil")
      #expect(await client.code("undo") == .conflict)
    }
  }

  @Test(
    "a write beyond undo is told with its size, and done when it is allowed",
    arguments: DatabasePlace.here)
  func beyondUndo(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      let value = Value.string([UInt8](repeating: 65, count: Limits.undoByteCount + 1))
      let engine = opened.engine
      var session = Session()
      session.allowsWritesBeyondUndo = false
      var reply = Reply()
      var put = Command(.put)
      put.append(.key, [97])
      put.append(value)
      // To a server it goes in parts, both ways.
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
    }
  }

  @Test(
    "what connects read-only writes nothing",
    arguments: DatabasePlace.here.filter { $0 != .embedded })
  func readOnly(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      var client = LineClient(try opened.connect(true))
      for line in ["put a 1", "del a", "incr a", "clear", "expire a 1"] {
        #expect(await client.code(line) == .readOnly, "\(line)")
      }
      #expect(await client.run("size") == "0")
      client = LineClient(opened.engine)
      #expect(await client.run("size") == "0")
    }
  }

  @Test("read-only holds by the server's wish too")
  func closedServer() async throws {
    let closed = try await RemoteScene { configuration, _ in configuration.isReadOnly = true }
    let engine = try closed.connect { $0.isReadOnly = true }
    #expect(engine.isReadOnly)
    var client = LineClient(try closed.connect())
    #expect(await client.code("put a 1") == .readOnly)
    await closed.stop()
  }

  @Test(
    "keys, members and records are found for completion and for the agent, staged ones too",
    arguments: DatabasePlace.here)
  func samples(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      let engine = opened.engine
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
      #expect(Set(records.records.map(\.key)) == [Array("user:1".utf8), [120]])
      // Looking has changed nothing of the transaction.
      #expect(await client.run("commit") == "OK")
      #expect(await client.run("size") == "3")
    }
  }
}

/// Two sessions of an engine in this process and two of one that is held against it.
private struct SessionPair {
  private var near: [LineClient]
  private var far: [LineClient]
  private(set) var errorCount = 0
  private(set) var openCount = 0

  init(near engine: LocalEngine, far engines: [any Engine]) {
    near = [LineClient(engine), LineClient(engine)]
    far = engines.map { LineClient($0) }
  }

  /// - Returns: whether both are where they were to each other; see ``PlaceDifference/versions``.
  mutating func step(
    _ line: String, in index: Int, _ about: String, _ place: DatabasePlace
  ) async throws -> Bool {
    let wanted = await near[index].run(line)
    let answer = await far[index].run(line)
    if answer != wanted, wanted.hasPrefix("error[conflict]") {
      // Of several that have changed any may be named.
      if answer.hasPrefix("error[conflict]") { return true }
      if place.isRedis { return false }
    }
    try #require(answer == wanted, "\(about)")
    let mirror = far[index].session.transaction
    let transaction = near[index].session.transaction
    // The order of what one command writes is that of a table, which is secret.
    try #require(
      (mirror?.writtenKeys).map(Set.init) == (transaction?.writtenKeys).map(Set.init), "\(about)")
    try #require(
      mirror?.entries.mapValues { $0.staged != nil }
        == transaction?.entries.mapValues { $0.staged != nil }, "\(about)")
    try #require(
      (mirror?.seenKeyspaceVersion == nil) == (transaction?.seenKeyspaceVersion == nil),
      "\(about)")
    if wanted.hasPrefix("error[") { errorCount += 1 }
    if transaction != nil { openCount += 1 }
    return true
  }
}

/// Lines that meet each other often.
enum RandomLine {
  /// - Parameter tag: stands in front of every key.
  static func make(_ random: inout SeededGenerator, tag: String = "") -> String {
    let key = tag + (["a", "b", "ü", "doc", "n"].randomElement(using: &random) ?? "a")
    let value =
      [
        "1", "text", "\"two words\"", "{\"x\":1,\"y\":[1,2]}", "as int 5", "as json \"t\"",
      ].randomElement(using: &random) ?? "1"
    let (other, document) = ("\(tag)a", "\(tag)doc")
    let lines = [
      "put \(key) \(value)", "put \(key) \(value)", "get \(key)", "del \(key)",
      "del \(key) \(other)", "exists \(key) \(other)", "type \(key)", "incr \(tag)n",
      "decr \(tag)n 3", "incr \(key)", "put \(document) $.x \(value)", "get \(document) $.y[*]",
      "incr \(document) $.x", "del \(document) $.y", "all", "keys \(key)*", "size", "clear",
      "find where @.x > 0", "find select $.x as x order by $.y desc limit 2", "count by $.x",
      "sum $.x", "max $.x *", "expireat \(key) 32503680000000", "persist \(key)", "find \"[\"",
      "begin", "begin", "commit", "commit", "rollback", "undo", "undo 2", "get \(key) $.a[",
    ]
    return lines.randomElement(using: &random) ?? "size"
  }
}
