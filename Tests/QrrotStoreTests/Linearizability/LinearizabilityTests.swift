import QrrotTesting
import Testing

/// Concurrent histories of the embedded engine, each explained by an order of its calls.
@Suite("The engine's histories are linearizable", .serialized)
struct LinearizabilityTests {
  private func check(_ histories: StoreHistories, count: Int, seed: UInt64) async {
    let observations = Observations()
    var checked = 0
    var overlapCount = 0
    var conflictCount = 0
    // Threads that never met would show nothing, and on a busy machine they may miss one another for
    // long; then there are more histories.
    var hasMet: Bool {
      overlapCount >= count / 10 && (conflictCount > 0 || histories.mix == .singleKey)
    }
    let patience = Patience()
    while checked < count || (!hasMet && !patience.isOver) {
      let batch = await histories.record(
        50, seed: seed &+ UInt64(checked * histories.clientCount)
      ) { ObservedStore(observations, usesViews: histories.mix == .multiKey) }
      for history in batch {
        checked += 1
        overlapCount += StoreHistories.overlapCount(history)
        conflictCount += history.count { $0.output == .conflicted }
        let verdict = histories.verdict(on: history)
        guard verdict != .linearizable else { continue }
        Issue.record(
          "TEST_SEED=\(seed), history \(checked): \(verdict)\n\(StoreHistories.text(history))")
        return
      }
    }
    let callCount = checked * histories.clientCount * histories.callCount
    print(
      "linearizability: \(checked) histories of \(histories.clientCount) threads, \(histories.mix),",
      "\(histories.keyCount) keys: \(callCount) calls, \(overlapCount) overlapped,",
      "\(conflictCount) conflicts, \(observations.text)")
    #expect(hasMet, "TEST_SEED=\(seed)")
    #expect(conflictCount == 0 || histories.mix != .singleKey, "TEST_SEED=\(seed)")
    // Half of the stores begin in a lock that lets readers go side by side.
    #expect(observations.biasedCallCount > 0, "TEST_SEED=\(seed)")
    #expect((observations.viewCount > 0) == (histories.mix == .multiKey), "TEST_SEED=\(seed)")
  }

  @Test("calls on one key each", arguments: [2, 4], [1, 4])
  func singleKey(clients: Int, keys: Int) async {
    let histories = StoreHistories(
      clientCount: clients, callCount: clients == 2 ? 30 : 16, keyCount: keys, mix: .singleKey)
    await check(
      histories, count: TestSettings.count(100),
      seed: TestSettings.seed(20_271 &+ UInt64(keys)))
  }

  @Test("calls on several keys, scans and transactions", arguments: [2, 4], [2, 4])
  func multiKey(clients: Int, keys: Int) async {
    let histories = StoreHistories(
      clientCount: clients, callCount: clients == 2 ? 20 : 10, keyCount: keys, mix: .multiKey)
    await check(
      histories, count: TestSettings.count(100),
      seed: TestSettings.seed(20_273 &+ UInt64(keys)))
  }

  @Test("the same while time passes and keys vanish", arguments: [2, 4], [2, 4])
  func expiring(clients: Int, keys: Int) async {
    let histories = StoreHistories(
      clientCount: clients, callCount: clients == 2 ? 20 : 10, keyCount: keys, mix: .expiring)
    await check(
      histories, count: TestSettings.count(100),
      seed: TestSettings.seed(20_277 &+ UInt64(keys)))
  }
}
