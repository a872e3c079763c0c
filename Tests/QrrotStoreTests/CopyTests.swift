import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Copying from one engine to another: the contract of `RecordCopier`.
@Suite("Copies")
struct CopyTests {
  private static let late: Int64 = 4_102_444_800_123

  /// A pair of engines, with what a test does to them.
  private final class Scene {
    let source = EngineClient()
    let target: EngineClient
    let engine: any Engine
    var session = Session()

    init(_ target: EngineClient = EngineClient(), through engine: (any Engine)? = nil) {
      self.target = target
      self.engine = engine ?? target.engine
    }

    /// Copies in batches of so many records.
    ///
    /// - Parameter stop: after so many looks at the progress it is ended.
    func copy(
      _ policy: ConflictPolicy = .error, matching pattern: String? = nil, batch: Int = 10,
      now: Int64 = 0, stop: Int = .max
    ) async -> (counts: RecordCopier.Counts, error: QrrotError?) {
      var options = RecordCopier.Options(now: { now })
      options.onConflict = policy
      options.pattern = pattern.map { Array($0.utf8) }
      options.recordCount = batch
      let copier = RecordCopier(from: source.engine, to: engine, options)
      var lookCount = 0
      do throws(QrrotError) {
        try await copier.run(in: &session) { _, _ throws(QrrotError) in
          lookCount += 1
          if lookCount >= stop { throw QrrotError(.interrupted, "stopped") }
        }
        return (copier.counts, nil)
      } catch {
        return (copier.counts, error)
      }
    }
  }

  /// What an engine holds.
  private func contents(_ client: EngineClient) throws -> [[UInt8]: StoredRecord] {
    var contents: [[UInt8]: StoredRecord] = [:]
    let reading = try client.engine.beginReading(matching: nil, in: &client.session)
    while try reading.next({ record in
      let value = Value(storedType: record.type, bytes: record.value)
      contents[Array(record.key)] = value.map { StoredRecord(value: $0, expiry: record.expiry) }
    }) {}
    return contents
  }

  private func counts(
    copied: Int = 0, equal: Int = 0, replaced: Int = 0, skipped: Int = 0, expired: Int = 0
  ) -> RecordCopier.Counts {
    var counts = RecordCopier.Counts()
    counts.copiedCount = copied
    counts.equalCount = equal
    counts.replacedCount = replaced
    counts.skippedCount = skipped
    counts.expiredCount = expired
    return counts
  }

  @Test("types, bytes and deadlines are the same; what is there already is passed over")
  func equality() async throws {
    let target = EngineClient()
    for engine in [nil, CommandsOnly(target.engine)] as [(any Engine)?] {
      let scene = Scene(target, through: engine)
      _ = target.run("clear")
      for line in [
        "put n -9223372036854775808", "put s \"42\"", "put e \"\"", "put b \"\\xff\\x00\"",
        "put j {\"a\": [1.50, \"\\u00e4\"]}", "put l 1", "expireat l \(Self.late)",
        "put \"\\xfe\" null",
      ] {
        #expect(!scene.source.run(line).hasPrefix("error"), "\(line)")
      }
      let all = try contents(scene.source)
      #expect(all.count == 7)
      let first = await scene.copy()
      #expect(first.error == nil && first.counts == counts(copied: 7))
      #expect(try contents(target) == all)
      let second = await scene.copy()
      #expect(second.error == nil && second.counts == counts(equal: 7))
      // Nothing of it is kept for undo.
      #expect(scene.session.undo.count == 0)
    }
  }

  @Test("one that was ended goes on where it ended, and nothing is written twice")
  func resumption() async throws {
    let scene = Scene()
    for index in 0..<2_000 { _ = scene.source.run("put k\(index) \(index)") }
    let first = await scene.copy(batch: 100, stop: 3)
    #expect(first.error?.code == .interrupted)
    let copiedCount = first.counts.copiedCount
    #expect(copiedCount > 0 && copiedCount < 2_000)
    #expect(try contents(scene.target).count == copiedCount)
    let version = scene.target.engine.facts.lastCommit
    let second = await scene.copy(batch: 100)
    #expect(second.error == nil)
    #expect(second.counts == counts(copied: 2_000 - copiedCount, equal: copiedCount))
    #expect(try contents(scene.target) == (try contents(scene.source)))
    #expect(scene.target.engine.facts.lastCommit > version)
    let before = scene.target.engine.facts.lastCommit
    #expect(await scene.copy(batch: 100).counts == counts(equal: 2_000))
    #expect(scene.target.engine.facts.lastCommit == before)
  }

  @Test(
    "another value, another type and another deadline are conflicts",
    arguments: ["put b 3", "put b \"2\"", "expireat b 4102444800124", "persist b"])
  func conflicts(line: String) async throws {
    func scene() -> Scene {
      let scene = Scene()
      for key in ["a", "b", "c"] { _ = scene.source.run("put \(key) 2") }
      _ = scene.source.run("expireat b \(Self.late)")
      _ = scene.target.run("put b 2")
      _ = scene.target.run("expireat b \(Self.late)")
      _ = scene.target.run(line)
      return scene
    }
    let refused = scene()
    let before = try contents(refused.target)
    let error = await refused.copy()
    #expect(error.error?.code == .conflict && error.error?.message.contains("under b;") == true)
    #expect(error.counts == counts())
    #expect(try contents(refused.target) == before)
    let skipping = scene()
    #expect(await skipping.copy(.skip).counts == counts(copied: 2, skipped: 1))
    #expect(try contents(skipping.target)[[98]] == before[[98]])
    let replacing = scene()
    #expect(await replacing.copy(.replace).counts == counts(copied: 2, replaced: 1))
    #expect(try contents(replacing.target) == (try contents(replacing.source)))
  }

  @Test("what has expired is left out and counted, by the time of its batch")
  func expiry() async throws {
    let scene = Scene()
    _ = scene.source.run("put a 1")
    _ = scene.source.run("put b 1")
    _ = scene.source.run("expireat b \(Self.late)")
    #expect(await scene.copy(now: Self.late).counts == counts(copied: 1, expired: 1))
    #expect(try contents(scene.target).count == 1)
    #expect(await scene.copy(now: Self.late - 1).counts == counts(copied: 1, equal: 1))
  }

  @Test("a pattern chooses the keys, and a read-only target refuses")
  func patternsAndRefusals() async throws {
    let scene = Scene()
    for key in ["a1", "a2", "b1"] { _ = scene.source.run("put \(key) 1") }
    #expect(await scene.copy(matching: "a*").counts == counts(copied: 2))
    scene.session.isReadOnly = true
    #expect(await scene.copy().error?.code == .readOnly)
    #expect(await scene.copy(matching: "a*").counts == counts(equal: 2))
    scene.session.interrupt.raise()
    #expect(await scene.copy().error?.code == .interrupted)
  }

  @Test("long values are looked up in parts")
  func parts() async throws {
    let scene = Scene()
    let text = String(repeating: "x", count: 3 << 20)
    for key in ["a", "b", "c"] {
      _ = scene.source.run("put \(key) 1")
      _ = scene.target.run("put \(key) \(text)")
    }
    let keys: [[UInt8]] = [[97], [98], [99], [100]]
    let engine: any Engine = scene.target.engine
    let plain: any Engine = CommandsOnly(scene.target.engine)
    for engine in [engine, plain] {
      #expect(try await engine.records(of: keys, in: &scene.session).count == 2)
      #expect(try await engine.records(of: [[100]], in: &scene.session) == [nil])
      #expect(try await engine.records(of: [], in: &scene.session).isEmpty)
    }
    _ = scene.source.run("put d 1")
    #expect(await scene.copy(.skip).counts == counts(copied: 1, skipped: 3))
    #expect(await scene.copy(.replace).counts == counts(equal: 1, replaced: 3))
  }

  /// An engine that keeps every int as a string.
  private struct Strings: Engine {
    let inner: CommandsOnly

    func execute(
      _ command: Command, in session: inout Session, into reply: inout Reply
    ) async throws(QrrotError) {
      var changed = Command(command.name)
      for (index, argument) in command.arguments.enumerated() {
        switch argument.kind {
        case .value(.int):
          changed.append(.value(.string), Array(String(argument.integer).utf8))
        case .number: changed.append(.number, argument.integer)
        default: changed.append(argument.kind, command.content(index))
        }
      }
      try await inner.execute(changed, in: &session, into: &reply)
    }

    func record(
      of key: [UInt8], in session: inout Session
    ) async throws(QrrotError) -> StoredRecord? {
      try await inner.record(of: key, in: &session)
    }

    func keptForm(of record: RecordView) -> StoredRecord? {
      guard record.type == .int else { return nil }
      return StoredRecord(
        value: .string(Array(String(record.integer).utf8)), expiry: record.expiry)
    }

    func sampleKeys(
      startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
    ) -> KeySample {
      inner.sampleKeys(startingWith: prefix, in: session, limit: limit, timeLimit: timeLimit)
    }
  }

  @Test("a target with other types is compared in its own form, and what changes is counted")
  func otherTypes() async throws {
    let target = EngineClient()
    let scene = Scene(target, through: Strings(inner: CommandsOnly(target.engine)))
    for line in ["put a 1", "put b x", "put c 3"] { _ = scene.source.run(line) }
    var expected = counts(copied: 3)
    expected.changedFormCount = 2
    #expect(await scene.copy().counts == expected)
    #expect(target.run("all") == "a string \"1\"\nb string \"x\"\nc string \"3\"")
    #expect(await scene.copy().counts == counts(equal: 3))
  }

  @Test("copies that end anywhere and go on have the result of one, whatever was there before")
  func random() async throws {
    let seed = TestSettings.seed(83)
    var random = SeededGenerator(seed: seed)
    for round in 0..<TestSettings.count(40) {
      let scene = Scene()
      let policy = ConflictPolicy.allCases[round % 3]
      for client in [scene.source, scene.target] {
        for _ in 0..<Int.random(in: 0...400, using: &random) {
          let key = Int.random(in: 0..<300, using: &random)
          let value = ["1", "2", "x", "\"1\"", "[1]"].randomElement(using: &random) ?? ""
          _ = client.run("put \(key) \(value)")
          if Bool.random(using: &random) { _ = client.run("expireat \(key) \(Self.late)") }
        }
      }
      let (from, before) = (try contents(scene.source), try contents(scene.target))
      let differing = from.filter { key, record in before[key].map { $0 != record } ?? false }
      let batch = Int.random(in: 1...60, using: &random)
      var last: (counts: RecordCopier.Counts, error: QrrotError?) = (.init(), nil)
      for stop in [1, Int.random(in: 1...2, using: &random), Int.max] {
        last = await scene.copy(policy, batch: batch, stop: stop)
      }
      let after = try contents(scene.target)
      let context: Comment = "seed \(seed), round \(round)"
      if policy == .error, !differing.isEmpty {
        #expect(last.error?.code == .conflict, context)
        #expect(before.allSatisfy { after[$0.key] == $0.value }, context)
        #expect(after.allSatisfy { before[$0.key] != nil || from[$0.key] == $0.value }, context)
        continue
      }
      #expect(last.error == nil, context)
      let expected = before.merging(from) { old, new in policy == .replace ? new : old }
      #expect(after == expected, context)
      let sum =
        last.counts.copiedCount + last.counts.equalCount + last.counts.replacedCount
        + last.counts.skippedCount
      #expect(sum == from.count, context)
    }
  }
}
