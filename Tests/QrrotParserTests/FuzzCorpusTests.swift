import QrrotTesting
import Testing

/// The inputs that the fuzzer of the command language begins with, each played once: what was found
/// by libFuzzer is seen again without it.
@Suite("The fuzzer's inputs")
struct FuzzCorpusTests {
  @Test("each keeps what the fuzzer checks, and there are commands and errors among them")
  func commands() throws {
    var counts = (commands: 0, errors: 0)
    for (name, bytes) in try FuzzCorpus.inputs(of: "commands") {
      do {
        let tally = try CommandsFuzzing.check(bytes)
        counts.commands += tally.commandCount
        counts.errors += tally.errorCount
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(counts.commands > 20 && counts.errors > 20)
  }
}
