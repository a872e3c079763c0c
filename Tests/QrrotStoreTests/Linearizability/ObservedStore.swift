import QrrotCore
import QrrotTesting
import Synchronization

@testable import QrrotStore

/// The embedded engine with what only the tests of this package can do with it: half of the reads of
/// all keys go through a view of one moment, and the lock is asked how it stands.
struct ObservedStore: ConcurrentStore {
  private let engine: LocalEngine
  private let clock = TestClock(EngineStoreClient.clockStart)
  private let observations: Observations
  private let usesViews: Bool

  /// An empty engine; every other one has a lock that is biased towards readers for a few writes, in
  /// the others the clients bring that about if they meet.
  ///
  /// - Parameter usesViews: not where keys expire, which a view may leave out or not.
  init(_ observations: Observations, usesViews: Bool) {
    self.observations = observations
    self.usesViews = usesViews
    engine = LocalEngine(clock: clock.wallClock)
    let number = observations.nextStore()
    guard number % 2 == 0, engine.lock.pointee.tryLock() else { return }
    engine.lock.pointee.bias(writeCount: 1 + number / 2 % 16)
    engine.lock.pointee.unlock(wasBiased: false)
  }

  func makeClient(number: Int, seed: UInt64) -> ObservedClient {
    ObservedClient(engine, clock, observations, usesViews: usesViews, seed: seed)
  }
}

/// What was met in many histories.
final class Observations: Sendable {
  private let stores = Atomic<Int>(0)
  private let biasedCalls = Atomic<Int>(0)
  private let views = Atomic<Int>(0)

  /// How many calls began while the lock was biased towards readers.
  var biasedCallCount: Int { biasedCalls.load(ordering: .relaxed) }
  /// How many views were read to their end.
  var viewCount: Int { views.load(ordering: .relaxed) }

  var text: String { "\(biasedCallCount) began in a biased lock, \(viewCount) views" }

  /// Numbers the stores from 0.
  func nextStore() -> Int { stores.add(1, ordering: .relaxed).oldValue }

  func noteCall(isBiased: Bool) { if isBiased { biasedCalls.add(1, ordering: .relaxed) } }

  func noteView() { views.add(1, ordering: .relaxed) }
}

/// One thread's way to an ``ObservedStore``.
struct ObservedClient: StoreClient {
  private let engine: LocalEngine
  private let observations: Observations
  private var client: EngineStoreClient
  private let usesViews: Bool
  private var random: SeededGenerator

  init(
    _ engine: LocalEngine, _ clock: TestClock, _ observations: Observations, usesViews: Bool,
    seed: UInt64
  ) {
    self.engine = engine
    self.observations = observations
    self.usesViews = usesViews
    client = EngineStoreClient(engine, seed: seed, clock: clock)
    random = SeededGenerator(seed: seed &+ 1)
  }

  mutating func perform(_ operation: StoreOperation) -> StoreReply {
    observations.noteCall(isBiased: engine.lock.pointee.isBiasedNow)
    if operation == .all, usesViews, random.next() % 2 == 0 { return readView() }
    return client.perform(operation)
  }

  /// All keys as they were at one moment within the call, read in pieces between which others write.
  private mutating func readView() -> StoreReply {
    var rows: [Int: Value] = [:]
    var isOnce = true
    let view = engine.beginView()
    var isMore = true
    while isMore {
      client.pauses.long()
      isMore = engine.next(of: view, limit: 1) { record in
        guard let key = EngineStoreClient.number(ofKey: record.key) else { return }
        let value = Value(storedType: record.type, bytes: record.value)
        if rows.updateValue(value ?? .string([]), forKey: key) != nil { isOnce = false }
      }
    }
    engine.endView(view)
    observations.noteView()
    // No model gives this answer.
    return isOnce ? .rows(rows) : .failed(.refused)
  }
}
