import QrrotTesting
import Testing

/// The inputs that the fuzzers of log and snapshot begin with, each played once: what was found by
/// libFuzzer is seen again without it.
@Suite struct FuzzCorpusTests {
  @Test("every input of the log's fuzzer keeps what it checks, and there are some of all kinds")
  func log() throws {
    var outcomes: Set<LogFuzzing.Outcome> = []
    for (name, bytes) in try FuzzCorpus.inputs(of: "log") {
      do {
        outcomes.insert(try LogFuzzing.check(bytes))
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(outcomes == Set(LogFuzzing.Outcome.allCases))
  }

  @Test(
    "every input of the snapshot's fuzzer keeps what it checks, and there are some of all kinds")
  func snapshot() throws {
    var outcomes: Set<SnapshotFuzzing.Outcome> = []
    for (name, bytes) in try FuzzCorpus.inputs(of: "snapshot") {
      do {
        outcomes.insert(try SnapshotFuzzing.check(bytes))
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(outcomes == Set(SnapshotFuzzing.Outcome.allCases))
  }
}
