import CBenchmark
import QrrotCore
import QrrotStore
import QrrotTesting
import Synchronization

/// How long single writes take while a snapshot is written, in microseconds.
struct Compaction {
  var percentile99_9 = 0.0
  var slowest = 0.0
  var writeCount = 0
  var saveMilliseconds = 0.0

  /// Fills a database in `folder`, which must be absent or empty, saves it, and then saves it five
  /// times beside a writer of random keys.
  static func measure(count: Int, folder: String) async throws -> Compaction {
    var options = LocalEngine.OpenOptions()
    options.policy = .second
    let (engine, _) = try LocalEngine.open(Array(folder.utf8), options)
    let keys = Keys(count: count)
    ManyKeys.fill(engine, keys)
    try engine.save()
    let isDone = Atomic<Bool>(false)
    async let times = onThread { writeTimes(engine, keys, until: isDone) }
    let saving = try await onThread {
      Result {
        var milliseconds: [Double] = []
        for _ in 0..<5 {
          let start = ContinuousClock.now
          try engine.save()
          milliseconds.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return milliseconds.sorted()[2]
      }
    }.get()
    isDone.store(true, ordering: .relaxed)
    let sorted = await times.sorted()
    try engine.close()
    return Compaction(
      percentile99_9: Double(sorted[Int(Double(sorted.count - 1) * 0.999)]) / 1_000,
      slowest: Double(sorted[sorted.count - 1]) / 1_000, writeCount: sorted.count,
      saveMilliseconds: saving)
  }

  /// The nanoseconds of each write, about 50,000 a second of them. Those during which the system gave
  /// the processor to somebody else are left out.
  private static func writeTimes(
    _ engine: LocalEngine, _ keys: Keys, until isDone: borrowing Atomic<Bool>
  ) -> [Int] {
    var times: [Int] = []
    var switches = benchmark_involuntary_switches()
    var generator = SeededGenerator(seed: 9)
    keys.bytes.withUnsafeBytes { bytes in
      thirtyTwoBytes.withUnsafeBytes { value in
        while !isDone.load(ordering: .relaxed) {
          let key = Int(generator.next() % UInt64(keys.count))
          let start = monotonicNanoseconds()
          ManyKeys.put(engine, ManyKeys.key(bytes, key * Keys.byteCount), value)
          let end = monotonicNanoseconds()
          let present = benchmark_involuntary_switches()
          if present == switches { times.append(end - start) }
          switches = present
          while monotonicNanoseconds() - end < 20_000 {}
        }
      }
    }
    return times
  }
}
