import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("Single keys for programs that embed the store")
struct EmbeddingTests {
  @Test("put and withValue agree with a dictionary, for keys and values of all lengths")
  func againstDictionary() throws {
    let engine = LocalEngine()
    var model: [[UInt8]: [UInt8]] = [:]
    var generator = SeededGenerator(seed: TestSettings.seed(61))
    for _ in 0..<TestSettings.count(20_000) {
      let key = bytes(Int.random(in: 1...40, using: &generator), letters: 3, &generator)
      if Int.random(in: 0..<3, using: &generator) == 0 {
        let value = bytes(Int.random(in: 0...200, using: &generator), letters: 250, &generator)
        try put(engine, key, value)
        model[key] = value
      }
      let found = key.withUnsafeBytes { key in
        engine.withValue(of: key) { type, value in
          #expect(type == .string)
          return Array(value)
        }
      }
      #expect(found == model[key])
    }
    #expect(!model.isEmpty)
  }

  @Test("what commands wrote is seen, with its type, and the other way round")
  func besideCommands() throws {
    let engine = LocalEngine()
    let client = EngineClient(engine)
    _ = client.run("put n 5")
    let number = Array("n".utf8).withUnsafeBytes { key in
      engine.withValue(of: key) { type, bytes in
        (type, Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
      }
    }
    #expect(number?.0 == .int)
    #expect(number?.1 == 5)
    try put(engine, Array("n".utf8), Array("eightbyt".utf8))
    #expect(client.run("get n") == "\"eightbyt\"")
    #expect(client.run("type n") == "string")
  }

  @Test("a write between begin and commit is a conflict")
  func versions() throws {
    let engine = LocalEngine()
    let client = EngineClient(engine)
    _ = client.run("put k a")
    _ = client.run("begin")
    _ = client.run("get k")
    try put(engine, Array("k".utf8), Array("b".utf8))
    _ = client.run("put k c")
    #expect(client.run("commit") == "error[conflict]")
    #expect(client.run("get k") == "\"b\"")
  }

  @Test("keys and values outside the limits are refused, and nothing changes")
  func limits() throws {
    let engine = LocalEngine()
    #expect(throws: QrrotError.self) { try put(engine, [], [1]) }
    #expect(throws: QrrotError.self) {
      try put(engine, [UInt8](repeating: 1, count: Limits.keyByteCount + 1), [1])
    }
    let none = [UInt8]().withUnsafeBytes { key in engine.withValue(of: key) { $1.count } }
    #expect(none == nil)
    let client = EngineClient(engine)
    #expect(client.run("size") == "0")
  }

  private func put(_ engine: LocalEngine, _ key: [UInt8], _ value: [UInt8]) throws {
    try key.withUnsafeBytes { key in
      try value.withUnsafeBytes { value in try engine.put(string: value, forKey: key) }
    }
  }

  private func bytes(
    _ count: Int, letters: UInt8, _ generator: inout SeededGenerator
  ) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0..<letters, using: &generator) }
  }
}
