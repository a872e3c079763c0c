import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// What a query reads, what it may take, and how it ends.
@Suite("Queries")
struct QueryTests {
  private static func client(_ count: Int, memoryLimit: Int = .max) -> EngineClient {
    let client = EngineClient(LocalEngine(memoryLimit: memoryLimit))
    for index in 0..<count {
      _ = client.run("put k\(index) {\"n\":\(index),\"g\":\(index % 7)}")
    }
    return client
  }

  @Test("find counts the keys it returned as read, not those it looked at")
  func readsOfFind() {
    for (written, outcome) in [("k3", "error[conflict]"), ("k4", "OK"), ("k99", "OK")] {
      let client = Self.client(100)
      #expect(client.run("begin") == "OK")
      #expect(client.run("find where @.n < 4 limit 4 ").contains("k3 json"))
      #expect(client.run("put done 1") == "OK")
      let other = EngineClient(client.engine)
      #expect(other.run("put \(written) 1") == "OK")
      #expect(client.run("commit") == outcome, "\(written)")
    }
  }

  @Test("past 10,000 rows find has read the whole keyspace, and so have aggregates at once")
  func readsOfAll() {
    let client = Self.client(10_100)
    let cases = [
      ("find where @.n < 10000", "OK"), ("find where @.n < 10001", "error[conflict]"),
      ("count nobody", "error[conflict]"), ("sum $.n k1", "error[conflict]"), ("find nobody", "OK"),
    ]
    // Another value each time, for writing the same again changes nothing.
    for (number, (line, outcome)) in cases.enumerated() {
      #expect(client.run("begin") == "OK")
      _ = client.run(line)
      #expect(client.run("put done \(number)") == "OK")
      #expect(EngineClient(client.engine).run("put another \(number)") == "OK")
      #expect(client.run("commit") == outcome, "\(line)")
    }
  }

  @Test("a result that is too large for the memory is refused, and the session goes on")
  func memory() {
    let limit = 12 << 20
    let client = EngineClient(LocalEngine(memoryLimit: limit))
    for index in 0..<80 { try? client.putLarge("k\(index)", byteCount: 100_000) }
    #expect(client.run("find") == "error[too-large]")
    #expect(client.run("find select $") == "error[too-large]")
    #expect(client.run("count by $") == "80" || client.run("count by $").hasSuffix(" 80"))
    #expect(client.run("find select $.a limit 2").split(separator: "\n").count == 2)
    #expect(client.run("count") == "80")
    #expect(client.run("find limit 3").split(separator: "\n").count == 3)
  }

  @Test("a limit keeps memory small, however many rows come and go")
  func limitedMemory() {
    // Twice the table would be too much: what has been pushed out is not kept.
    let client = EngineClient(LocalEngine(memoryLimit: 20 << 20))
    for index in 0..<100 {
      let text = String(repeating: "x", count: 100_000)
      #expect(client.run("put k\(index) {\"n\":\(index),\"t\":\"\(text)\"}") == "OK")
    }
    let rows = client.run("find select $.t order by $.n desc limit 2").split(separator: "\n")
    #expect(rows.map { $0.prefix(4) } == ["k99 ", "k98 "])
  }

  @Test("an interrupt ends a query, whatever it is at")
  func interrupt() {
    let client = Self.client(3_000)
    client.session.interrupt.raise()
    for line in [
      "find", "find where @.n > 1", "count", "count by $.n", "sum $.n", "find order by $.n",
    ] {
      #expect(client.run(line) == "error[interrupted]", "\(line)")
    }
    client.session.interrupt.clear()
    #expect(client.run("count") == "3000")
  }

  @Test(
    "one that takes too many steps is error budget, and ends soon",
    .enabled(if: TestSettings.isLong, "a debug build takes a minute; TEST_LONG=1"))
  func budget() {
    let client = EngineClient()
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(client.run("put a \(deep)") == "OK")
    #expect(client.run("count where $..*..*..*..*..*") == "1")
    let answer = client.run("find select $..*..*..*..*")
    #expect(answer == "error[budget]" || answer == "error[too-large]", "\(answer.prefix(80))")
  }

  @Test("writes meanwhile are not seen, and are not kept waiting")
  func oneMoment() async throws {
    let engine = LocalEngine()
    let count = 3_000
    let client = EngineClient(engine)
    for index in 0..<count { _ = client.run("put k\(index) {\"n\":1}") }
    // Queries go on until so many commits have come in the middle of one. If a query kept writers
    // waiting while it looks at the records, none ever would.
    let goal = 20
    let commits = Guarded(0)
    let stop = Interrupt()
    async let writes: Void = onThread {
      // Each transaction moves one from one key to another, so every moment has the same sum.
      let writer = EngineClient(engine)
      var random = SeededGenerator(seed: 7)
      // From 2 on, or the first transaction would change nothing and its undo take back another.
      var rounds = 1
      while !stop.isRaised {
        let from = Int.random(in: 0..<count, using: &random)
        let to = (from + 1 + Int.random(in: 0..<(count - 1), using: &random)) % count
        rounds += 1
        _ = writer.run("begin")
        _ = writer.run("put k\(from) {\"n\":\(rounds)}")
        _ = writer.run("put k\(to) {\"n\":\(2 - rounds)}")
        _ = writer.run("commit")
        let version = writer.session.seenLSN
        // A query that began before the commit has seen some records and not yet all.
        let isBeside = engine.locked { state in
          state.views.contains { $0.version < version && $0.isUnderWay }
        }
        if isBeside { commits.withLock { $0 += 1 } }
        // Back again, so that the next pair begins with ones.
        _ = writer.run("undo")
      }
    }
    async let reads: Set<String> = onThread {
      let client = EngineClient(engine)
      var sums: Set<String> = []
      let patience = Patience()
      while commits.value < goal, !patience.isOver {
        sums.insert(client.run("sum $.n"))
        sums.insert(client.run("count where @.n"))
      }
      stop.raise()
      return sums
    }
    let sums = await reads
    await writes
    #expect(sums == ["\(count)"])
    #expect(commits.value >= goal)
  }

  @Test("groups are as many as there are values, and keep their numbers while they grow")
  func manyGroups() {
    let client = Self.client(5_000)
    let rows = client.run("count by $.n").split(separator: "\n")
    #expect(rows.count == 5_000 && rows.first == "0 1" && rows.last == "4999 1")
    #expect(
      client.run("max $.n by $.g limit 1") == "1 4999"
        || client.run("max $.n by $.g limit 1").hasSuffix(" 4999"))
    #expect(client.run("sum $.g by $.g limit 1") == "6 4284")
  }
}

extension PointInTimeView {
  /// Whether some of it has been handed out and there is more.
  fileprivate var isUnderWay: Bool { cursor != nil && (cursor != .start || memoryWalk != nil) }
}
