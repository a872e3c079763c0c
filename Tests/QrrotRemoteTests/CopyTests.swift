import QrrotCore
import QrrotRemote
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

/// Copies from and to a database that a server has.
@Suite("Copies over the network")
struct CopyTests {
  private func copy(
    from source: any Engine, to target: any Engine, _ policy: ConflictPolicy = .error,
    stop: Int = .max
  ) async -> (counts: RecordCopier.Counts, error: QrrotError?) {
    var options = RecordCopier.Options(now: { 0 })
    options.onConflict = policy
    options.recordCount = 700
    let copier = RecordCopier(from: source, to: target, options)
    var (session, lookCount) = (Session(), 0)
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

  private func listing(_ engine: any Engine) async -> String {
    var client = LineClient(engine)
    return await client.run("all")
  }

  @Test("there and back all is the same, and one that was ended goes on")
  func roundTrip() async throws {
    let scene = try await RemoteScene()
    let remote = try scene.connect()
    let (source, back) = (LocalEngine(), LocalEngine())
    var client = LineClient(source)
    // Long enough for several parts of a reading.
    let text = String(repeating: "x", count: 700)
    for index in 0..<3_000 {
      let value = ["\(index)", "\"\(index)\(text)\"", "[\(index),\"\(text)\"]"][index % 3]
      _ = await client.run("put k\(index) \(value)")
      if index % 10 == 0 {
        _ = await client.run("expireat k\(index) 4102444800\(100 + index % 900)")
      }
    }
    for (from, to) in [(source, remote), (remote, back)] as [(any Engine, any Engine)] {
      let first = await copy(from: from, to: to, stop: 2)
      #expect(first.error?.code == .interrupted)
      let second = await copy(from: from, to: to)
      #expect(second.error == nil)
      #expect(second.counts.copiedCount == 3_000 - first.counts.copiedCount)
      #expect(second.counts.equalCount == first.counts.copiedCount)
      #expect(await copy(from: from, to: to).counts.equalCount == 3_000)
    }
    #expect(await listing(back) == listing(source))
    for index in stride(from: 0, to: 3_000, by: 10) {
      var session = Session()
      let key = Array("k\(index)".utf8)
      #expect(
        try back.record(of: key, in: &session)?.expiry
          == Int64("4102444800\(100 + index % 900)"))
    }
    await scene.stop()
  }

  @Test("what the server holds is looked up in parts of one answer each")
  func lookups() async throws {
    let scene = try await RemoteScene()
    let remote = try scene.connect()
    var client = LineClient(remote)
    let text = String(repeating: "x", count: 3 << 20)
    for key in ["a", "b", "c"] { #expect(await client.run("put \(key) \(text)") == "OK") }
    var session = Session()
    let keys: [[UInt8]] = [[122], [97], [98], [99]]
    let found = try await remote.records(of: keys, in: &session)
    #expect(
      found == [
        nil, .init(value: .string(Array(text.utf8))), .init(value: .string(Array(text.utf8))),
      ])
    #expect(try await remote.records(of: [], in: &session).isEmpty)
    await #expect(throws: QrrotError.self) {
      _ = try await remote.records(of: [[UInt8](repeating: 1, count: 70_000)], in: &session)
    }
    let source = LocalEngine()
    var other = LineClient(source)
    for key in ["a", "b", "c", "d"] { _ = await other.run("put \(key) 1") }
    let refused = await copy(from: source, to: remote)
    #expect(refused.error?.code == .conflict && refused.counts.copiedCount == 0)
    let skipping = await copy(from: source, to: remote, .skip)
    #expect(skipping.counts.skippedCount == 3 && skipping.counts.copiedCount == 1)
    let replacing = await copy(from: source, to: remote, .replace)
    #expect(replacing.counts.replacedCount == 3 && replacing.counts.equalCount == 1)
    #expect(await listing(remote) == listing(source))
    await scene.stop()
  }

  @Test("a server that takes no writes from here is told by the first batch")
  func readOnly() async throws {
    let scene = try await RemoteScene()
    let remote = try scene.connect { $0.isReadOnly = true }
    let source = LocalEngine()
    var client = LineClient(source)
    _ = await client.run("put a 1")
    #expect(await copy(from: source, to: remote).error?.code == .readOnly)
    await scene.stop()
  }

  private func put(_ value: Value, _ key: String, in engine: any Engine) async throws {
    var (session, reply, command) = (Session(), Reply(), Command(.put))
    command.append(.key, Array(key.utf8))
    command.append(value)
    try await engine.execute(command, in: &session, into: &reply)
  }

  @Test(
    "in every place: there and back, again, and over something else", arguments: DatabasePlace.here)
  func places(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      let (source, back) = (LocalEngine(), LocalEngine())
      var (client, other) = (LineClient(source), LineClient(opened.engine))
      for index in 0..<1_500 {
        let value = ["\(index)", "\"x\(index)\\xff\"", "{\"n\":[\(index),1.50]}"][index % 3]
        #expect(await client.run("put k\(index) \(value)") == "OK")
      }
      for index in stride(from: 0, to: 1_500, by: 7) {
        #expect(await client.run("expireat k\(index) \(4_102_444_800_000 + index)") == "1")
      }
      let first = await copy(from: source, to: opened.engine)
      #expect(first.error == nil && first.counts.copiedCount == 1_500)
      #expect(first.counts.changedFormCount == 0)
      #expect(await copy(from: source, to: opened.engine).counts.equalCount == 1_500)
      #expect(await copy(from: opened.engine, to: back).counts.copiedCount == 1_500)
      #expect(await copy(from: source, to: back).counts.equalCount == 1_500)

      #expect(await other.run("put k7 other") == "OK")
      let refused = await copy(from: source, to: opened.engine)
      #expect(
        refused.error?.code == .conflict && refused.error?.message.contains("under k7;") == true)
      let skipping = await copy(from: source, to: opened.engine, .skip)
      #expect(skipping.error == nil && skipping.counts.skippedCount == 1)
      let replacing = await copy(from: source, to: opened.engine, .replace)
      #expect(replacing.counts.replacedCount == 1 && replacing.counts.equalCount == 1_499)
      #expect(await listing(opened.engine) == listing(source))
    }
  }

  @Test(
    "what a place keeps in another form is counted, and equal the next time",
    arguments: DatabasePlace.here)
  func forms(place: DatabasePlace) async throws {
    try await OpenPlace.use(place) { (opened) async throws in
      let source = LocalEngine()
      let values: [(String, Value)] = [
        ("number", .string(Array("42".utf8))), ("list", .string(Array("[1, 2]".utf8))),
        ("true", .json(Array("true".utf8))), ("zero", .string(Array("-0".utf8))),
        ("text", .json(Array("\"x\"".utf8))), ("brace", .string(Array("{".utf8))),
      ]
      for (key, value) in values { try await put(value, key, in: source) }
      let first = await copy(from: source, to: opened.engine)
      #expect(first.error == nil && first.counts.copiedCount == 6)
      #expect(first.counts.changedFormCount == (place.isRedis ? 4 : 0))
      let second = await copy(from: source, to: opened.engine)
      #expect(second.error == nil && second.counts.equalCount == 6)
    }
  }
}
