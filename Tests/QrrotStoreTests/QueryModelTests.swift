import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Random data, random clauses, and a plain program that answers the same questions.
@Suite("Queries beside a model")
struct QueryModelTests {
  private static func item(_ key: String, using random: inout SeededGenerator) -> (
    RandomQuery.Item, put: String
  ) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0:
      let integer = Int.random(in: -3...9, using: &random)
      return (
        .init(
          key: key, value: .number(Double(integer), text: "\(integer)"), shown: "int \(integer)"),
        "put \(key) \(integer)"
      )
    case 1:
      return (
        .init(key: key, value: .string("x", text: "\"x\""), shown: "string \"x\""),
        "put \(key) \"x\""
      )
    case 2:
      return (
        .init(key: key, value: nil, shown: "string \"\\xFF\""), "put \(key) \"\\xFF\""
      )
    default:
      let value = ModelValue.document(using: &random)
      return (
        .init(key: key, value: value, shown: "json \(value.text)"), "put \(key) \(value.text)"
      )
    }
  }

  @Test("answer the same, row for row", arguments: [UInt64(1), 2, 3, 4])
  func model(seed: UInt64) {
    var random = SeededGenerator(seed: TestSettings.seed(seed))
    var rowCount = 0
    var emptyCount = 0
    for _ in 0..<TestSettings.count(6) {
      let configuration = Keyspace.Configuration(
        bucketsPerSegment: [1, 4, 64].randomElement(using: &random) ?? 4)
      let client = EngineClient(
        LocalEngine(
          keyspace: Keyspace(seed: (random.next(), random.next()), configuration: configuration)))
      var items: [String: RandomQuery.Item] = [:]
      for index in 0..<Int.random(in: 0...120, using: &random) {
        let (item, put) = Self.item("k\(index)", using: &random)
        items[item.key] = item
        #expect(client.run(put) == "OK")
      }
      for turn in 0..<60 {
        // In a transaction some keys are the session's own.
        if turn == 30 {
          #expect(client.run("begin") == "OK")
          for _ in 0..<10 {
            let key = "k\(Int.random(in: 0..<130, using: &random))"
            if Bool.random(using: &random) {
              let (item, put) = Self.item(key, using: &random)
              items[key] = item
              #expect(client.run(put) == "OK")
            } else {
              items[key] = nil
              _ = client.run("del \(key)")
            }
          }
        }
        let query = RandomQuery(using: &random)
        let expected = query.answer(over: Array(items.values)).joined(separator: "\n")
        let answer = client.run(query.line)
        #expect(answer == expected, "seed \(seed): \(query.line)")
        if answer.isEmpty { emptyCount += 1 } else { rowCount += 1 }
      }
    }
    #expect(rowCount > 100 && emptyCount > 5, "\(rowCount) \(emptyCount)")
  }
}
