import CBenchmark

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One line of the program's output: what Benchmarks/store.py reads.
func report(_ measure: String, _ value: Double) {
  print("\(measure) \((value * 100).rounded() / 100)")
}

/// The nanoseconds that one of `count` operations takes, where `body` does as many as it is told:
/// the median of samples of about a millisecond, after one that warms up.
@inline(never)
func nanoseconds(samples: Int = 151, _ body: (Int) -> Void) -> Double {
  var count = 64
  var elapsed = 0.0
  while elapsed < 500_000 {
    count *= 2
    elapsed = time { body(count) }
  }
  count = max(1, Int(Double(count) * 1_000_000 / elapsed))
  var results: [Double] = []
  for _ in 0..<samples { results.append(time { body(count) } / Double(count)) }
  results.sort()
  return results[samples / 2]
}

/// The nanoseconds that `body` takes once.
@inline(never)
func time(_ body: () -> Void) -> Double {
  let start = ContinuousClock.now
  body()
  return Double((ContinuousClock.now - start) / .nanoseconds(1))
}

/// A monotonic clock in nanoseconds, read in some twenty of them.
func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The allocations of `body` on this thread; nil where nobody counts them.
@inline(never)
func allocations(_ body: () -> Void) -> Int? {
  let before = benchmark_allocation_count()
  body()
  let after = benchmark_allocation_count()
  return before < 0 ? nil : Int(after - before)
}

/// Keeps the optimiser from leaving out what nobody uses.
@inline(never)
func consume(_ value: Int) {
  sink &+= value
}

// Written by one thread at a time, read by nobody.
nonisolated(unsafe) private var sink = 0
