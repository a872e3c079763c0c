import QrrotTesting
import Testing

/// A checker that accepts everything would be green for ever: here it has to say no.
@Suite("Stores with a fault are found out")
struct FaultyStoreTests {
  /// So many histories may pass before one that is rejected, and more where threads meet rarely.
  private static let historyLimit = 4_000

  @Test("the checker rejects a history of a store with", arguments: Fault.allCases, [2, 4])
  func rejected(fault: Fault, clients: Int) async {
    let histories = StoreHistories(
      clientCount: clients, callCount: clients == 2 ? 16 : 10, keyCount: 3, mix: fault.mix)
    let seed = TestSettings.seed(20_270)
    var count = 0
    let patience = Patience()
    while count < Self.historyLimit || !patience.isOver {
      let batch = await histories.record(20, seed: seed &+ UInt64(count * clients)) {
        FaultyStore(fault, keyCount: histories.keyCount)
      }
      for history in batch {
        count += 1
        switch histories.verdict(on: history) {
        case .linearizable: continue
        case .notLinearizable:
          print("fault \(fault), \(clients) threads: rejected history \(count)")
          return
        case .undecided(let steps):
          Issue.record("TEST_SEED=\(seed): undecided after \(steps) steps")
          return
        }
      }
    }
    Issue.record("TEST_SEED=\(seed): \(count) histories of \(fault) passed as linearizable")
  }
}
