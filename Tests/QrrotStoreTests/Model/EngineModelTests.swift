import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// Random commands of several sessions, on the engine and on a dictionary, which must agree on
/// every reply and every error.
@Suite("The engine beside a dictionary")
struct EngineModelTests {
  // Three million commands in a long run.
  @Test("commands of all kinds agree with a dictionary over tables of every shape")
  func allKinds() async throws {
    let operationCount = TestSettings.count(24_000, long: 125)
    let seed = TestSettings.seed(20_267)
    let workloads = EngineWorkload.all
    let share = operationCount / workloads.count + 1
    var counts: [String: Int] = [:]
    try await withThrowingTaskGroup(of: [String: Int].self) { group in
      for (number, workload) in workloads.enumerated() {
        group.addTask { try workload.run(operations: share, seed: seed &+ UInt64(number)) }
      }
      for try await some in group { counts.merge(some, uniquingKeysWith: +) }
    }
    let total = counts.values.reduce(0, +)
    let kinds = counts.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
    print("engine model: \(total) commands over \(workloads.count) tables,")
    print("  \(kinds), TEST_SEED=\(seed)")
    for kind in ModelCommand.kinds { #expect(counts[kind, default: 0] > 0, "no \(kind)") }
    #expect(total >= operationCount)
  }
}
