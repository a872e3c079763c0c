import CBenchmark
import QrrotCore
import QrrotStore
import QrrotTesting
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What it costs that keys expire.
struct Expiry {
  /// An `expireat` of one key after another, in random order of keys and times.
  var nanosecondsPerExpire = 0.0
  /// What a key takes more once it expires: its record grows, and it stands in the index.
  var bytesPerKey = 0.0
  /// All keys expire in the same millisecond: how long until their memory is back, and what single
  /// writes beside it take, in microseconds.
  var sweepMilliseconds = 0.0
  var percentile99_9 = 0.0
  var slowest = 0.0

  static func measure(count: Int) async -> Expiry {
    var result = Expiry()
    let clock = TestClock()
    let engine = LocalEngine(clock: clock.wallClock)
    ManyKeys.fill(engine, Keys(count: count))
    let probes = Keys(count: count).shuffled()
    let before = benchmark_heap_bytes()
    var generator = SeededGenerator(seed: 11)
    result.nanosecondsPerExpire =
      time {
        expire(engine, probes) { Int64(generator.next() >> 30) + 2_000_000_000_000 }
      } / Double(count)
    result.bytesPerKey = Double(benchmark_heap_bytes() - before) / Double(count)
    expire(engine, probes) { 3_000_000_000_000 }
    let memory = memory(engine)
    let isDone = Atomic<Bool>(false)
    async let times = onThread { writeTimes(engine, until: isDone) }
    clock.milliseconds = 3_000_000_000_000
    let start = ContinuousClock.now
    // Of some hundred megabytes next to nothing is left.
    while Self.memory(engine) > memory / 100 + 100_000 {
      _ = await onThread { rest() }
    }
    result.sweepMilliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    isDone.store(true, ordering: .relaxed)
    let sorted = await times.sorted()
    result.percentile99_9 = Double(sorted[Int(Double(sorted.count - 1) * 0.999)]) / 1_000
    result.slowest = Double(sorted[sorted.count - 1]) / 1_000
    return result
  }

  private static func expire(_ engine: LocalEngine, _ keys: [UInt8], at time: () -> Int64) {
    var command = Command(.expireat)
    var session = Session()
    var reply = Reply()
    keys.withUnsafeBufferPointer { keys in
      for offset in stride(from: 0, to: keys.count, by: Keys.byteCount) {
        command.reset(to: .expireat)
        let key = keys[offset..<(offset + Keys.byteCount)]
        command.append(.key, UnsafeBufferPointer(rebasing: key))
        command.append(.number, time())
        do { try engine.execute(command, in: &session, into: &reply) } catch { print(error) }
      }
    }
  }

  /// The memory that the table holds, as `info` says.
  private static func memory(_ engine: LocalEngine) -> Int {
    var session = Session()
    var reply = Reply()
    do { try engine.execute(Command(.info), in: &session, into: &reply) } catch { print(error) }
    let names = stride(from: 0, to: reply.cells.count, by: 2)
    let row = names.first { reply.content(of: reply.cells[$0]) == Array("memory".utf8) }
    return row.map { Int(reply.cells[$0 + 1].integer) } ?? 0
  }

  private static func rest() {
    let end = monotonicNanoseconds() + 20_000_000
    while monotonicNanoseconds() < end { sched_yield() }
  }

  /// The nanoseconds of each write of a few keys, about 20,000 a second. Those during which the system
  /// gave the processor to somebody else are left out.
  private static func writeTimes(
    _ engine: LocalEngine, until isDone: borrowing Atomic<Bool>
  ) -> [Int] {
    var times: [Int] = []
    var switches = benchmark_involuntary_switches()
    let keys = Array("a key of 16 bytea key of 16 byteb".utf8)
    keys.withUnsafeBytes { keys in
      thirtyTwoBytes.withUnsafeBytes { value in
        while !isDone.load(ordering: .relaxed) {
          let start = monotonicNanoseconds()
          ManyKeys.put(engine, ManyKeys.key(keys, times.count & 1 * Keys.byteCount), value)
          let end = monotonicNanoseconds()
          let present = benchmark_involuntary_switches()
          if present == switches { times.append(end - start) }
          switches = present
          while monotonicNanoseconds() - end < 50_000 {}
        }
      }
    }
    return times
  }
}
