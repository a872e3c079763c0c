import QrrotAgent
import QrrotCore
import QrrotParser
import QrrotStore
import QrrotTesting
import Testing

/// Random plans: what is shown is what is done.
@Suite("Plans: random ones")
struct PlanPropertyTests {
  /// What has happened, so that a run in which nothing does is no success.
  private struct Tally {
    var applied = 0
    var conflicts = 0
    var empty = 0
    var destroying = 0
    var harmless = 0
    var edited = 0
    var failedCommands = 0
    var numbers = 0
  }

  private static let caseCount = TestSettings.count(1_000, long: 10)

  @Test(
    "the difference shown is the difference made, undo takes it back, and its commands make it again",
    arguments: 1...10 as ClosedRange<UInt64>)
  func plans(ownSeed: UInt64) async throws {
    let seed = TestSettings.seed(ownSeed)
    var tally = Tally()
    for index in 0..<(Self.caseCount / 10) {
      let own = seed &* 1_000_003 &+ UInt64(index)
      do {
        try await check(PlanWorkload(seed: own), &tally)
      } catch {
        Issue.record("seed \(seed), plan \(index): \(error)")
        return
      }
    }
    #expect(tally.applied > 10 && tally.conflicts > 3 && tally.empty > 0, "\(tally)")
    #expect(tally.destroying > 3 && tally.harmless > 3 && tally.edited > 3, "\(tally)")
    #expect(tally.numbers > 0 && tally.failedCommands > 3, "\(tally)")
  }

  private struct Wrong: Error {
    var what: String
  }

  private func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Wrong(what: what()) }
  }

  private func check(_ workload: PlanWorkload, _ tally: inout Tally) async throws {
    var workload = workload
    let scene = PlanScene()
    for _ in 0..<Int.random(in: 0...14, using: &workload.random) {
      let staging = scene.staging.transaction.take()
      _ = try? scene.run(workload.line(in: scene), in: \.other)
      scene.staging.transaction = staging
    }
    if workload.chance(of: 4) { scene.clock.advance(milliseconds: 50_000) }
    let before = try scene.contents()
    for _ in 0..<Int.random(in: 1...8, using: &workload.random) {
      let line = workload.line(in: scene)
      if (try? scene.run(line, in: \.staging)) == nil { tally.failedCommands += 1 }
    }
    if workload.chance(of: 6) { return try await checkConflict(scene, &workload, &tally) }
    let plan = try await scene.plan()
    try scene.commit()
    let after = try scene.contents()
    try checkChanges(plan, from: before, to: after)
    try checkShown(plan, from: before, to: after)
    try checkEffects(plan, from: before, to: after, &tally)
    guard !plan.changes.isEmpty else {
      tally.empty += 1
      return
    }
    tally.applied += 1
    try scene.stage("undo")
    try require(scene.contents() == before, "undo brings back what was there")
    var file: [UInt8] = []
    plan.appendCommandFile(request: "a request\nclear", to: &file)
    try scene.runFile(file)
    try require(
      scene.contents() == after, "commands: \(String(decoding: file, as: UTF8.self))")
  }

  /// Somebody else changes something that was read or written.
  private func checkConflict(
    _ scene: PlanScene, _ workload: inout PlanWorkload, _ tally: inout Tally
  ) async throws {
    let keys = (scene.staging.transaction?.entries.keys).map(Array.init) ?? []
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    guard let key = sorted.randomElement(using: &workload.random) else { return }
    var line = Array("put ".utf8)
    Escaping.appendKey(key.span, to: &line)
    try scene.run(line + Array(" somebody".utf8), in: \.other)
    let now = try scene.contents()
    try require(
      await error { _ = try await scene.plan() }?.code == .conflict, "no plan can be made")
    try require(await error { try scene.commit() }?.code == .conflict, "nothing can be applied")
    try require(scene.contents() == now, "nothing has been applied")
    tally.conflicts += 1
  }

  private func checkChanges(
    _ plan: Plan, from before: [[UInt8]: StoredRecord], to after: [[UInt8]: StoredRecord]
  ) throws {
    var contents = before
    for change in plan.changes {
      let old = contents[change.key].map { Plan.State(value: $0.value, expiry: $0.expiry) }
      try require(old == change.before && change.before != change.after, "\(change)")
      contents[change.key] = change.after.map { StoredRecord(value: $0.value, expiry: $0.expiry) }
    }
    try require(contents == after, "the changes make the state after")
  }

  private func checkShown(
    _ plan: Plan, from before: [[UInt8]: StoredRecord], to after: [[UInt8]: StoredRecord]
  ) throws {
    let lines = plan.lines(limits: .all())
    let shown = try ShownPlan(lines, to: ShownPlan.contents(of: before))
    let expected = ShownPlan.contents(of: after)
    try require(
      shown.contents == expected,
      "\(lines.map(\.text)) gives \(shown.contents) and not \(expected)")
    for columns in [40, 80, 132] {
      for line in plan.lines(limits: PlanLimits(columns: columns)) + lines {
        let text = Array(line.text.utf8)
        try require(
          Array(Escaping.displayed(text).utf8) == text, "\(line.text) holds what must be escaped")
      }
      for line in plan.lines(limits: PlanLimits(columns: columns)) {
        try require(
          DisplayWidth.columns(of: Array(line.text.utf8)) <= columns,
          "\(line.text) is wider than \(columns)")
      }
    }
    try require(
      plan.lines(limits: PlanLimits()).count == plan.changes.count, "one line for each key")
  }

  private func checkEffects(
    _ plan: Plan, from before: [[UInt8]: StoredRecord], to after: [[UInt8]: StoredRecord],
    _ tally: inout Tally
  ) throws {
    let oracle = PlanOracle(from: before, to: after)
    let keys = Set(plan.destroys.compactMap(\.key))
    try require(
      keys == oracle.destroyedKeys, "\(plan.lines(limits: .all()).map(\.text)): \(plan.destroys)")
    try require(
      plan.isDestructive == oracle.destroys && plan.destroys.isEmpty != oracle.destroys,
      "\(plan.destroys)")
    try require(plan.destroyingChangeCount == keys.count, "each key is counted")
    try require(
      plan.changedNumberCount == oracle.numberCount,
      "\(plan.lines(limits: .all()).map(\.text)): \(plan.changedNumberCount) numbers, not \(oracle.numberCount)"
    )
    let lines = plan.lines(limits: .all())
    try require(lines.contains(where: \.destroys) == !keys.isEmpty, "the lines say so")
    if oracle.destroys { tally.destroying += 1 } else { tally.harmless += 1 }
    if lines.contains(where: { $0.parts.contains { $0.kind == .path } }) { tally.edited += 1 }
    tally.numbers += oracle.numberCount
  }
}

extension PlanScene {
  /// Runs a command file, as the person would.
  func runFile(_ file: [UInt8]) throws {
    var parser = Parser()
    var command = Command()
    var reply = Reply()
    var rest = file[...]
    while !rest.isEmpty {
      let input = Array(rest)
      let step = try parser.parse(input.span, isFinal: true, into: &command)
      if step.outcome == .command {
        try engine.execute(command, in: &other, into: &reply)
      }
      rest = rest.dropFirst(max(1, step.byteCount))
    }
  }
}
