import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// Random commands of several sessions, on the engine and on a dictionary, which must agree on
/// every reply and every error.
@Suite("The engine beside a dictionary")
struct EngineModelTests {
  private static let values: [Value] = [
    .string([]), .string(Array("x y".utf8)), .string([0xFF, 0]), .int(0), .int(1), .int(-7),
    .int(.max),
    .int(.min), .json(Array("{\"a\":[1,2.50]}".utf8)), .json(Array("null".utf8)),
    .string([UInt8](repeating: 7, count: 300)),
  ]

  private static func command(
    _ random: inout SeededGenerator, keys: Int, writesOnly: Bool
  ) -> ModelCommand {
    func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    func key() -> String { "k\(number(keys))" }
    func someKeys() -> [String] { (0..<(1 + number(3))).map { _ in key() } }
    let isOdd = number(2) == 1
    switch number(writesOnly ? 40 : 100) {
    case 0..<18: return .put(key(), values[number(values.count)])
    case 18..<30:
      return .add(key(), [1, 1, 1, 0, -5, .max, .min][number(7)], isNegative: isOdd)
    case 30..<39: return .del(someKeys())
    case 39: return number(6) == 0 ? .clear : .put(key(), values[0])
    case 40..<55: return .get(key())
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

  private func run(seed: UInt64, keys: Int, sessions: Int, operations: Int) {
    var random = SeededGenerator(seed: seed)
    let engine = LocalEngine()
    var model = EngineModel(clientCount: sessions)
    var clients = (0..<sessions).map { _ in EngineClient(engine) }
    if sessions > 1 {
      clients[sessions - 1] = EngineClient(engine, isReadOnly: true)
      model.clients[sessions - 1].isReadOnly = true
    }
    var counts: [String: Int] = [:]
    for number in 0..<operations {
      let index = Int.random(in: 0..<sessions, using: &random)
      // Now and then a run of writes, so that undo has something to take back.
      let command = Self.command(&random, keys: keys, writesOnly: number % 50 < 10)
      let expected = model.run(command, by: index)
      let got = clients[index].run(command.line)
      counts[expected.hasPrefix("error") ? expected : "success", default: 0] += 1
      if got != expected {
        let line = String(decoding: command.line, as: UTF8.self)
        Issue.record(
          "TEST_SEED=\(seed), operation \(number), session \(index): \(line): \(got), not \(expected)"
        )
        return
      }
      #expect(clients[index].session.undo.count == model.clients[index].log.count)
    }
    let observer = EngineClient(engine)
    #expect(observer.run("size") == "\(model.data.count)", "TEST_SEED=\(seed)")
    for (key, slot) in model.data {
      #expect(observer.run("get \(key)") == EngineModel.text(slot.value), "TEST_SEED=\(seed)")
    }
    let wanted = ["success", "error[type]", "error[range]", "error[refused]"]
    for outcome in wanted + (sessions > 1 ? ["error[conflict]", "error[read-only]"] : []) {
      #expect(counts[outcome, default: 0] > 5, "TEST_SEED=\(seed): few of \(outcome)")
    }
  }

  @Test("one session", arguments: [3, 40])
  func single(keys: Int) {
    run(
      seed: TestSettings.seed(20_267 &+ UInt64(keys)), keys: keys, sessions: 1,
      operations: TestSettings.count(3_000, long: 300))
  }

  @Test("several sessions in turn, one of them read-only", arguments: [3, 12, 60])
  func several(keys: Int) {
    run(
      seed: TestSettings.seed(20_268 &+ UInt64(keys)), keys: keys, sessions: 4,
      operations: TestSettings.count(4_000, long: 300))
  }
}
