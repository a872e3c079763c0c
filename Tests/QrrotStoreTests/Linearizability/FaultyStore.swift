import QrrotCore
import QrrotStore
import QrrotTesting

/// The embedded engine with one fault put in front of it.
struct FaultyStore: ConcurrentStore {
  let fault: Fault
  let keyCount: Int
  private let engine: LocalEngine
  private let clock = TestClock(EngineStoreClient.clockStart)
  /// What a fault shares between its clients; an engine, because that is safe to share.
  private let aside = LocalEngine()

  init(_ fault: Fault, keyCount: Int) {
    self.fault = fault
    self.keyCount = keyCount
    engine = LocalEngine(clock: clock.wallClock)
  }

  func makeClient(number: Int, seed: UInt64) -> FaultyClient {
    func client(_ engine: LocalEngine, _ salt: UInt64) -> EngineStoreClient {
      EngineStoreClient(engine, seed: seed ^ salt, clock: clock)
    }
    return FaultyClient(
      fault: fault, keyCount: keyCount, engine: client(engine, 1), reader: client(engine, 2),
      aside: client(aside, 3), pauses: Pauses(seed: seed ^ 4))
  }
}

/// One thread's way to a ``FaultyStore``.
struct FaultyClient: StoreClient {
  let fault: Fault
  let keyCount: Int
  var engine: EngineStoreClient
  /// A second session, for what is read beside a transaction.
  var reader: EngineStoreClient
  var aside: EngineStoreClient
  var pauses: Pauses
  /// How often the fault could have shown; some show every few times only.
  var occasion = 0
  var cache: [Int: StoreReply] = [:]
  var knownRows: [Int: Value] = [:]
  /// What is done before the next call.
  var postponed: StoreOperation?

  mutating func perform(_ operation: StoreOperation) -> StoreReply {
    if let earlier = postponed {
      postponed = nil
      _ = engine.perform(earlier)
    }
    let wrong: StoreReply? =
      switch operation {
      case .transaction(let steps, let commits): transaction(steps, commits: commits)
      case .add(let key, let by): add(key, by)
      case .get(let key): get(key)
      case .put(let key, let value): put(key, value)
      case .del(let keys): del(keys)
      case .exists(let keys): exists(keys)
      case .addPart: StoreReply?.none
      case .all, .clear, .size: whole(operation)
      case .expire(let key, let time):
        fault == .lateExpiry ? engine.perform(.expire(key, at: time + 300)) : nil
      case .pass: nil
      }
    return wrong ?? engine.perform(operation)
  }

  /// Whether the fault shows this time, which it does one time in `period`.
  mutating func isTime(period: Int) -> Bool {
    occasion += 1
    return occasion % period == 0
  }

  /// The value of a key, read by itself.
  mutating func value(_ key: Int) -> Value? {
    if case .value(let value) = engine.perform(.get(key)) { value } else { nil }
  }

  /// Gives a key a value, or none.
  mutating func set(_ key: Int, _ value: Value?) {
    _ = engine.perform(value.map { .put(key, $0) } ?? .del([key]))
  }
}
