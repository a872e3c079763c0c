import QrrotTesting
import Testing

/// The inputs that the fuzzer of the network protocol begins with, each played once: what was found by
/// libFuzzer is seen again without it.
@Suite("The protocol fuzzer's inputs")
struct FuzzCorpusTests {
  @Test("each keeps what the fuzzer checks, and there is something of everything among them")
  func resp() throws {
    var sum = RespFuzzing.Tally()
    for (name, bytes) in try FuzzCorpus.inputs(of: "resp") {
      do {
        let tally = try RespFuzzing.check(bytes)
        sum.commandCount += tally.commandCount
        sum.lineCount += tally.lineCount
        sum.requestErrorCount += tally.requestErrorCount
        sum.replyCount += tally.replyCount
        sum.replyErrorCount += tally.replyErrorCount
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(sum.commandCount > 10 && sum.lineCount > 5 && sum.requestErrorCount > 10)
    #expect(sum.replyCount > 10 && sum.replyErrorCount > 10)
  }

  @Test("so do those of the fuzzer of calls")
  func calls() throws {
    var sum = CallsFuzzing.Tally()
    for (name, bytes) in try FuzzCorpus.inputs(of: "calls") {
      do {
        let tally = try CallsFuzzing.check(bytes)
        sum.requestCount += tally.requestCount
        sum.commandCount += tally.commandCount
        sum.answerCount += tally.answerCount
        sum.faultCount += tally.faultCount
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(sum.requestCount > 10 && sum.commandCount > 5)
    #expect(sum.answerCount > 10 && sum.faultCount > 10)
  }
}
