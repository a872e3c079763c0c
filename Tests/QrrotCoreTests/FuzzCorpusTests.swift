import QrrotTesting
import Testing

/// The inputs that the fuzzer of paths and filters begins with, each played once: what was found by
/// libFuzzer is seen again without it.
@Suite("The inputs of the fuzzer of paths")
struct FuzzCorpusTests {
  @Test("each keeps what the fuzzer checks, and there are matches and errors among them")
  func paths() throws {
    var sum = PathsFuzzing.Tally()
    for (name, bytes) in try FuzzCorpus.inputs(of: "paths") {
      do {
        let tally = try PathsFuzzing.check(bytes)
        sum.nodeCount += tally.nodeCount
        sum.acceptedCount += tally.acceptedCount
        sum.errorCount += tally.errorCount
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(sum.nodeCount > 20 && sum.acceptedCount > 20 && sum.errorCount > 20)
  }
}
