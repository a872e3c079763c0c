import QrrotCore
import QrrotTesting
import Synchronization
import Testing

@testable import QrrotStore

/// The calls for embedders among commands, transactions and views. Nothing here orders the threads but
/// the engine's lock, so the thread sanitizer sees all that it leaves unordered.
extension EngineConcurrencyTests {
  private static let embeddingRoundCount = TestSettings.count(20_000)

  @Test("values for embedders come whole among commands of all kinds", arguments: [2, 4])
  func embedding(threads: Int) async throws {
    let engine = LocalEngine()
    let seed = TestSettings.seed(20_275)
    var outcome = EmbeddingWorker.Outcome()
    // They go on until all has been met; how threads meet is up to the system.
    let patience = Patience()
    var attempt = 0
    repeat {
      // Readers that meet bring this about, too. From then on they go side by side, until writers have
      // had it their way for a while.
      if engine.lock.pointee.tryLock() {
        engine.lock.pointee.bias(writeCount: 100)
        engine.lock.pointee.unlock(wasBiased: false)
      }
      let first = attempt * threads
      let outcomes = await onThreads(threads) { number in
        var worker = EmbeddingWorker(engine, seed: seed &+ UInt64(first + number))
        for _ in 0..<Self.embeddingRoundCount { worker.round() }
        return worker.outcome
      }
      for some in outcomes { outcome.add(some) }
      attempt += 1
    } while !outcome.hasAll && !patience.isOver
    print("embedding: \(threads) threads, \(outcome), TEST_SEED=\(seed)")
    #expect(outcome.tornCount == 0 && outcome.wrongErrorCount == 0, "TEST_SEED=\(seed)")
    #expect(outcome.hasAll, "TEST_SEED=\(seed)")
    try engine.state.pointee.keyspace.checkInvariants()
  }

  /// Each writer puts the same value to one of its keys after the other, then the next one: so at each
  /// moment its keys hold one value up to some key and the one before it from there on.
  @Test("a view beside puts of embedders is of one moment", arguments: [2, 4])
  func views(threads: Int) async throws {
    let engine = LocalEngine()
    let seed = TestSettings.seed(20_276)
    let writerCount = threads / 2
    for writer in 0..<writerCount {
      var keys = ViewedKeys(engine, writer, seed: seed)
      keys.putNext()
    }
    let writing = WriterCount(writerCount)
    let results = await onThreads(threads) { number in
      if number < writerCount {
        var keys = ViewedKeys(engine, number, seed: seed &+ UInt64(number))
        for _ in 0..<(Self.embeddingRoundCount / ViewedKeys.count) { keys.putNext() }
        writing.leave()
        return ViewResult()
      }
      return readViews(engine, writerCount, seed: seed &+ UInt64(number)) { writing.isGoingOn }
    }
    let views = results.reduce(0) { $0 + $1.views }
    let biased = results.reduce(0) { $0 + $1.biased }
    print("views: \(threads) threads, \(views) views, \(biased) ended in a biased lock")
    #expect(results.compactMap(\.mistake) == [], "TEST_SEED=\(seed)")
    try engine.state.pointee.keyspace.checkInvariants()
  }

  private struct ViewResult {
    var views = 0
    var biased = 0
    var mistake: String?
  }

  private func readViews(
    _ engine: LocalEngine, _ writerCount: Int, seed: UInt64, while isGoingOn: () -> Bool
  ) -> ViewResult {
    var random = SeededGenerator(seed: seed)
    var pauses = Pauses(seed: ~seed)
    var result = ViewResult()
    repeat {
      result.mistake = ViewedKeys.mistake(engine, writerCount, &random)
      result.views += 1
      if engine.lock.pointee.isBiasedNow { result.biased += 1 }
      // Without a view the puts go another way.
      pauses.long()
    } while result.mistake == nil && isGoingOn()
    return result
  }
}

/// How many threads still write.
private final class WriterCount: Sendable {
  private let count: Atomic<Int>

  init(_ count: Int) { self.count = Atomic(count) }

  var isGoingOn: Bool { count.load(ordering: .relaxed) > 0 }

  func leave() { count.subtract(1, ordering: .relaxed) }
}
