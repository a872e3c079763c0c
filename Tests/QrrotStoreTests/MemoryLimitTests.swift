import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("The memory limit")
struct MemoryLimitTests {
  private let limit = 4 << 20

  @Test("writes up to the limit, then too-large, with nothing changed; reads and removals go on")
  func fill() {
    let client = EngineClient(LocalEngine(memoryLimit: limit))
    var stored = 0
    var refused = 0
    let value = String(repeating: "v", count: 1_000)
    while refused < 100, stored < 100_000 {
      switch client.run("put key:\(stored) \"\(value)\"") {
      case "OK": stored += 1
      case "error[too-large]": refused += 1
      case let other: Issue.record("\(other)"); return
      }
    }
    #expect(stored > 3_500 && stored < 4_200, "\(stored)")
    #expect(client.run("size") == "\(stored)")
    #expect(client.run("get key:0") == "\"\(value)\"")
    #expect(client.run("get key:\(stored)") == "(nil)")
    #expect(memory(of: client) <= limit + (64 << 10))
    #expect(client.run("del key:1 key:2") == "2")
    #expect(client.run("put other:12 \"\(value)\"") == "OK", "there is room again at once")
    #expect(client.run("put key:0 \"w\"") == "OK", "a smaller value needs none")
  }

  @Test("a value that is too large for what is left changes nothing")
  func large() {
    let client = EngineClient(LocalEngine(memoryLimit: limit))
    #expect(client.run("put a 1") == "OK")
    let value = [UInt8](repeating: 0x61, count: limit)
    #expect(client.run(Array("put a \"".utf8) + value + Array("\"".utf8)) == "error[too-large]")
    #expect(client.run("get a") == "1")
    let message =
      client.failure("put b \"\(String(decoding: value, as: UTF8.self))\"")?.message ?? ""
    #expect(message.contains("4.0 MiB") && message.contains("--max-memory"), "\(message)")
  }

  @Test(
    "a transaction can't stage more than there is room for, and is committed whole or not at all")
  func transaction() {
    let engine = LocalEngine(memoryLimit: limit)
    let client = EngineClient(engine)
    let value = String(repeating: "v", count: 100_000)
    #expect(client.run("begin") == "OK")
    var staged = 0
    while client.run("put key:\(staged) \"\(value)\"") == "OK", staged < 1_000 { staged += 1 }
    #expect(staged > 30 && staged < 42, "\(staged)")
    let other = EngineClient(engine)
    var filled = 0
    while other.run("put other:\(filled) \"\(value)\"") == "OK", filled < 1_000 { filled += 1 }
    #expect(client.run("commit") == "error[too-large]")
    #expect(other.run("size") == "\(filled)")
    #expect(client.run("rollback") == "OK")
  }

  @Test("an undo that has no room for what it brings back is refused and can be done later")
  func undo() {
    let engine = LocalEngine(memoryLimit: limit)
    let client = EngineClient(engine)
    let value = String(repeating: "v", count: 3_000_000)
    #expect(client.run("put big \"\(value)\"") == "OK")
    #expect(client.run("del big") == "1")
    let other = EngineClient(engine)
    #expect(other.run("put theirs \"\(value)\"") == "OK")
    #expect(client.run("undo") == "error[too-large]")
    #expect(client.run("get big") == "(nil)")
    #expect(other.run("del theirs") == "1")
    #expect(client.run("undo").hasPrefix("big string"))
    #expect(client.run("type big") == "string")
  }

  @Test("single keys for embedders are bounded too")
  func embedding() {
    let engine = LocalEngine(memoryLimit: limit)
    var stored = 0
    var code: QrrotError.Code?
    while code == nil, stored < 1_000_000 {
      do {
        try Array("k\(stored)".utf8).withUnsafeBytes { try engine.put(string: $0, forKey: $0) }
        stored += 1
      } catch {
        code = (error as? QrrotError)?.code
        guard code != nil else {
          Issue.record(error)
          return
        }
      }
    }
    #expect(code == .tooLarge)
    #expect(EngineClient(engine).run("size") == "\(stored)")
  }

  // A smaller value moves to a slab of its size, while one record is enough to keep the slab it left.
  @Test("values that get smaller again and again do not take the table far beyond its limit")
  func shrinking() {
    let engine = LocalEngine(memoryLimit: limit)
    let client = EngineClient(engine)
    func put(_ key: Int, byteCount: Int) -> Bool {
      client.embed(Array("k\(key)".utf8), [UInt8](repeating: 1, count: byteCount)) == "OK"
    }
    var count = 0
    while count < 100_000, put(count, byteCount: 500) { count += 1 }
    // Of every 64 keys one more stays as it is each time.
    for (round, byteCount) in [400, 300, 240, 200, 150].enumerated() {
      for key in 0..<count where key % 64 > round { _ = put(key, byteCount: byteCount) }
    }
    #expect(engine.state.pointee.keyspace.allocatedByteCount <= limit + (1 << 20) + (64 << 10))
  }

  private func memory(of client: EngineClient) -> Int {
    let row = client.run("info").split(separator: "\n").first { $0.hasPrefix("memory ") }
    return row.flatMap { Int($0.dropFirst("memory ".count)) } ?? .max
  }
}
