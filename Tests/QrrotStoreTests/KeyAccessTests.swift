import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// A session that a test reaches the keys of an engine with.
final class AccessClient {
  let engine: LocalEngine
  let session: UnsafeMutablePointer<Session>

  init(_ engine: LocalEngine = LocalEngine(), isReadOnly: Bool = false) {
    self.engine = engine
    session = .allocate(capacity: 1)
    session.initialize(to: Session(isReadOnly: isReadOnly))
  }

  deinit {
    session.deinitialize(count: 1)
    session.deallocate()
  }

  /// Runs `body` with the lock held.
  func access<R>(_ body: (inout KeyAccess) throws(QrrotError) -> R) throws(QrrotError) -> R {
    var access = engine.access(session)
    return try body(&access)
  }

  func put(_ key: String, _ value: String, expiry: KeyAccess.Expiry = .end) throws(QrrotError) {
    try access { access throws(QrrotError) in
      try access.put(key, value, expiry: expiry)
    }
  }

  /// What a key holds, as text; an int as its digits; nil if it is absent.
  func get(_ key: String) throws(QrrotError) -> String? {
    try access { access throws(QrrotError) in access.text(key) }
  }
}

extension KeyAccess {
  mutating func put(_ key: String, _ value: String, expiry: Expiry = .end) throws(QrrotError) {
    let bytes = Array(value.utf8)
    try Array(key.utf8).withRawBytes { key throws(QrrotError) in
      try bytes.withRawBytes { value throws(QrrotError) in
        try put(key, .string, value, expiry: expiry)
      }
    }
  }

  mutating func put(_ key: String, integer: Int64, expiry: Expiry = .end) throws(QrrotError) {
    try Array(key.utf8).withRawBytes { key throws(QrrotError) in
      try put(key, integer: integer, expiry: expiry)
    }
  }

  mutating func text(_ key: String) -> String? {
    Array(key.utf8).withUnsafeBytes { key in
      find(key).map {
        $0.type == .int ? String($0.integer) : String(decoding: $0.bytes, as: UTF8.self)
      }
    }
  }

  mutating func expiry(_ key: String) -> Int64? {
    Array(key.utf8).withUnsafeBytes { key in find(key)?.expiry }
  }

  func version(_ key: String) -> UInt64 {
    Array(key.utf8).withUnsafeBytes { version(of: $0) }
  }

  mutating func remove(_ keys: String...) throws(QrrotError) -> Int {
    // One memory for all of them, which outlives the call.
    let bytes = Array(keys.joined().utf8)
    return try bytes.withRawBytes { bytes throws(QrrotError) in
      var start = 0
      let parts = keys.map { key in
        defer { start += key.utf8.count }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + key.utf8.count)])
      }
      return try remove(parts)
    }
  }

  /// All keys, by scans of so many at a time, in order.
  func keys(limit: Int = 16) throws(QrrotError) -> [String] {
    var keys: [String] = []
    var cursor: UInt64 = 0
    repeat {
      cursor = try scan(from: cursor, limit: limit) { key, _ throws(QrrotError) in
        keys.append(String(decoding: key, as: UTF8.self))
      }
    } while cursor != 0
    return keys.sorted()
  }
}

@Suite("Keys with the lock held")
struct KeyAccessTests {
  @Test("what is put is found, with its type and its expiry")
  func putAndFind() throws {
    let clock = TestClock()
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    try client.put("s", "text")
    try client.access { access throws(QrrotError) in
      try access.put("n", integer: -7, expiry: .at(access.moment + 500))
      #expect(access.text("s") == "text" && access.text("n") == "-7" && access.text("x") == nil)
      #expect(access.expiry("s") == 0 && access.expiry("n") == clock.milliseconds + 500)
      // Reads see what was written a moment ago, and hand it out where it lies.
      try access.put("s", "more")
      #expect(access.text("s") == "more")
    }
    let other = AccessClient(client.engine)
    #expect(try other.get("s") == "more")
    clock.advance(milliseconds: 500)
    #expect(try other.get("n") == nil)
  }

  @Test("a write ends an expiry, keeps it or sets it")
  func expiry() throws {
    let clock = TestClock()
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    let time = clock.milliseconds + 1_000
    try client.put("k", "1", expiry: .at(time))
    try client.put("k", "2", expiry: .keep)
    #expect(try client.access { access in access.expiry("k") } == time)
    try client.put("k", "3")
    #expect(try client.access { access in access.expiry("k") } == 0)
  }

  @Test("all that happens in one access happens at one moment")
  func moment() throws {
    let clock = TestClock(step: 10)
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    try client.access { access throws(QrrotError) in
      let moment = access.moment
      try access.put("k", "v", expiry: .at(moment + 1))
      for _ in 0..<5 { #expect(access.text("k") == "v" && access.moment == moment) }
    }
    #expect(try client.get("k") == nil)
  }

  @Test("removing counts a key once, however often it is named")
  func remove() throws {
    let client = AccessClient()
    for key in ["a", "b", "c"] { try client.put(key, "v") }
    try client.access { access throws(QrrotError) in
      let result1 = try access.remove("a", "a", "none", "b")
      #expect(result1 == 2)
      let result2 = try access.remove("a")
      #expect(result2 == 0)
      #expect(access.count() == 1 && access.text("c") == "v")
    }
  }

  @Test("in a transaction reads see what is staged, and it is one commit, or none at all")
  func transaction() throws {
    let client = AccessClient()
    let other = AccessClient(client.engine)
    try client.put("a", "1")
    let before = client.engine.lastCommit
    try client.access { access throws(QrrotError) in
      let result3 = access.beginTransaction()
      #expect(result3)
      let result4 = access.beginTransaction()
      #expect(!result4)
      try access.put("a", "2")
      try access.put("b", integer: 3, expiry: .at(access.moment + 60_000))
      #expect(access.text("a") == "2" && access.text("b") == "3" && access.count() == 2)
      #expect(access.expiry("b") == access.moment + 60_000)
      let result5 = try access.remove("a")
      #expect(result5 == 1)
      #expect(access.text("a") == nil && access.count() == 1)
      let result6 = try access.keys()
      #expect(result6 == ["b"])
      try access.endTransaction()
    }
    #expect(client.engine.lastCommit == before + 1)
    #expect(try other.get("a") == nil && other.get("b") == "3")
    try client.access { access throws(QrrotError) in
      let result7 = access.beginTransaction()
      #expect(result7)
      try access.put("b", "dropped")
      #expect(access.text("b") == "dropped")
      access.dropTransaction()
      #expect(access.text("b") == "3")
    }
    #expect(try other.get("b") == "3" && client.engine.lastCommit == before + 1)
  }

  @Test("what is staged in a transaction stays readable while more is staged")
  func stagedCopies() throws {
    let client = AccessClient()
    try client.access { access throws(QrrotError) in
      _ = access.beginTransaction()
      try access.put("a", String(repeating: "x", count: 5_000))
      let key = Array("a".utf8)
      let found = key.withUnsafeBytes { access.find($0) }
      for index in 0..<200 { try access.put("k\(index)", String(repeating: "y", count: 5_000)) }
      try access.put("a", "short")
      #expect(found?.bytes.count == 5_000 && found?.bytes.allSatisfy { $0 == 0x78 } == true)
      try access.endTransaction()
      #expect(access.text("a") == "short" && access.count() == 201)
    }
  }

  @Test("every write of a key changes its version, absence has one too, a read changes nothing")
  func versions() throws {
    let clock = TestClock()
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    func version() throws -> UInt64 { try client.access { access in access.version("k") } }
    var seen: [UInt64] = [try version()]
    func expectChange(_ changes: Bool = true) throws {
      let now = try version()
      #expect((now != seen.last) == changes)
      seen.append(now)
    }
    try expectChange(false)
    try client.put("k", "v")
    try expectChange()
    _ = try client.get("k")
    try client.put("other", "v")
    try expectChange(false)
    try client.put("k", "w")
    try expectChange()
    try client.put("k", "w", expiry: .at(clock.milliseconds + 100))
    try expectChange()
    clock.advance(milliseconds: 100)
    try expectChange()
    try expectChange(false)
    try client.put("k", "v")
    try expectChange()
    _ = try client.access { access throws(QrrotError) in try access.remove("k") }
    try expectChange()
  }

  @Test("scans hand out every key once, whatever has expired is left out")
  func scan() throws {
    let clock = TestClock()
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    let keys = (0..<2_000).map { "key:\($0)" }
    for (index, key) in keys.enumerated() {
      try client.put(key, "v", expiry: index % 4 == 0 ? .at(clock.milliseconds + 50) : .end)
    }
    try client.access { access throws(QrrotError) in
      let first8 = try access.keys()
      let second8 = try access.keys(limit: 1)
      #expect(first8 == keys.sorted() && second8 == keys.sorted())
      #expect(access.count() == 2_000 && access.expiringCount() == 500)
    }
    clock.advance(milliseconds: 50)
    let rest = keys.enumerated().filter { $0.offset % 4 != 0 }.map(\.element).sorted()
    try client.access { access throws(QrrotError) in
      let result9 = try access.keys(limit: 100)
      #expect(result9 == rest)
      #expect(access.count() == 1_500 && access.expiringCount() == 0)
    }
  }

  @Test("a cursor that nobody handed out is a place like every other, or the end")
  func foreignCursor() throws {
    let client = AccessClient()
    for index in 0..<100 { try client.put("k\(index)", "v") }
    try client.access { access throws(QrrotError) in
      for cursor in [1, 12_345, UInt64(1) << 40, .max, .max - 1] {
        var next = cursor
        for _ in 0..<10_000 where next != 0 {
          next = try access.scan(from: next, limit: 10) { _, _ throws(QrrotError) in }
        }
        #expect(next == 0)
      }
    }
  }

  @Test("what the body of a scan throws comes through")
  func scanError() throws {
    let client = AccessClient()
    try client.put("k", "v")
    #expect(throws: QrrotError(.interrupted, "enough")) {
      try client.access { access throws(QrrotError) in
        _ = try access.scan(from: 0, limit: 10_000) { _, _ throws(QrrotError) in
          throw QrrotError(.interrupted, "enough")
        }
      }
    }
    #expect(try client.get("k") == "v")
  }

  @Test("a random key is one of those that are there, each at some time")
  func randomKey() throws {
    let clock = TestClock()
    let client = AccessClient(LocalEngine(clock: clock.wallClock))
    #expect(try client.access { access in access.randomKey() } == nil)
    for key in ["a", "b", "c", "d"] { try client.put(key, "v") }
    try client.put("gone", "v", expiry: .at(clock.milliseconds + 1))
    clock.advance(milliseconds: 1)
    var seen: [String: Int] = [:]
    for _ in 0..<2_000 {
      let key = try client.access { access in access.randomKey() }
      seen[String(decoding: key ?? [], as: UTF8.self), default: 0] += 1
    }
    #expect(seen.keys.sorted() == ["a", "b", "c", "d"])
    #expect(seen.values.allSatisfy { $0 > 100 }, "\(seen)")
    try client.access { access throws(QrrotError) in
      _ = access.beginTransaction()
      _ = try access.remove("a", "b", "c")
      #expect(access.randomKey() == Array("d".utf8))
      access.dropTransaction()
    }
  }

  /// The code of the error that `body` throws; nil if it throws none.
  private func failure(
    _ client: AccessClient, _ body: (inout KeyAccess) throws(QrrotError) -> Void
  ) -> QrrotError.Code? {
    do throws(QrrotError) { try client.access(body) } catch { return error.code }
    return nil
  }

  @Test("limits, a session to read only, and full memory: an error, and nothing has changed")
  func errors() throws {
    let client = AccessClient(LocalEngine(memoryLimit: 1 << 20))
    try client.put("k", "v")
    let long = String(repeating: "v", count: 2 << 20)
    #expect(failure(client) { access throws(QrrotError) in try access.put("", "v") } == .syntax)
    let longKey = String(repeating: "k", count: 65_537)
    #expect(
      failure(client) { access throws(QrrotError) in try access.put(longKey, "v") } == .tooLarge)
    #expect(failure(client) { access throws(QrrotError) in try access.put("k", long) } == .tooLarge)
    #expect(
      failure(client) { access throws(QrrotError) in try access.requireMemory(2 << 20) }
        == .tooLarge)
    #expect(failure(client) { access throws(QrrotError) in try access.requireMemory(1_000) } == nil)
    let reader = AccessClient(client.engine, isReadOnly: true)
    #expect(failure(reader) { access throws(QrrotError) in try access.put("k", "w") } == .readOnly)
    #expect(
      failure(reader) { access throws(QrrotError) in _ = try access.remove("k") } == .readOnly)
    var reply = Reply()
    #expect(
      failure(reader) { access throws(QrrotError) in
        try access.execute(Command(.clear), into: &reply)
      } == .readOnly)
    #expect(try reader.get("k") == "v")
  }

  @Test("commands of the language run inside an access")
  func commands() throws {
    let client = AccessClient()
    try client.put("k", "v")
    try client.access { access throws(QrrotError) in
      var reply = Reply()
      try access.execute(Command(.size), into: &reply)
      #expect(reply.cells.first?.integer == 1)
      try access.execute(Command(.clear), into: &reply)
      #expect(access.count() == 0)
    }
  }

  @Test("nothing of others comes between what one access does")
  func exclusion() async throws {
    let engine = LocalEngine()
    try AccessClient(engine).access { access throws(QrrotError) in
      try access.put("n", integer: 0)
    }
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          await onThread {
            let client = AccessClient(engine)
            for _ in 0..<500 {
              try? client.access { access throws(QrrotError) in
                let value = Int64(access.text("n") ?? "") ?? 0
                try access.put("n", integer: value + 1)
              }
            }
          }
        }
      }
    }
    #expect(try AccessClient(engine).get("n") == "2000")
  }
}
