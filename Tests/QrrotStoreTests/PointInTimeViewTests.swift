import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("A view of one moment")
struct PointInTimeViewTests {
  @Test(
    "whatever is written meanwhile, each key of that moment comes once, as it was",
    arguments: [1, 7, 64])
  func besideWrites(limit: Int) {
    var generator = SeededGenerator(seed: TestSettings.seed(404 + UInt64(limit)))
    for round in 0..<TestSettings.count(20, long: 300) {
      let engine = LocalEngine()
      let clients = [EngineClient(engine), EngineClient(engine)]
      let keys = Int.random(in: 1...300, using: &generator)
      for _ in 0..<(2 * keys) { write(clients, keys, &generator) }
      let expected = contents(clients[0])
      let view = engine.beginView()
      var found: [String] = []
      var isMore = true
      while isMore {
        for _ in 0..<Int.random(in: 0...20, using: &generator) { write(clients, keys, &generator) }
        isMore = take(engine, view, limit, &found)
      }
      engine.endView(view)
      let wrong = Set(found).symmetricDifference(expected)
      #expect(
        wrong.isEmpty && found.count == expected.count,
        "round \(round): \(found.count), not \(expected.count); \(wrong.prefix(3))")
    }
  }

  @Test("two views of two moments go side by side")
  func twoViews() {
    var generator = SeededGenerator(seed: TestSettings.seed(405))
    let engine = LocalEngine()
    let clients = [EngineClient(engine), EngineClient(engine)]
    for _ in 0..<500 { write(clients, 200, &generator) }
    let firstExpected = contents(clients[0])
    let first = engine.beginView()
    for _ in 0..<500 { write(clients, 200, &generator) }
    let secondExpected = contents(clients[0])
    let second = engine.beginView()
    var firstFound: [String] = []
    var secondFound: [String] = []
    var isMore = (true, true)
    while isMore.0 || isMore.1 {
      for _ in 0..<10 { write(clients, 200, &generator) }
      if isMore.0 { isMore.0 = take(engine, first, 16, &firstFound) }
      for _ in 0..<10 { write(clients, 200, &generator) }
      if isMore.1 { isMore.1 = take(engine, second, 9, &secondFound) }
    }
    #expect(firstFound.sorted() == firstExpected)
    #expect(secondFound.sorted() == secondExpected)
  }

  @Test("what was removed before and is brought back by undo afterwards was not there")
  func broughtBack() {
    let engine = LocalEngine()
    let client = EngineClient(engine)
    _ = client.run("put k old")
    _ = client.run("del k")
    let view = engine.beginView()
    _ = client.run("put k new")
    _ = client.run("undo 2")
    #expect(client.run("get k") == "\"old\"")
    var found: [String] = []
    while take(engine, view, 100, &found) {}
    #expect(found == [])
  }

  @Test("single keys of embedders leave behind what they replace")
  func embedding() throws {
    let engine = LocalEngine()
    let client = EngineClient(engine)
    _ = client.run("put k abc")
    let view = engine.beginView()
    try Array("k".utf8).withUnsafeBytes { key in
      try Array("xyz".utf8).withUnsafeBytes { try engine.put(string: $0, forKey: key) }
    }
    var found: [String] = []
    while take(engine, view, 100, &found) {}
    #expect(found == ["k string \"abc\""])
  }

  @Test("writers on other threads and a view on its own")
  func threads() async {
    let engine = LocalEngine()
    let filler = EngineClient(engine)
    for key in 0..<5_000 { _ = filler.run("put k\(key) 0") }
    let writers = (0..<2).map { number in
      Task {
        await onThread {
          var generator = SeededGenerator(seed: UInt64(number))
          let client = EngineClient(engine)
          for _ in 0..<TestSettings.count(20_000, long: 10) {
            let key = Int.random(in: 0..<5_000, using: &generator)
            _ = client.run(Bool.random(using: &generator) ? "incr k\(key)" : "del k\(key)")
          }
        }
      }
    }
    let (expectedCount, found) = await onThread {
      let view = engine.beginView()
      var found: [String] = []
      while take(engine, view, 50, &found) {}
      engine.endView(view)
      return (Set(found.map { $0.prefix { $0 != " " } }).count, found)
    }
    #expect(found.count == expectedCount, "no key comes twice")
    for writer in writers { await writer.value }
  }

  private func write(
    _ clients: [EngineClient], _ keys: Int, _ generator: inout SeededGenerator
  ) {
    let client = clients[Int.random(in: 0..<clients.count, using: &generator)]
    let key = "k\(Int.random(in: 0..<keys, using: &generator))"
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<40:
      _ = client.run("put \(key) \(Int.random(in: 0..<1_000, using: &generator))")
    case 40..<50:
      let length = Int.random(in: 0...300, using: &generator)
      let value = String(repeating: "x", count: length)
      if length % 2 == 0 {
        _ = client.run("put \(key) \"\(value)\"")
      } else {
        _ = client.embed(Array(key.utf8), Array(value.utf8))
      }
    case 50..<80: _ = client.run("del \(key)")
    case 80..<98: _ = client.run("undo \(Int.random(in: 1...3, using: &generator))")
    case 98: _ = client.run("clear")
    default:
      _ = client.run("begin")
      _ = client.run("put \(key) staged")
      _ = client.run("del k0")
      _ = client.run("commit")
    }
  }

  /// What `all` says, which knows nothing of views.
  private func contents(_ client: EngineClient) -> [String] {
    client.run("all").split(separator: "\n").map(String.init).sorted()
  }
}

/// Takes the next part of a view as lines of text.
private func take(
  _ engine: LocalEngine, _ view: PointInTimeView, _ limit: Int, _ found: inout [String]
) -> Bool {
  engine.next(of: view, limit: limit) { record in
    var line = Array(record.key) + Array(" \(record.type.name) ".utf8)
    if let value = Value(storedType: record.type, bytes: record.value) {
      TextForm.append(value, to: &line)
    }
    found.append(String(decoding: line, as: UTF8.self))
  }
}
