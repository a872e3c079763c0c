import QrrotCore
import QrrotTesting
import Testing

@Suite("JSON path and filter, with random documents")
struct JSONPathPropertyTests {
  @Test(
    "what a random path selects is what it selects in a tree",
    arguments: 1...20 as ClosedRange<UInt64>)
  func paths(seed: UInt64) throws {
    var choices = SeededChoices(seed: TestSettings.seed(seed))
    var (withNodes, without) = (0, 0)
    for _ in 0..<TestSettings.count(250, long: 40) {
      let document = DocumentMaker.document(&choices)
      let query = QueryMaker.query(&choices)
      let count = try PathsCheck.compare(query, in: document, choices)
      if count > 0 { withNodes += 1 } else { without += 1 }
    }
    #expect(withNodes > 30 && without > 30, "seed \(seed): \(withNodes), \(without)")
  }

  @Test(
    "a random filter holds where it holds for a tree", arguments: 1...20 as ClosedRange<UInt64>)
  func filters(seed: UInt64) throws {
    var choices = SeededChoices(seed: TestSettings.seed(seed))
    var (holding, not) = (0, 0)
    for _ in 0..<TestSettings.count(250, long: 40) {
      let document = DocumentMaker.document(&choices)
      let logic = QueryMaker.logic(&choices)
      if try PathsCheck.compare(logic, in: document, choices) { holding += 1 } else { not += 1 }
    }
    #expect(holding > 30 && not > 30, "seed \(seed): \(holding), \(not)")
  }
}
