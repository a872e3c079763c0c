import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Many records as one write: the contract of `BulkWrite`, over the table and over commands.
@Suite("Bulk writes")
struct BulkWriteTests {
  enum Implementation: CaseIterable, CustomTestStringConvertible {
    case table, commands

    var testDescription: String { "\(self)" }

    func begin(_ client: EngineClient, _ policy: ConflictPolicy) throws -> any BulkWrite {
      switch self {
      case .table: try client.engine.beginBulkWrite(onConflict: policy, in: &client.session)
      case .commands: CommandBulkWrite(client.engine, onConflict: policy)
      }
    }
  }

  private func add(
    _ key: String, _ value: Value, expiry: Int64 = 0, to bulk: any BulkWrite
  ) throws(QrrotError) -> BulkOutcome {
    let key = Array(key.utf8)
    return try value.withStoredBytes { type, bytes throws(QrrotError) in
      try key.withRawBytes { key throws(QrrotError) in
        try bulk.add(RecordView(key: key, type: type, value: bytes, expiry: expiry))
      }
    }
  }

  private func text(_ text: String) -> Value { .string(Array(text.utf8)) }

  private func code(_ body: () throws -> Void) -> QrrotError.Code? {
    do { try body() } catch let error as QrrotError { return error.code } catch {}
    return nil
  }

  @Test(
    "nobody sees it before it is applied; then it is one write that undo takes back",
    arguments: Implementation.allCases)
  func oneWrite(implementation: Implementation) async throws {
    let client = EngineClient()
    _ = client.run("put a old")
    let bulk = try implementation.begin(client, .replace)
    #expect(try add("a", .int(1), to: bulk) == .added)
    #expect(try add("b", .json(Array("[1]".utf8)), to: bulk) == .added)
    #expect(try add("c", text("x"), expiry: 32_503_680_000_000, to: bulk) == .added)
    #expect(client.run("all") == "a string \"old\"" && bulk.count == 3)
    let counts = try await bulk.apply(in: &client.session)
    #expect((counts.insertedCount, counts.replacedCount, counts.skippedCount) == (2, 1, 0))
    #expect(client.run("all") == "a int 1\nb json [1]\nc string \"x\"")
    #expect(Int(client.run("ttl c")) ?? 0 > 1_000_000)
    #expect(client.run("undo") == "a string \"old\"\nb nil\nc nil")
    #expect(client.run("all") == "a string \"old\"")
    #expect(client.run("undo") == "a nil")
  }

  @Test("what becomes of keys that are there or come twice", arguments: Implementation.allCases)
  func policies(implementation: Implementation) async throws {
    let client = EngineClient()
    _ = client.run("put a 1")
    let skip = try implementation.begin(client, .skip)
    _ = try add("a", .int(2), to: skip)
    #expect(try add("b", .int(2), to: skip) == .added)
    #expect(try add("b", .int(3), to: skip) == .skipped)
    _ = try await skip.apply(in: &client.session)
    #expect(client.run("all") == "a int 1\nb int 2")
    let replace = try implementation.begin(client, .replace)
    #expect(try add("b", .int(4), to: replace) == .added)
    #expect(try add("b", text("five"), to: replace) == .replaced)
    _ = try await replace.apply(in: &client.session)
    #expect(client.run("all") == "a int 1\nb string \"five\"")
    let error = try implementation.begin(client, .error)
    #expect(try add("c", .int(1), to: error) == .added)
    #expect(code { _ = try add("c", .int(1), to: error) } == .conflict)
    var found: QrrotError.Code?
    do throws(QrrotError) {
      _ = try add("a", .int(9), to: error)
      _ = try await error.apply(in: &client.session)
    } catch {
      found = error.code
    }
    #expect(found == .conflict)
    #expect(client.run("all") == "a int 1\nb string \"five\"", "nothing has changed")
    #expect(client.run("begin") == "OK", "no transaction is open")
  }

  @Test("keys and values beyond their limits, read-only sessions and transactions are refused")
  func refusals() throws {
    let client = EngineClient()
    let bulk = try Implementation.table.begin(client, .error)
    #expect(code { _ = try add("", .int(1), to: bulk) } == .syntax)
    let long = String(repeating: "k", count: Limits.keyByteCount + 1)
    #expect(code { _ = try add(long, .int(1), to: bulk) } == .tooLarge)
    #expect(bulk.count == 0)
    let reader = EngineClient(client.engine, isReadOnly: true)
    #expect(code { _ = try Implementation.table.begin(reader, .error) } == .readOnly)
    _ = client.run("begin")
    #expect(code { _ = try Implementation.table.begin(client, .error) } == .refused)
  }

  @Test("a key that somebody writes meanwhile is a conflict, and nothing is applied")
  func meanwhile() async throws {
    let engine = LocalEngine()
    let (client, other) = (EngineClient(engine), EngineClient(engine))
    let bulk = try Implementation.table.begin(client, .error)
    _ = try add("a", .int(1), to: bulk)
    _ = try add("b", .int(1), to: bulk)
    #expect(other.run("put b 2") == "OK")
    var failure: QrrotError?
    do throws(QrrotError) { _ = try await bulk.apply(in: &client.session) } catch {
      failure = error
    }
    #expect(failure?.code == .conflict && failure?.message.hasPrefix("b is there") == true)
    #expect(client.run("all") == "b int 2")
    #expect(other.run("del b") == "1")
    #expect(try await bulk.apply(in: &client.session).insertedCount == 2, "it can be tried again")
    #expect(client.run("all") == "a int 1\nb int 1")
  }

  @Test("one that undo can't keep says so first, with the same counts when it is done after all")
  func beyondUndo() async throws {
    let client = EngineClient()
    client.session.allowsWritesBeyondUndo = false
    for index in 0..<70 { try client.putLarge("k\(index)", byteCount: 1 << 20) }
    let bulk = try Implementation.table.begin(client, .replace)
    for index in 0..<70 { _ = try add("k\(index)", .int(1), to: bulk) }
    _ = try add("new", .int(1), to: bulk)
    var detail: QrrotError.Detail?
    do throws(QrrotError) { _ = try await bulk.apply(in: &client.session) } catch {
      detail = error.detail
    }
    guard case .exceedsUndo(let byteCount)? = detail else {
      Issue.record("\(detail as Any)"); return
    }
    #expect(byteCount > 70 << 20)
    #expect(client.run("type k1") == "string")
    client.session.allowsWritesBeyondUndo = true
    let counts = try await bulk.apply(in: &client.session)
    #expect((counts.insertedCount, counts.replacedCount, counts.skippedCount) == (1, 70, 0))
    #expect(client.run("undo") == "error[refused]")
    #expect(client.run("get k69") == "1")
  }

  @Test("the memory of what waits and of what is there stays within the limit together")
  func memory() throws {
    let client = EngineClient(LocalEngine(memoryLimit: 4 << 20))
    let value = text(String(repeating: "v", count: 1_000))
    for index in 0..<1_500 {
      _ = client.run("put key:\(index) \"\(String(repeating: "v", count: 1_000))\"")
    }
    let bulk = try Implementation.table.begin(client, .error)
    var added = 0
    while code({ _ = try add("other:\(added)", value, to: bulk) }) == nil, added < 10_000 {
      added += 1
    }
    #expect(added > 1_500 && added < 2_600, "\(added)")
    #expect(code { _ = try add("other:\(added)", value, to: bulk) } == .tooLarge)
    #expect(client.run("size") == "1500")
  }

  @Test(
    "random records over a random table give what a dictionary gives, and the table stays whole",
    arguments: [1, 4, 64])
  func model(bucketsPerSegment: Int) async throws {
    let seed = TestSettings.seed(UInt64(700 + bucketsPerSegment))
    var generator = SeededGenerator(seed: seed)
    var conflicts = 0
    for round in 0..<TestSettings.count(60, long: 50) {
      let configuration = Keyspace.Configuration(bucketsPerSegment: bucketsPerSegment)
      let keyspace = Keyspace(seed: (seed, UInt64(round)), configuration: configuration)
      let client = EngineClient(LocalEngine(keyspace: keyspace))
      let keyCount = Int.random(in: 1...400, using: &generator)
      var model: [String: Int64] = [:]
      for _ in 0..<Int.random(in: 0...keyCount, using: &generator) {
        let key = "k\(Int.random(in: 0..<keyCount, using: &generator))"
        model[key] = Int64.random(in: 0...9, using: &generator)
        _ = client.run("put \(key) \(model[key] ?? 0)")
      }
      let policy = ConflictPolicy.allCases.randomElement(using: &generator) ?? .error
      let before = model
      let bulk = try Implementation.table.begin(client, policy)
      var came: Set<String> = []
      for _ in 0..<Int.random(in: 0...keyCount, using: &generator) {
        let key = "k\(Int.random(in: 0..<keyCount, using: &generator))"
        let number = Int64.random(in: 0...9, using: &generator)
        let isConflict = before[key] != nil || !came.insert(key).inserted
        let code = code { _ = try add(key, .int(number), to: bulk) }
        #expect((code == .conflict) == (isConflict && policy == .error))
        conflicts += code == nil ? 0 : 1
        if !isConflict || policy == .replace { model[key] = number }
      }
      _ = try await bulk.apply(in: &client.session)
      try checkInvariants(of: client)
      #expect(contents(of: client) == model, "seed \(seed), round \(round)")
      if model != before {
        _ = client.run("undo")
        try checkInvariants(of: client)
        #expect(contents(of: client) == before, "seed \(seed), round \(round), undone")
      }
    }
    #expect(conflicts > 0)
  }

  /// Segments that were made in advance may be emptier than those of a table that grew by itself.
  private func checkInvariants(of client: EngineClient) throws {
    do {
      try client.engine.locked { state throws(KeyspaceViolation) in
        try state.keyspace.checkInvariants()
      }
    } catch KeyspaceViolation.segmentsShouldMerge {}
  }

  private func contents(of client: EngineClient) -> [String: Int64] {
    let rows = client.run("all").split(separator: "\n").map { $0.split(separator: " ") }
    return Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), Int64($0[2]) ?? -1) })
  }
}
