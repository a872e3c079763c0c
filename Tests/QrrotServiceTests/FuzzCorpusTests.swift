import QrrotTesting
import Testing

/// The inputs that the fuzzer of conversations begins with, each played once: what was found by libFuzzer
/// is seen again without it.
@Suite("The conversation fuzzer's inputs")
struct FuzzCorpusTests {
  @Test("each keeps what the fuzzer checks, and there is something of everything among them")
  func conversation() throws {
    var sum = ConversationFuzzing.Tally()
    for (name, bytes) in try FuzzCorpus.inputs(of: "conversation") {
      do {
        let tally = try ConversationFuzzing.check(bytes)
        sum.replyCount += tally.replyCount
        sum.errorCount += tally.errorCount
        sum.lineByteCount += tally.lineByteCount
        sum.endingCount += tally.endingCount
        sum.keyCount += tally.keyCount
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(sum.replyCount > 60 && sum.errorCount > 15 && sum.lineByteCount > 100)
    #expect(sum.endingCount > 3 && sum.keyCount > 5)
  }
}
