import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// What has expired leaves the memory.
@Suite("Sweeper")
struct SweeperTests {
  private func fill(_ client: EngineClient, _ count: Int) {
    for number in 0..<count {
      _ = client.run("put key:\(number) \(number)")
      _ = client.run("expire key:\(number) 1")
    }
  }

  @Test("due records are dropped first first, a bounded number at a time")
  func slices() throws {
    let clock = TestClock()
    let client = EngineClient(LocalEngine(clock: clock.wallClock, sweeps: false))
    for number in 1...100 {
      _ = client.run("put key:\(number) 1")
      _ = client.run("expire key:\(number) \(number)")
    }
    clock.advance(milliseconds: 50_500)
    #expect(client.run("size") == "50")
    client.engine.locked { state in
      #expect(state.dropDue(limit: 20) == 0)
      #expect(state.keyspace.count == 80 && state.dueCountNow == 30)
      #expect(state.dropDue(limit: 20) == 0)
      #expect(state.dropDue(limit: 20) == 500, "the next is due in half a second")
      #expect(state.keyspace.count == 50 && state.dueCountNow == 0)
    }
    #expect(client.run("size") == "50")
    try client.engine.state.pointee.keyspace.checkInvariants()
  }

  @Test("the thread returns all of the memory, and the size was right all the time")
  func returnsMemory() throws {
    let clock = TestClock()
    let engine = LocalEngine(clock: clock.wallClock)
    let client = EngineClient(engine)
    let empty = engine.reading { $0.keyspace.allocatedByteCount }
    fill(client, 20_000)
    #expect(client.run("size") == "20000")
    clock.advance(milliseconds: 1_000)
    #expect(client.run("size") == "0")
    let patience = Patience()
    while engine.reading({ $0.keyspace.count }) > 0, !patience.isOver {
      #expect(client.run("size") == "0")
      Backoff.sleepForTests()
    }
    engine.reading { state in
      #expect(state.keyspace.count == 0 && state.keyspace.expiringCount == 0)
      #expect(state.keyspace.allocatedByteCount <= empty + Slab.byteCount)
    }
    // The thread has ended, and begins again when there is something to do.
    fill(client, 10)
    clock.advance(milliseconds: 1_000)
    while engine.reading({ $0.keyspace.count }) > 0, !patience.isOver {
      Backoff.sleepForTests()
    }
    #expect(engine.reading { $0.keyspace.count } == 0)
    try engine.state.pointee.keyspace.checkInvariants()
  }

  @Test("an engine goes while its sweeper is at work")
  func engineGoes() {
    let clock = TestClock()
    for round in 0..<200 {
      let client = EngineClient(LocalEngine(clock: clock.wallClock))
      fill(client, 1 + round % 40 * 10)
      clock.advance(milliseconds: round % 3 == 0 ? 0 : 1_000)
      #expect(client.run("exists key:0") == (round % 3 == 0 ? "1" : "0"))
    }
  }

  @Test("threads write, read and let expire while the sweeper works: what is seen is whole")
  func threads() async {
    let clock = TestClock()
    let engine = LocalEngine(clock: clock.wallClock)
    let counts = Guarded((found: 0, missed: 0))
    await withTaskGroup { group in
      for number in 0..<3 {
        group.addTask { await onThread { Self.work(engine, clock, counts, seed: number) } }
      }
    }
    let (found, missed) = counts.value
    #expect(found > 0 && missed > 0)
  }

  private static func work(
    _ engine: LocalEngine, _ clock: TestClock, _ counts: Guarded<(found: Int, missed: Int)>,
    seed: Int
  ) {
    let client = EngineClient(engine)
    var random = SeededGenerator(seed: UInt64(seed))
    // Up to so many more, until both have been met.
    for round in 0..<400_000 {
      let isDone = round >= 4_000 && counts.withLock { $0.found > 0 && $0.missed > 0 }
      if isDone { return }
      let key = "key:\(Int.random(in: 0..<200, using: &random))"
      switch Int.random(in: 0..<6, using: &random) {
      case 0: _ = client.run("put \(key) \"\(key)\"")
      case 1: _ = client.run("expire \(key) \(Int.random(in: 0...2, using: &random))")
      case 2: _ = client.run("persist \(key)")
      case 3: clock.advance(milliseconds: Int64(round % 3) * 100)
      default:
        let got = client.run("get \(key)")
        #expect(got == "\"\(key)\"" || got == "(nil)")
        counts.withLock { if got == "(nil)" { $0.missed += 1 } else { $0.found += 1 } }
      }
    }
  }
}

extension EngineState {
  /// How many records are due and still in the table.
  var dueCountNow: Int { keyspace.dueCount(at: clock.milliseconds()) }
}

extension Backoff {
  /// A millisecond or so.
  static func sleepForTests() {
    var backoff = Backoff()
    for _ in 0..<300 { backoff.pause() }
  }
}
