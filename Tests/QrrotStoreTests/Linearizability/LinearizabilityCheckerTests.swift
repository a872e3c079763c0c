import QrrotCore
import QrrotTesting
import Testing

/// The checker itself, on histories short enough to be judged by eye.
@Suite("The linearizability checker")
struct LinearizabilityCheckerTests {
  private static let checker = LinearizabilityChecker(StoreModel(keyCount: 2))
  private static let one = Value.int(1)
  private static let two = Value.int(2)

  private static func call(
    _ client: Int, _ moments: ClosedRange<Int>, _ input: StoreOperation, _ output: StoreReply
  ) -> StoreCall {
    StoreCall(
      client: client, input: input, output: output, invoked: moments.lowerBound,
      returned: moments.upperBound)
  }

  // Not stored: the leak search does not see what an enumeration of many cases points to.
  static var possible: [[StoreCall]] {
    [
      [],
      [call(0, 1...2, .put(0, one), .ok), call(1, 3...4, .get(0), .value(one))],
      // While a put runs, a read may see it or not; of two puts that overlap, either may be last.
      [call(0, 1...4, .put(0, one), .ok), call(1, 2...3, .get(0), .value(nil))],
      [call(0, 1...4, .put(0, one), .ok), call(1, 2...3, .get(0), .value(one))],
      [
        call(0, 1...8, .put(0, one), .ok), call(1, 2...7, .put(0, two), .ok),
        call(2, 3...4, .get(0), .value(two)), call(2, 5...6, .get(0), .value(one)),
      ],
      // Two increments at once, each of which may be first.
      [call(0, 1...4, .add(0, 1), .number(2)), call(1, 2...3, .add(0, 1), .number(1))],
      // The order is found although the call that began first has to come last.
      [
        call(0, 1...10, .del([0, 1]), .number(2)), call(1, 2...3, .put(0, one), .ok),
        call(1, 4...5, .put(1, one), .ok), call(1, 6...7, .exists([0, 1, 1]), .number(3)),
        call(1, 8...9, .all, .rows([0: one, 1: one])), call(2, 11...12, .size, .number(0)),
      ],
      // A transaction is one moment; one that is not applied changes nothing, whatever it saw.
      [
        call(0, 1...4, .transaction([.add(0, 1), .add(1, 1)], commits: true), .conflicted),
        call(
          1, 2...3, .transaction([.put(0, one), .get(1)], commits: true),
          .committed([.ok, .value(nil)])),
        call(0, 5...6, .transaction([.put(1, two)], commits: false), .rolledBack),
        call(1, 7...8, .all, .rows([0: one])),
      ],
      [call(0, 1...2, .put(0, .string([7])), .ok), call(0, 3...4, .add(0, 1), .failed(.type))],
    ]
  }

  static var impossible: [[StoreCall]] {
    [
      // A stale read, a read of what was never written, and a value that comes back.
      [call(0, 1...2, .put(0, one), .ok), call(1, 3...4, .get(0), .value(nil))],
      [call(0, 1...2, .get(0), .value(one))],
      [
        call(0, 1...8, .put(0, one), .ok), call(1, 2...3, .get(0), .value(one)),
        call(1, 4...5, .get(0), .value(nil)),
      ],
      // Two readers who see two puts in different orders.
      [
        call(0, 1...12, .put(0, one), .ok), call(1, 2...11, .put(0, two), .ok),
        call(2, 3...4, .get(0), .value(one)), call(2, 7...8, .get(0), .value(two)),
        call(3, 5...6, .get(0), .value(two)), call(3, 9...10, .get(0), .value(one)),
      ],
      // A lost increment; a key removed twice.
      [call(0, 1...4, .add(0, 1), .number(1)), call(1, 2...3, .add(0, 1), .number(1))],
      [
        call(0, 1...2, .put(0, one), .ok), call(0, 3...6, .del([0]), .number(1)),
        call(1, 4...5, .del([0]), .number(1)),
      ],
      // Half of a removal seen.
      [
        call(0, 1...2, .put(0, one), .ok), call(0, 3...4, .put(1, one), .ok),
        call(0, 5...10, .del([0, 1]), .number(2)), call(1, 6...7, .exists([0]), .number(0)),
        call(1, 8...9, .exists([1]), .number(1)),
      ],
      // Write skew: each of two transactions read what the other one changed.
      [
        call(
          0, 1...4, .transaction([.get(0), .put(1, one)], commits: true),
          .committed([.value(nil), .ok])),
        call(
          1, 2...3, .transaction([.get(1), .put(0, one)], commits: true),
          .committed([.value(nil), .ok])),
      ],
      // What was rolled back, or in conflict, is there.
      [
        call(0, 1...2, .transaction([.put(0, one)], commits: false), .rolledBack),
        call(0, 3...4, .get(0), .value(one)),
      ],
      [
        call(0, 1...2, .transaction([.put(0, one)], commits: true), .conflicted),
        call(0, 3...4, .size, .number(1)),
      ],
      [call(0, 1...2, .transaction([.put(0, one)], commits: false), .committed([.ok]))],
    ]
  }

  @Test("histories that have an order", arguments: possible.indices)
  func accepted(index: Int) {
    #expect(Self.checker.check(Self.possible[index]) == .linearizable)
    #expect(Self.checker.check(Self.possible[index].reversed()) == .linearizable)
  }

  @Test("histories that have none", arguments: impossible.indices)
  func rejected(index: Int) {
    for history in [Self.impossible[index], Self.impossible[index].reversed()] {
      guard case .notLinearizable(let explainedCount) = Self.checker.check(history) else {
        Issue.record("accepted:\n\(StoreHistories.text(history))")
        continue
      }
      #expect(explainedCount < history.count)
    }
  }

  @Test("keys can be judged one by one, and that finds the same")
  func partitioned() {
    for (histories, isPossible) in [(Self.possible, true), (Self.impossible, false)] {
      for history in histories where history.allSatisfy({ $0.input.onlyKey != nil }) {
        let verdict = Self.checker.check(history, partitionedBy: \.onlyKey)
        #expect((verdict == .linearizable) == isPossible)
      }
    }
  }

  @Test("a search that takes too long says so and is no success")
  func undecided() {
    // Thirty puts at once of different values, and a read of another one.
    let puts = (0..<30).map {
      Self.call($0, ($0 + 1)...(100 + $0), .put(0, .int(Int64(1 << $0))), .ok)
    }
    let read = Self.call(30, 200...201, .get(0), .value(.string([])))
    let checker = LinearizabilityChecker(StoreModel(keyCount: 1), stepLimit: 10_000)
    #expect(checker.check(puts + [read]) == .undecided(stepCount: 10_000))
  }

  @Test("what was tried is remembered: many ways to one place cost little")
  func memory() {
    // Twelve equal puts at once have 12! orders, and a wrong read after them rules out all.
    var history = (0..<12).map { number in
      Self.call(number, (number + 1)...(100 + number), .put(0, Self.one), .ok)
    }
    history.append(Self.call(12, 200...201, .get(0), .value(Self.two)))
    let checker = LinearizabilityChecker(StoreModel(keyCount: 1), stepLimit: 200_000)
    #expect(checker.check(history) == .notLinearizable(explainedCount: 12))
  }

  @Test("a seeded history of one client is linearizable, and not with one answer changed")
  func oneClient() async {
    let histories = StoreHistories(clientCount: 1, callCount: 60, keyCount: 3, mix: .multiKey)
    for history in await histories.record(20, seed: 20_274, of: EngineStore.init) {
      #expect(histories.verdict(on: history) == .linearizable)
      for index in history.indices {
        guard case .number(let number) = history[index].output else { continue }
        var changed = history
        changed[index].output = .number(number + 1)
        #expect(histories.verdict(on: changed) != .linearizable)
      }
    }
  }
}
