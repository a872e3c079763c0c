import QrrotAgent
import QrrotCore
import QrrotStore
import Testing

/// What a request stages has a limit.
@Suite("Plans: the limit of what is staged")
struct StagingLimitTests {
  private func scene(keyCount: Int, limit: Int) throws -> PlanScene {
    let scene = PlanScene()
    for index in 0..<keyCount { try scene.put("put key:\(index) {\"n\":[1,2,3]}") }
    scene.staging.stagedByteLimit = limit
    return scene
  }

  private static let writes = [
    "clear", "put big \"\(String(repeating: "x", count: 4_000))\"",
    "del \((0..<40).map { "key:\($0)" }.joined(separator: " "))",
  ]

  @Test("a write beyond it is error budget, and stages nothing", arguments: writes)
  func refused(write: String) async throws {
    let scene = try scene(keyCount: 40, limit: 4_000)
    try scene.stage("put small 1")
    let before = scene.staging.transaction?.stagedMemory
    #expect(await error { try scene.stage(write) }?.code == .budget)
    #expect(scene.staging.transaction?.writtenKeys.count == 1)
    #expect(scene.staging.transaction?.stagedMemory == before)
    #expect(try await scene.plan().changes.count == 1)
    try scene.stage("del key:1 key:2")
    try scene.commit()
    #expect(try scene.put("size") == "39")
  }

  @Test("each write command counts", arguments: ["incr n", "put K $ 1", "expire K 9", "del K"])
  func everyCommand(pattern: String) async throws {
    let scene = try scene(keyCount: 100, limit: 5_000)
    try scene.put("put n 1")
    var refusedCount = 0
    for index in 0..<100 {
      let line = pattern.replacing("K", with: "key:\(index)")
      if await error(of: { try scene.stage(line) })?.code == .budget { refusedCount += 1 }
    }
    let isOneKey = pattern == "incr n"
    #expect(isOneKey ? refusedCount == 0 : (50..<100).contains(refusedCount))
    #expect(scene.staging.transaction.map { $0.stagedMemory <= 5_000 } == true)
  }

  @Test("a value staged again counts once, and one that is removed gives its bytes back")
  func again() throws {
    let scene = try scene(keyCount: 0, limit: 3_000)
    let value = String(repeating: "x", count: 2_000)
    for _ in 0..<5 { try scene.stage("put a \(value)") }
    try scene.stage("del a")
    try scene.stage("put b \(value)")
    try scene.commit()
  }

  @Test("a large value is not copied to be edited or to get an expiry")
  func largeValues() async throws {
    let scene = try scene(keyCount: 0, limit: 1 << 20)
    try scene.put("put big [\"\(String(repeating: "x", count: 2 << 20))\",1]")
    for line in ["incr big $[1]", "put big $[2] 1", "del big $[1]", "expire big 60"] {
      #expect(await error { try scene.stage(line) }?.code == .budget, "\(line)")
    }
    try scene.stage("del big")
  }

  @Test("without a limit a clear stages every key, and what the transaction has added")
  func clear() async throws {
    let scene = try scene(keyCount: 20, limit: .max)
    try scene.stage("put new 1")
    try scene.stage("del key:3")
    #expect(try scene.stage("clear") == "20")
    #expect(try scene.stage("size") == "0")
    #expect(try await scene.plan().changes.count == 20)
    try scene.commit()
    #expect(try scene.put("size") == "0")
  }
}
