import QrrotTesting
import Testing

@testable import QrrotParser

@Suite("Open brackets")
struct BracketStackTests {
  @Test("close in the order in which an array would close them, at any depth")
  func sameAsArray() {
    let seed = TestSettings.seed(20_265)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(50) {
      var stack = BracketStack()
      var model: [UInt8] = []
      let target = Int.random(in: 1...BracketStack.limit, using: &random)
      // Up to the depth, with steps back, and down again.
      for isOpening in [true, false] {
        while isOpening ? model.count < target : !model.isEmpty {
          let isPush = Int.random(in: 0..<10, using: &random) < 7 ? isOpening : !isOpening
          let bracket = UInt8(ascii: Bool.random(using: &random) ? "{" : "[")
          if isPush {
            let hasRoom = model.count < BracketStack.limit
            let isPushed = stack.push(bracket)
            #expect(isPushed == hasRoom)
            if hasRoom { model.append(bracket) }
          } else if let open = model.last {
            let isBrace = open == UInt8(ascii: "{")
            let popsWrong = stack.pop(UInt8(ascii: isBrace ? "]" : "}"))
            let popsRight = stack.pop(UInt8(ascii: isBrace ? "}" : "]"))
            #expect(!popsWrong && popsRight, "TEST_SEED=\(seed)")
            model.removeLast()
          }
          #expect(stack.isEmpty == model.isEmpty)
        }
      }
    }
  }
}
