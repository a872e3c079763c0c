import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// One engine, several threads, and nothing else that they share: run these with `--sanitize=thread`
/// too. What they may observe is checked by ``LinearizabilityTests``.
@Suite("Several threads at one engine", .serialized)
struct EngineConcurrencyTests {
  /// How often each thread does what it does.
  static let roundCount = TestSettings.count(5_000, long: 20)

  /// Runs `body` on `count` threads that begin at once and gives what each returned.
  func onThreads<T: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) -> T
  ) async -> [T] {
    let barrier = Barrier(count: count)
    return await withTaskGroup(of: T.self) { group in
      for number in 0..<count {
        group.addTask {
          await onThread {
            barrier.wait()
            return body(number)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("increments add up", arguments: [2, 4])
  func increments(threads: Int) async {
    let engine = LocalEngine()
    let count = Self.roundCount
    _ = await onThreads(threads) { number in
      let client = EngineClient(engine)
      for _ in 0..<count {
        _ = client.run("incr n")
        _ = client.run("decr other 2")
        _ = client.run("put own\(number) \(number)")
      }
    }
    let client = EngineClient(engine)
    #expect(client.run("get n") == "\(threads * count)")
    #expect(client.run("get other") == "-\(2 * threads * count)")
    #expect(client.run("size") == "\(2 + threads)")
  }

  @Test("transfers keep the sum, and readers never see another one", arguments: [2, 4])
  func transfers(threads: Int) async {
    let engine = LocalEngine()
    let accountCount = 5
    let setup = EngineClient(engine)
    for account in 0..<accountCount { _ = setup.run("put account:\(account) 100") }
    let count = Self.roundCount
    let seed = TestSettings.seed(20_266)
    let outcomes = await onThreads(threads) { number in
      let client = EngineClient(engine)
      var random = SeededGenerator(seed: seed &+ UInt64(number))
      var (commits, conflicts, wrongSums) = (0, 0, 0)
      for round in 0..<count {
        let from = Int.random(in: 0..<accountCount, using: &random)
        let to = (from + Int.random(in: 1..<accountCount, using: &random)) % accountCount
        _ = client.run("begin")
        _ = client.run("decr account:\(from) 7")
        _ = client.run("incr account:\(to) 7")
        if client.run("commit") == "OK" { commits += 1 } else { conflicts += 1 }
        guard round % 4 == 0 else { continue }
        if Self.sum(client.run("all account:*")) != 100 * accountCount { wrongSums += 1 }
      }
      return (commits: commits, conflicts: conflicts, wrongSums: wrongSums)
    }
    // A conflict is somebody else's commit. Who has had none at all was just very late each time.
    #expect(outcomes.contains { $0.commits > 0 }, "TEST_SEED=\(seed)")
    #expect(outcomes.reduce(0) { $0 + $1.commits + $1.conflicts } == threads * count)
    #expect(outcomes.allSatisfy { $0.wrongSums == 0 }, "TEST_SEED=\(seed)")
    #expect(Self.sum(setup.run("all account:*")) == 100 * accountCount)
  }

  @Test("readers, writers, scans, undo and completion go side by side", arguments: [2, 4])
  func mixture(threads: Int) async {
    let engine = LocalEngine()
    let count = Self.roundCount
    let counts = await onThreads(threads) { number -> Int in
      let client = EngineClient(engine)
      var successCount = 0
      for round in 0..<count {
        let key = "k\((round * 7 + number) % 50)"
        let lines = ["put \(key) \(round)", "get \(key)", "undo", "keys k1*", "del \(key)", "size"]
        if !client.run(lines[(round + number) % lines.count]).hasPrefix("error") {
          successCount += 1
        }
        guard round % 16 == 0 else { continue }
        let sample = engine.sampleKeys(
          startingWith: Array("k".utf8), in: client.session, limit: 10, timeLimit: .seconds(1))
        if sample.keys.count > 10 { return 0 }
      }
      return successCount
    }
    #expect(counts.allSatisfy { $0 > count / 3 })
  }

  // A reader must never see a value half written, nor one whose memory is somebody else's by now.
  @Test("values of many sizes come whole while the table grows and shrinks", arguments: [2, 4])
  func wholeValues(threads: Int) async {
    let engine = LocalEngine()
    let count = Self.roundCount
    let seed = TestSettings.seed(20_269)
    let outcomes = await onThreads(threads) { number in
      let client = EngineClient(engine)
      var random = SeededGenerator(seed: seed &+ UInt64(number))
      var (hits, misses, torn) = (0, 0, 0)
      // Up to so many more, until both have been met: the others may remove all that this one has put.
      for round in 0..<(count * 100) where round < count || hits == 0 || misses == 0 {
        let key = Int.random(in: 0..<2_000, using: &random)
        // Waves, so that segments split and merge under the readers.
        let isGrowing = round / 2_000 % 2 == 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1:
          let text = String(
            repeating: "\(key % 10)", count: Int.random(in: 1...300, using: &random))
          _ = client.run(isGrowing ? "put k\(key) as string \(text)" : "del k\(key)")
        case 2:
          let value = client.run("get k\(key)")
          if value == "(nil)" { misses += 1 } else { hits += 1 }
          let digit = UInt8(ascii: "0") + UInt8(key % 10)
          let isWhole = value.utf8.dropFirst().dropLast().allSatisfy { $0 == digit }
          if value != "(nil)", !isWhole { torn += 1 }
        default: _ = client.run("exists k\(key) k\(key + 1)")
        }
      }
      return (hits: hits, misses: misses, torn: torn)
    }
    #expect(outcomes.allSatisfy { $0.hits > 0 && $0.misses > 0 }, "TEST_SEED=\(seed)")
    #expect(outcomes.allSatisfy { $0.torn == 0 }, "TEST_SEED=\(seed)")
  }

  private static func sum(_ rows: String) -> Int {
    rows.split(separator: "\n").reduce(0) { $0 + (Int($1.split(separator: " ")[2]) ?? 0) }
  }
}
