import QrrotCore
import QrrotRemote
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

/// Import and export over the network.
@Suite("Import and export far away")
struct TransferTests {
  private func add(
    _ key: String, _ value: Value, expiry: Int64 = 0, to bulk: any BulkWrite
  ) throws -> BulkOutcome {
    let bytes: [UInt8] =
      switch value {
      case .string(let bytes), .json(let bytes): bytes
      case .int(let integer): (0..<8).map { UInt8(truncatingIfNeeded: integer >> (8 * $0)) }
      }
    return try Array(key.utf8).withUnsafeBytes { key in
      try bytes.withUnsafeBytes { value_ in
        try bulk.add(
          RecordView(key: key, type: value.type, value: value_, expiry: expiry))
      }
    }
  }

  private func read(_ engine: any Engine, _ pattern: String?) async throws -> [CallLine] {
    var session = Session()
    let reading = try await engine.beginReading(
      matching: pattern.map { Array($0.utf8) }, in: &session)
    var lines: [CallLine] = []
    while try reading.next({ view in lines.append(CallLine(view)) }) {
      #expect(reading.doneCount <= reading.count)
    }
    return lines
  }

  /// A record as a test compares it.
  private struct CallLine: Equatable {
    let key: [UInt8]
    let type: ValueType
    let value: [UInt8]
    let expiry: Int64

    init(_ view: RecordView) {
      key = Array(view.key)
      type = view.type
      value = Array(view.value)
      expiry = view.expiry
    }
  }

  @Test("what is imported is one write, read back as it is, and one undo takes it back")
  func roundTrip() async throws {
    let scene = try await RemoteScene()
    let engine = try scene.connect()
    var client = LineClient(engine)
    let bulk = try await engine.beginBulkWrite(onConflict: .error, in: &client.session)
    for index in 0..<3_000 {
      let text = [UInt8](repeating: UInt8(index % 256), count: 1_000)
      #expect(try add("k\(index)", .string(text), to: bulk) == .added)
    }
    #expect(try add("n", .int(-7), expiry: 32_503_680_000_000, to: bulk) == .added)
    #expect(try add("j", .json(Array("[1]".utf8)), to: bulk) == .added)
    #expect(bulk.count == 3_002)
    #expect(throws: QrrotError.self) { try add("n", .int(1), to: bulk) }
    let counts = try await bulk.apply(in: &client.session)
    #expect(counts.insertedCount == 3_002)
    let lines = try await read(engine, nil)
    #expect(lines == (try await read(scene.engine, nil)))
    #expect(lines.count == 3_002)
    #expect(try await read(engine, "[jn]").map(\.expiry) == [0, 32_503_680_000_000])
    #expect(await client.run("undo").split(separator: "\n").count == 3_002)
    #expect(await scene.run("size") == "0")
    await scene.stop()
  }

  @Test(
    "keys that are there: an error changes nothing, the others are counted",
    arguments: [
      ConflictPolicy.error, .skip, .replace,
    ])
  func conflicts(policy: ConflictPolicy) async throws {
    let scene = try await RemoteScene()
    let engine = try scene.connect()
    var client = LineClient(engine)
    #expect(await client.run("put a old") == "OK")
    let bulk = try await engine.beginBulkWrite(onConflict: policy, in: &client.session)
    _ = try add("a", .string([110]), to: bulk)
    _ = try add("b", .string([110]), to: bulk)
    if policy == .error {
      await #expect(throws: QrrotError.self) { _ = try await bulk.apply(in: &client.session) }
      #expect(await scene.run("all") == "a string \"old\"")
    } else {
      let counts = try await bulk.apply(in: &client.session)
      #expect(counts.insertedCount == 1)
      #expect(counts.skippedCount == (policy == .skip ? 1 : 0))
      #expect(counts.replacedCount == (policy == .replace ? 1 : 0))
      #expect(await scene.run("get a") == (policy == .skip ? "\"old\"" : "\"n\""))
    }
    // Nothing of it is left that would keep others from importing.
    for _ in 0..<10 { _ = try await engine.beginBulkWrite(onConflict: .skip, in: &client.session) }
    await scene.stop()
  }

  @Test("a reading shows one moment, whatever is written meanwhile")
  func oneMoment() async throws {
    let scene = try await RemoteScene()
    let engine = try scene.connect()
    var client = LineClient(engine)
    for index in 0..<2_000 { _ = await scene.run("put k\(index) \(index)") }
    let reading = try await engine.beginReading(matching: nil, in: &client.session)
    var count = 0
    var isFirst = true
    while try reading.next({ view in
      count += 1
      #expect(view.type == .int)
    }) {
      guard isFirst else { continue }
      isFirst = false
      #expect(await client.run("clear") == "2000")
    }
    #expect(count == 2_000)
    await scene.stop()
  }

  @Test("what is gathered on the server counts as memory, and is given back")
  func memory() async throws {
    let scene = try await RemoteScene { configuration, _ in
      configuration.memoryLimit = 24 << 20
    }
    let engine = try scene.connect()
    var client = LineClient(engine)
    for (megabytes, code) in [(30, QrrotError.Code.tooLarge), (10, nil), (30, .tooLarge), (2, nil)]
    {
      let bulk = try await engine.beginBulkWrite(onConflict: .replace, in: &client.session)
      for index in 0..<megabytes {
        _ = try add("k\(index)", .string([UInt8](repeating: 65, count: 1 << 20)), to: bulk)
      }
      do throws(QrrotError) {
        _ = try await bulk.apply(in: &client.session)
        #expect(code == nil, "\(megabytes)")
      } catch {
        #expect(error.code == code, "\(megabytes): \(error)")
      }
      #expect(await client.run("clear") != "")
      #expect(await scene.run("size") == "0")
    }
    await scene.stop()
  }
}
