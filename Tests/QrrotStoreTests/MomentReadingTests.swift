import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("What keys held at one moment, piece by piece")
struct MomentReadingTests {
  private let budget = ViewBudget(byteCount: 1 << 20, totalByteCount: 1 << 20)

  private func read(_ engine: LocalEngine, _ keys: [String]) -> MomentReading {
    var session = Session()
    return withUnsafeMutablePointer(to: &session) { session in
      var access = engine.access(session)
      let bytes = keys.map { Array($0.utf8) }
      let copies = bytes.map { key in
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: key.count, alignment: 1)
        copy.copyBytes(from: key)
        return copy
      }
      defer { for copy in copies { copy.deallocate() } }
      return access.beginReading(copies.map { UnsafeRawBufferPointer($0) }, budget)
    }
  }

  private static func text(_ record: RecordView?) -> String {
    guard let record, let value = Value(storedType: record.type, bytes: record.value) else {
      return "(nil)"
    }
    var text: [UInt8] = []
    TextForm.append(value, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func write(_ client: EngineClient, _ random: inout SeededGenerator) {
    let key = "k\(Int.random(in: 0..<12, using: &random))"
    let lines = [
      "put \(key) \(Int.random(in: 0..<100, using: &random))", "put \(key) \"some text\"",
      "del \(key)", "undo", "undo 2", "clear", "expire \(key) 10", "incr \(key)",
    ]
    _ = client.run(lines.randomElement(using: &random) ?? "undo")
  }

  @Test("whatever is written, expires or is undone meanwhile, each has the value of the moment")
  func besideWrites() throws {
    let seed = TestSettings.seed(92)
    var random = SeededGenerator(seed: seed)
    var changed = 0
    for _ in 0..<TestSettings.count(300) {
      let clock = TestClock()
      let engine = LocalEngine(clock: clock.wallClock)
      let client = EngineClient(engine)
      for _ in 0..<30 { write(client, &random) }
      let keys = (0..<Int.random(in: 1...20, using: &random)).map { _ in
        "k\(Int.random(in: 0..<14, using: &random))"
      }
      let expected = keys.map { client.run("get \($0)") }
      let reading = read(engine, keys)
      var found: [String] = []
      var hasMore = true
      while hasMore {
        for _ in 0..<Int.random(in: 0...5, using: &random) { write(client, &random) }
        if Int.random(in: 0..<10, using: &random) == 0 { clock.advance(milliseconds: 20_000) }
        let step = [ReadingStep.next, .pause, .stay].randomElement(using: &random) ?? .next
        hasMore = try reading.next { record in
          if step != .stay { found.append(Self.text(record)) }
          return step
        }
      }
      #expect(found == expected, "seed \(seed)")
      if keys.map({ client.run("get \($0)") }) != expected { changed += 1 }
    }
    #expect(changed > 100 && budget.used == 0)
  }

  @Test("a list in order is that of the moment, and what was passed is not kept for it")
  func list() throws {
    let seed = TestSettings.seed(93)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(60) {
      let client = EngineClient()
      for _ in 0..<40 { write(client, &random) }
      let expected = client.run("all").split(separator: "\n").count
      let lines = client.run("keys").split(separator: "\n").map { client.run("get \($0)") }
      let (keys, reading) = client.engine.beginList(budget)
      var list = SortedKeys()
      var hasMore = true
      while hasMore {
        write(client, &random)
        hasMore = try keys.next(limit: 3) { list.append($0) }
        list.endRun()
      }
      while list.merge(limit: 2) {}
      #expect(list.count == expected)
      reading.begin(list)
      var found: [String] = []
      hasMore = list.count > 0
      while hasMore {
        write(client, &random)
        hasMore = try reading.next { record in
          found.append(Self.text(record))
          return .pause
        }
      }
      #expect(found == lines, "seed \(seed)")
    }
  }

  @Test("two looks at the keys of one moment see the same, though keys vanish in between")
  func keysTwice() throws {
    let seed = TestSettings.seed(94)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(60) {
      let clock = TestClock()
      let client = EngineClient(LocalEngine(clock: clock.wallClock))
      for _ in 0..<60 { write(client, &random) }
      let expected = Set(client.run("keys").split(separator: "\n").map(String.init))
      var session = Session()
      let (first, second) = withUnsafeMutablePointer(to: &session) { session in
        var access = client.engine.access(session)
        return access.beginKeysTwice(budget)
      }
      for keys in [first, second] {
        var found: [String] = []
        var hasMore = true
        while hasMore {
          write(client, &random)
          clock.advance(milliseconds: 1_000)
          hasMore = try keys.next(limit: 2) { found.append(String(decoding: $0, as: UTF8.self)) }
        }
        #expect(found.count == expected.count && Set(found) == expected, "seed \(seed)")
      }
    }
  }

  @Test("what would take more than may be kept ends the reading, and gives all back")
  func overrun() throws {
    let client = EngineClient()
    try client.putLarge("large", byteCount: 2 << 20)
    try client.putLarge("small", byteCount: 1_000)
    let reading = read(client.engine, ["large", "small"])
    #expect(try reading.next { _ in .stay })
    _ = client.run("put small 1")
    #expect(budget.used > 1_000 && budget.used < 2_000 && !reading.isOverrun)
    _ = client.run("put large 1")
    #expect(reading.isOverrun && budget.used == 0)
    var isAsked = false
    #expect(throws: QrrotError.self) {
      try reading.next { _ in
        isAsked = true
        return .next
      }
    }
    #expect(!isAsked)
  }

  @Test("a value that several keep is there once; all together have a limit")
  func shared() throws {
    let client = EngineClient()
    try client.putLarge("k", byteCount: 700_000)
    var readings = (0..<5).map { _ in read(client.engine, ["k"]) }
    _ = client.run("put k 1")
    #expect((700_000..<710_000).contains(budget.used))
    try client.putLarge("other", byteCount: 700_000)
    let other = read(client.engine, ["other"])
    _ = client.run("put other 1")
    #expect(other.isOverrun && !readings.contains { $0.isOverrun })
    let third = read(client.engine, ["k"])
    budget.addOthers(400_000)
    _ = client.run("put k 2")
    #expect(third.isOverrun, "others take a part of the total")
    readings = []
    #expect(budget.used == 0)
  }

  @Test("a reading keeps nothing of other keys, and once it is over nothing at all")
  func scope() throws {
    let client = EngineClient()
    _ = client.run("put k 1")
    _ = client.run("put other 1")
    var reading: MomentReading? = read(client.engine, ["k"])
    _ = client.run("put other 2")
    #expect(budget.used == 0)
    _ = client.run("put k 2")
    #expect(budget.used > 0 && reading != nil)
    reading = nil
    #expect(budget.used == 0 && client.engine.reading { $0.views.isEmpty })
  }

  @Test("keys sorted in runs are in the order of keys sorted at once")
  func runs() throws {
    let seed = TestSettings.seed(95)
    var random = SeededGenerator(seed: seed)
    for count in [0, 1, 2, 3, 10, 500] {
      var (atOnce, inRuns) = (SortedKeys(), SortedKeys())
      for _ in 0..<count {
        let key = Array(String(UInt32.random(in: 0...(.max), using: &random), radix: 3).utf8)
        key.withUnsafeBytes { key in
          atOnce.append(key)
          inRuns.append(key)
        }
        if Int.random(in: 0..<9, using: &random) == 0 { inRuns.endRun() }
      }
      inRuns.endRun()
      try atOnce.sort(Interrupt())
      while inRuns.merge(limit: Int.random(in: 1...50, using: &random)) {}
      #expect(Self.all(of: inRuns) == Self.all(of: atOnce), "seed \(seed), \(count)")
    }
  }

  private static func all(of keys: SortedKeys) -> [[UInt8]] {
    var all: [[UInt8]] = []
    _ = keys.forEach(from: 0) { key in
      all.append(Array(key))
      return .next
    }
    return all
  }
}
