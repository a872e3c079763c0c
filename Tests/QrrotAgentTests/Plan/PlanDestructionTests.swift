import QrrotAgent
import QrrotCore
import Testing

/// What needs a yes: decided by effects.
@Suite("Plans: what is destroyed")
struct PlanDestructionTests {
  private static let cases: [(before: [String], staged: [String], [PlanDestruction.Reason], Int)] =
    [
      // Numbers by numbers, whatever their type and the command.
      (["put n 1"], ["incr n"], [], 1), (["put n 1"], ["put n 7"], [], 1),
      (["put n 1"], ["del n", "put n 2"], [], 1), (["put n 5"], ["put n as json 5"], [], 1),
      (["put n as json 1.5"], ["put n 2"], [], 1), (["put n 1"], ["put n 2", "put n 1"], [], 0),
      (["put j [1,2]"], ["put j [3,4]"], [], 2), (["put j {\"a\":1}"], ["incr j $.a"], [], 1),
      // Words and strings are no numbers.
      (["put n 1"], ["put n x"], [.valueReplaced], 0),
      (["put s x"], ["put s 1"], [.valueReplaced], 0),
      (["put s \"5\""], ["put s 5"], [.valueReplaced], 0),
      (["put j as json null"], ["put j 1"], [.valueReplaced], 0),
      (["put j [true]"], ["put j $[0] 1"], [.partsLost], 0),
      (["put j [1]"], ["put j $[0] null"], [.partsLost], 0),
      (["put j {\"a\":\"x\"}"], ["put j $.a \"y\""], [.partsLost], 0),
      (["put j {\"a\":1}"], ["put j $.a [1]"], [.partsLost], 0),
      // New ones.
      ([], ["put k x"], [], 0), ([], ["put k x", "expire k 60"], [], 0),
      (["put j {\"a\":1}"], ["put j $.b x"], [], 0), (["put j [1]"], ["put j $[1] 2"], [], 0),
      (["put j {}"], ["put j $.a {}"], [], 0),
      (["put j {\"a\":[{}]}"], ["put j $.a[0].b 1"], [], 0),
      // What goes.
      (["put k 1"], ["del k"], [.keyRemoved], 0), (["put k 1"], ["clear"], [.keyRemoved], 0),
      (["put k 1"], ["expire k 0"], [.keyRemoved], 0),
      (["put j {\"a\":1}"], ["del j $.a"], [.partsLost], 0),
      (["put j [1,2,3]"], ["del j $[1]"], [.partsLost], 0),
      (["put j [1]"], ["put j {}"], [.valueReplaced], 0),
      (["put k 1"], ["del k", "put k 1"], [], 0), (["put k 1"], ["clear", "put k 1"], [], 0),
      // Expiries.
      (["put k 1"], ["expire k 60"], [.expirySet], 0),
      (["put k 1", "expire k 60"], ["expire k 30"], [.expiryShortened], 0),
      (["put k 1", "expire k 60"], ["expire k 90"], [], 0),
      (["put k 1", "expire k 60"], ["persist k"], [], 0),
      (["put k 1", "expire k 60"], ["put k 2"], [], 1),
      (["put k x"], ["put k y", "expire k 9"], [.valueReplaced, .expirySet], 0),
      // What can't be explained place by place is replaced.
      (["put j {\"a\":1,\"b\":2}"], ["put j {\"b\":2,\"a\":1}"], [.valueReplaced], 0),
      (["put j {\"a\":1,\"a\":2}"], ["put j $.a 3"], [.valueReplaced], 0),
      (["put j {\"a\":1}"], ["put j {\"\\u0061\":1}"], [.valueReplaced], 0),
      (["put j {\"b\":1}"], ["put j {\"a\":1,\"b\":1}"], [.valueReplaced], 0),
      (
        ["put j {\"o\":{\"a\":1,\"a\":2},\"n\":1}"], ["put j {\"o\":{\"a\":1,\"a\":3},\"n\":2}"],
        [.partsLost], 1
      ),
      (["put j [1,[2,3]]"], ["put j [1,[3]]"], [.partsLost], 0),
      (["put j {\"s\":\"a\"}"], ["put j {\"s\":\"\\u0061\"}"], [.partsLost], 0),
    ]

  @Test("it is decided by what is there before and after", arguments: cases.indices)
  func reasons(index: Int) async throws {
    let (before, staged, reasons, numberCount) = Self.cases[index]
    let scene = PlanScene()
    for line in before { try scene.put(line) }
    for line in staged { try scene.stage(line) }
    let plan = try await scene.plan()
    let lines = plan.lines(limits: .all()).map(\.text)
    #expect(plan.destroys.map(\.reason) == reasons, "\(before) \(staged): \(lines)")
    #expect(plan.isDestructive == !reasons.isEmpty)
    #expect(plan.changedNumberCount == numberCount, "\(before) \(staged): \(lines)")
  }

  @Test("a hundred keys need no yes by their number, a hundred and one do")
  func manyKeys() async throws {
    let scene = PlanScene()
    for index in 0..<100 { try scene.stage("put k\(index) 1") }
    #expect(try await scene.plan().destroys.isEmpty)
    try scene.stage("put k100 1")
    let plan = try await scene.plan()
    #expect(plan.destroys == [PlanDestruction(reason: .manyKeys(101), key: nil)])
    #expect(plan.isDestructive && plan.destroyingChangeCount == 0)
  }

  @Test("the before-images are counted as undo counts them")
  func undoBytes() async throws {
    let scene = try PlanScene("put k \"abc\"", "put e 1", "expire e 60")
    for line in ["put k y", "del e", "put new 1"] { try scene.stage(line) }
    let expected =
      UndoLog.imageByteCount(keyByteCount: 1, valueByteCount: 3)
      + UndoLog.imageByteCount(keyByteCount: 1, valueByteCount: 8, hasExpiry: true)
      + UndoLog.imageByteCount(keyByteCount: 3, valueByteCount: 0)
    #expect(try await scene.plan().beforeImageByteCount == expected)
  }
}
