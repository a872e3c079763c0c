import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// One engine, several threads. Run these with `--sanitize=thread` too.
@Suite("Several threads at one engine")
struct EngineConcurrencyTests {
  /// Runs `body` on four threads at once and gives what each returned.
  private func onFourThreads<T: Sendable>(
    _ body: @escaping @Sendable (Int) -> T
  ) async -> [T] {
    await withTaskGroup(of: T.self) { group in
      for number in 0..<4 { group.addTask { await onThread { body(number) } } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("increments of four threads add up")
  func increments() async {
    let engine = LocalEngine()
    let count = TestSettings.count(1_000)
    _ = await onFourThreads { number in
      let client = EngineClient(engine)
      for _ in 0..<count {
        _ = client.run("incr n")
        _ = client.run("decr other 2")
        _ = client.run("put own\(number) \(number)")
      }
    }
    let client = EngineClient(engine)
    #expect(client.run("get n") == "\(4 * count)")
    #expect(client.run("get other") == "-\(8 * count)")
    #expect(client.run("size") == "6")
  }

  @Test("transfers in transactions keep the sum, and readers never see another one")
  func transfers() async {
    let engine = LocalEngine()
    let accountCount = 5
    let setup = EngineClient(engine)
    for account in 0..<accountCount { _ = setup.run("put account:\(account) 100") }
    let count = TestSettings.count(300)
    let seed = TestSettings.seed(20_266)
    let outcomes = await onFourThreads { number -> (commits: Int, conflicts: Int, wrongSums: Int) in
      let client = EngineClient(engine)
      var random = SeededGenerator(seed: seed &+ UInt64(number))
      var (commits, conflicts, wrongSums) = (0, 0, 0)
      for _ in 0..<count {
        let from = Int.random(in: 0..<accountCount, using: &random)
        let to = (from + Int.random(in: 1..<accountCount, using: &random)) % accountCount
        _ = client.run("begin")
        _ = client.run("decr account:\(from) 7")
        _ = client.run("incr account:\(to) 7")
        if client.run("commit") == "OK" { commits += 1 } else { conflicts += 1 }
        if Self.sum(client.run("all account:*")) != 100 * accountCount { wrongSums += 1 }
      }
      return (commits, conflicts, wrongSums)
    }
    #expect(outcomes.allSatisfy { $0.commits > 0 }, "TEST_SEED=\(seed)")
    #expect(outcomes.reduce(0) { $0 + $1.commits + $1.conflicts } == 4 * count)
    #expect(outcomes.allSatisfy { $0.wrongSums == 0 }, "TEST_SEED=\(seed)")
    #expect(Self.sum(setup.run("all account:*")) == 100 * accountCount)
  }

  @Test("readers, writers, scans, undo and completion go side by side")
  func mixture() async {
    let engine = LocalEngine()
    let count = TestSettings.count(300)
    let counts = await onFourThreads { number -> Int in
      let client = EngineClient(engine)
      var successCount = 0
      for round in 0..<count {
        let key = "k\((round * 7 + number) % 50)"
        let lines = ["put \(key) \(round)", "get \(key)", "undo", "keys k1*", "del \(key)", "size"]
        if !client.run(lines[(round + number) % lines.count]).hasPrefix("error") {
          successCount += 1
        }
        let sample = engine.sampleKeys(
          startingWith: Array("k".utf8), in: client.session, limit: 10, timeLimit: .seconds(1))
        if sample.keys.count > 10 { return 0 }
      }
      return successCount
    }
    #expect(counts.allSatisfy { $0 > count / 3 })
  }

  private static func sum(_ rows: String) -> Int {
    rows.split(separator: "\n").reduce(0) { $0 + (Int($1.split(separator: " ")[2]) ?? 0) }
  }
}
