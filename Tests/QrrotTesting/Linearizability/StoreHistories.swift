/// Records short histories of a store under threads that fight for a few keys.
public struct StoreHistories: Sendable {
  /// How many threads there are, one client each.
  public var clientCount: Int
  /// How many calls each client makes in a history.
  public var callCount: Int
  /// How many keys they share.
  public var keyCount: Int
  /// What they do.
  public var mix: StoreMix

  /// Describes the histories.
  public init(clientCount: Int, callCount: Int, keyCount: Int, mix: StoreMix) {
    self.clientCount = clientCount
    self.callCount = callCount
    self.keyCount = keyCount
    self.mix = mix
  }

  /// Records `count` histories, each of a new store. The threads are the same for all of them and
  /// begin each at once.
  ///
  /// - Parameter seed: decides what is called and where the clients pause; how the threads meet is
  ///   up to the system.
  public func record<Store: ConcurrentStore>(
    _ count: Int, seed: UInt64, of makeStore: () -> Store
  ) async -> [[StoreCall]] {
    let stores = (0..<count).map { _ in makeStore() }
    let clocks = (0..<count).map { _ in HistoryClock() }
    let barrier = Barrier(count: clientCount)
    return await withTaskGroup(of: [[StoreCall]].self) { group in
      for client in 0..<clientCount {
        group.addTask {
          await onThread {
            stores.indices.map { number in
              run(
                stores[number], clocks[number], barrier, client: client,
                seed: seed &+ UInt64(number * clientCount + client))
            }
          }
        }
      }
      var histories = Array(repeating: [StoreCall](), count: count)
      for await calls in group {
        for (number, calls) in calls.enumerated() { histories[number] += calls }
      }
      return histories
    }
  }

  /// One client's part in one history.
  private func run<Store: ConcurrentStore>(
    _ store: Store, _ clock: HistoryClock, _ barrier: Barrier, client: Int, seed: UInt64
  ) -> [StoreCall] {
    var random = SeededGenerator(seed: seed)
    let operations = mix.operations(callCount, keys: keyCount, client: client, using: &random)
    var pauses = Pauses(seed: random.next())
    var connection = store.makeClient(number: client, seed: random.next())
    var recorder = CallRecorder<StoreOperation, StoreReply>(
      client: client, clock: clock, capacity: callCount)
    barrier.wait()
    for operation in operations {
      recorder.record(operation) { connection.perform($0) }
      pauses.next()
    }
    return recorder.calls
  }

  /// Judges one of the histories, key by key where that is possible.
  public func verdict(
    on history: [StoreCall], stepLimit: Int = 2_000_000
  ) -> LinearizabilityChecker<StoreModel>.Verdict {
    let checker = LinearizabilityChecker(StoreModel(keyCount: keyCount), stepLimit: stepLimit)
    switch mix {
    case .singleKey: return checker.check(history, partitionedBy: \.onlyKey)
    case .multiKey, .expiring: return checker.check(history)
    }
  }

  /// How many calls of a history began before one that another client had begun earlier returned.
  public static func overlapCount(_ history: [StoreCall]) -> Int {
    history.count { call in
      history.contains {
        $0.client != call.client && $0.invoked < call.invoked && call.invoked < $0.returned
      }
    }
  }

  /// A history to be read by a person, in the order of the begins.
  public static func text(_ history: [StoreCall]) -> String {
    history.sorted { $0.invoked < $1.invoked }.map(\.description).joined(separator: "\n")
  }
}
