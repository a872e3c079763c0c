import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Random commands of some sessions over one table.
struct EngineWorkload: Sendable {
  /// The table's shape; nil for that in use.
  var configuration: Keyspace.Configuration?
  var keyCount: Int
  /// How many sessions there are; of several, the last one is read-only.
  var sessionCount: Int

  /// As in use, with tiny segments, and with hashes that are equal in part or all.
  static var all: [EngineWorkload] {
    let plain = [(3, 1), (40, 1), (3, 4), (12, 4), (60, 4)].map {
      EngineWorkload(configuration: nil, keyCount: $0, sessionCount: $1)
    }
    let shapes: [(buckets: Int, mask: UInt64)] = [
      (1, .max), (2, .max), (4, .max), (1, 0), (4, 0x7f << 57), (1, 0xffff),
    ]
    return plain
      + shapes.map { shape in
        EngineWorkload(
          configuration: .init(
            bucketsPerSegment: shape.buckets, hashMask: shape.mask, expiryChunkCapacity: 3),
          keyCount: 120, sessionCount: 3)
      }
  }

  /// Runs at least `operations` commands.
  ///
  /// - Returns: how many of each kind there were.
  func run(operations: Int, seed: UInt64) throws -> [String: Int] {
    var run = Run(self, seed: seed)
    for number in 0..<operations {
      guard run.step(number) else { break }
      if number % 1_000 == 999 { try run.checkInvariants() }
      // Now and then everything is removed key by key, and comes back.
      if number % 2_000 == 1_999, !run.drain() { break }
    }
    try run.finish()
    return run.counts
  }
}

extension EngineWorkload {
  /// An engine beside its dictionary, on the way.
  private struct Run {
    let workload: EngineWorkload
    let seed: UInt64
    let engine: LocalEngine
    var counts: [String: Int] = [:]
    private var outcomes: [String: Int] = [:]
    private var random: SeededGenerator
    private var model: EngineModel
    private let clients: [EngineClient]
    private let clock = TestClock()

    init(_ workload: EngineWorkload, seed: UInt64) {
      self.workload = workload
      self.seed = seed
      random = SeededGenerator(seed: seed)
      // In half of the runs what has expired is taken out by the thread, whenever it likes, in the
      // others by hand: nobody must be able to tell.
      engine = LocalEngine(
        keyspace: Keyspace(
          seed: (seed, ~seed), configuration: workload.configuration ?? Keyspace.Configuration()),
        clock: clock.wallClock, sweeps: seed % 2 == 0)
      let engine = engine
      let count = workload.sessionCount
      model = EngineModel(clientCount: count, now: clock.milliseconds)
      clients = (0..<count).map {
        EngineClient(engine, isReadOnly: count > 1 && $0 == count - 1)
      }
      if count > 1 { model.clients[count - 1].isReadOnly = true }
    }

    func checkInvariants() throws {
      try engine.locked { state in try state.keyspace.checkInvariants() }
    }

    mutating func step(_ number: Int) -> Bool {
      let index = Int.random(in: 0..<clients.count, using: &random)
      if Int.random(in: 0..<4, using: &random) == 0 {
        let time = [1, 100, 999, 2_500][Int.random(in: 0..<4, using: &random)]
        clock.advance(milliseconds: Int64(time))
        model.now = clock.milliseconds
      }
      if Int.random(in: 0..<50, using: &random) == 0 {
        engine.locked { state in _ = state.dropDue(limit: 2) }
      }
      // Now and then a run of writes, so that undo has something to take back.
      let command = ModelCommand.random(
        &random, keys: workload.keyCount, writesOnly: number % 50 < 10)
      return run(command, by: index)
    }

    /// Removes every key that is there, one command a key.
    mutating func drain() -> Bool {
      for index in clients.indices where model.clients[index].overlay != nil {
        guard run(.rollback, by: index) else { return false }
      }
      for key in model.data.keys.sorted().shuffled(using: &random) {
        guard run(.del([key]), by: 0) else { return false }
      }
      return run(.size, by: 0)
    }

    private mutating func run(_ command: ModelCommand, by index: Int) -> Bool {
      let expected = model.run(command, by: index)
      let got = answer(to: command, of: clients[index])
      counts[command.kind, default: 0] += 1
      outcomes[expected.hasPrefix("error") ? expected : "success", default: 0] += 1
      let isRight =
        got == expected
        && clients[index].session.undo.count == model.clients[index].log.count
      if !isRight {
        let line = String(decoding: command.line(at: model.now), as: UTF8.self)
        Issue.record(
          "TEST_SEED=\(seed) \(workload), session \(index): \(line): \(got), not \(expected)")
      }
      return isRight
    }

    private func answer(to command: ModelCommand, of client: EngineClient) -> String {
      switch command {
      case .look(let key): client.look(key)
      case .embed(let key, let value): client.embed(Array(key.utf8), value)
      default: client.run(command.line(at: model.now))
      }
    }

    /// Compares all that is there, and sees that errors happened as well as successes.
    mutating func finish() throws {
      try checkInvariants()
      #expect(model.expirations > 5, "TEST_SEED=\(seed): few keys have expired")
      let observer = EngineClient(clients[0].engine)
      _ = model.run(.size, by: 0)
      #expect(observer.run("size") == "\(model.data.count)", "TEST_SEED=\(seed)")
      for (key, slot) in model.data {
        #expect(observer.run("get \(key)") == EngineModel.text(slot.value), "TEST_SEED=\(seed)")
      }
      let several = ["error[conflict]", "error[read-only]"]
      let wanted = ["success", "error[type]", "error[range]", "error[refused]", "error[path]"]
      for outcome in wanted + (clients.count > 1 ? several : []) {
        #expect(outcomes[outcome, default: 0] > 3, "TEST_SEED=\(seed): few of \(outcome)")
      }
    }
  }
}

extension ModelCommand {
  /// The commands by the names that they are counted under.
  static let kinds = [
    "put", "get", "del", "exists", "type", "incr", "decr", "all", "keys", "size", "clear", "begin",
    "commit", "rollback", "undo", "look", "embed", "expire", "expireat", "ttl", "persist",
  ]

  /// The command's name.
  var kind: String {
    String(decoding: line(at: 0).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
  }

  private static let values: [Value] = [
    .string([]), .string(Array("x y".utf8)), .string([0xFF, 0]), .int(0), .int(1), .int(-7),
    .int(.max),
    .int(.min), .json(Array("{\"a\":[1,2.50]}".utf8)), .json(Array("null".utf8)),
    .json(Array("{}".utf8)), .json(Array("{\"n\":1,\"m\":-3}".utf8)),
    .json(Array("{\"a\":1,\"n\":9223372036854775807}".utf8)),
    .string([UInt8](repeating: 7, count: 300)),
  ]

  /// As long as an int, as some strings above, and as none of them.
  private static let strings = [Array("eightbyt".utf8), Array("y x".utf8), [], [0]]

  static func random(
    _ random: inout SeededGenerator, keys: Int, writesOnly: Bool
  ) -> ModelCommand {
    func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    func key() -> String { "k\(number(keys))" }
    func someKeys() -> [String] { (0..<(1 + number(3))).map { _ in key() } }
    let isOdd = number(2) == 1
    if number(6) == 0 {
      let member = ["n", "m", "a"][number(3)]
      switch number(writesOnly ? 7 : 10) {
      case 0..<2: return .put(key(), values[number(values.count)])
      case 2..<4: return .putPart(key(), member: member, [0, 7, .min][number(3)])
      case 4..<6:
        return .addPart(key(), member: member, [1, -2, .max, 0][number(4)], isNegative: isOdd)
      case 6: return .delPart(key(), member: member)
      default: return .getPart(key(), member: member)
      }
    }
    switch number(writesOnly ? 40 : 104) {
    case 0..<4: return .expire(key(), [-1, 0, 1, 1, 2, 5, 60][number(7)])
    case 4, 5: return .expireat(key(), [-5, 1, 700, 700, 3_000][number(5)])
    case 6: return .persist(key())
    case 100..<104: return isOdd ? .ttl(key()) : .persist(key())
    case 7..<14: return .put(key(), values[number(values.count)])
    case 14..<18: return .embed(key(), strings[number(strings.count)])
    case 18..<30:
      return .add(key(), [1, 1, 1, 0, -5, .max, .min][number(7)], isNegative: isOdd)
    case 30..<39: return .del(someKeys())
    case 39: return number(6) == 0 ? .clear : .put(key(), values[0])
    case 40..<50: return .get(key())
    case 50..<55: return .look(key())
    case 55..<60: return .exists(someKeys())
    case 60..<64: return .type(key())
    case 64..<68: return isOdd ? .all(nil) : .all("k\(number(keys) / 10)")
    case 68..<71: return isOdd ? .keys(nil) : .keys("k\(number(keys) / 10)")
    case 71..<73: return .size
    case 73..<80: return .begin
    case 80..<87: return .commit
    case 87..<89: return .rollback
    case 89..<97: return .undo(1)
    default: return .undo(1 + number(4))
    }
  }
}
