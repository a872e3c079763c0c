import QrrotTesting

/// The nanoseconds that one operation takes each of two threads that work at the same time.
///
/// - Parameter body: does `count` operations; it is told which of the two threads it is on.
func nanosecondsOfTwo(
  samples: Int = 15, count: Int, _ body: @escaping @Sendable (Int, Int) -> Void
) async -> Double {
  var results: [Double] = []
  for _ in 0..<samples {
    let start = ContinuousClock.now
    async let first: Void = onThread { body(0, count) }
    async let second: Void = onThread { body(1, count) }
    _ = await (first, second)
    results.append(Double((ContinuousClock.now - start) / .nanoseconds(1)) / Double(count))
  }
  results.sort()
  return results[samples / 2]
}
