import QrrotTesting
import Testing

@testable import QrrotCore

/// The before-images of a session: what is kept, in which order, and what is let go.
@Suite("The undo log")
struct UndoLogTests {
  private func record(
    _ log: inout UndoLog, _ key: String, _ before: Value?, versions: (UInt64, UInt64) = (0, 1)
  ) {
    var content: [UInt8] = []
    switch before {
    case .string(let bytes), .json(let bytes): content = bytes
    case .int(let integer): content = withUnsafeBytes(of: integer.littleEndian) { Array($0) }
    case nil: break
    }
    Array(key.utf8).withUnsafeBytes { key in
      content.withUnsafeBytes { value in
        log.record(
          key: key, type: before?.type, value: value, versionBefore: versions.0,
          versionAfter: versions.1)
      }
    }
  }

  private func write(_ log: inout UndoLog, _ key: String, _ before: Value?) {
    log.begin(byteCount: 100)
    record(&log, key, before)
    log.end()
  }

  private func fill(_ log: inout UndoLog, byteCount: Int) -> Bool {
    let size = byteCount - UndoLog.imageByteCount(keyByteCount: 1, valueByteCount: 0)
    let isKept = log.begin(byteCount: byteCount)
    record(&log, "k", .string([UInt8](repeating: 0, count: size)))
    log.end()
    return isKept
  }

  @Test("images come back as they were, the newest write first")
  func images() {
    var log = UndoLog()
    log.begin(byteCount: 1_000)
    record(&log, "a", .int(-5), versions: (3, 9))
    record(&log, "b", nil, versions: (0, 9))
    record(&log, "c", .string([0, 0xFF]), versions: (4, 0))
    log.end()
    write(&log, "d", .json(Array("[1]".utf8)))
    #expect(log.count == 2)
    #expect(log.images(age: 0).map(\.before) == [.json(Array("[1]".utf8))])
    let first = log.images(age: 1)
    #expect(first.map { String(decoding: $0.key, as: UTF8.self) } == ["a", "b", "c"])
    #expect(first.map(\.before) == [.int(-5), nil, .string([0, 0xFF])])
    #expect(first.map(\.versionBefore) == [3, 0, 4])
    #expect(first.map(\.versionAfter) == [9, 9, 0])
    #expect(log.images(age: 2) == [] && log.images(age: -1) == [])
  }

  @Test("a write that recorded nothing leaves no trace")
  func empty() {
    var log = UndoLog()
    log.begin(byteCount: 0)
    log.end()
    log.end()
    record(&log, "a", nil)
    #expect(log.count == 0)
  }

  @Test("what has been taken back is forgotten")
  func removal() {
    var log = UndoLog()
    for number in 0..<5 { write(&log, "\(number)", nil) }
    log.removeNewest(2)
    #expect(log.count == 3)
    #expect(log.images(age: 0).map(\.key) == [Array("2".utf8)])
    write(&log, "x", .int(1))
    #expect(log.images(age: 0).map(\.before) == [.int(1)])
    #expect(log.images(age: 1).map(\.key) == [Array("2".utf8)])
    log.removeNewest(99)
    #expect(log.count == 0)
  }

  @Test("the last 1,000 writes are kept")
  func writeLimit() {
    var log = UndoLog()
    for number in 0..<2_500 { write(&log, "\(number)", .int(Int64(number))) }
    #expect(log.count == 1_000)
    for age in [0, 1, 500, 999] {
      #expect(log.images(age: age).map(\.before) == [.int(Int64(2_499 - age))])
    }
    #expect(log.images(age: 1_000) == [])
  }

  @Test("at most 64 MiB of before-images are kept, the oldest go first")
  func byteLimit() {
    var log = UndoLog()
    write(&log, "first", nil)
    #expect(fill(&log, byteCount: 40 << 20))
    #expect(log.count == 2)
    #expect(fill(&log, byteCount: 20 << 20))
    #expect(log.count == 3)
    #expect(fill(&log, byteCount: 10 << 20))
    #expect(log.count == 2, "the first two have made room")
    #expect(log.images(age: 1).first?.before.map(byteCount(of:)) ?? 0 > 19 << 20)
    #expect(!log.lastWriteWasTooLarge)
  }

  @Test("a write of just 64 MiB is kept, one byte more empties the log and says so")
  func tooLarge() {
    var log = UndoLog()
    write(&log, "first", nil)
    #expect(fill(&log, byteCount: 64 << 20))
    #expect(log.count == 1)
    #expect(!fill(&log, byteCount: 64 << 20 + 1))
    #expect(log.count == 0 && log.lastWriteWasTooLarge)
    write(&log, "next", nil)
    #expect(log.count == 1 && !log.lastWriteWasTooLarge)
  }

  @Test("a log that is full agrees with a list of its writes")
  func model() {
    let seed = TestSettings.seed(20_265)
    var random = SeededGenerator(seed: seed)
    var log = UndoLog()
    var model: [[Int]] = []
    var next = 0
    for _ in 0..<TestSettings.count(1_500, long: 20) {
      if Int.random(in: 0..<4, using: &random) == 0 {
        let count = Int.random(in: 0...3, using: &random)
        log.removeNewest(count)
        model.removeLast(min(count, model.count))
      } else {
        let group = (0..<Int.random(in: 1...4, using: &random)).map { next + $0 }
        next += group.count
        log.begin(byteCount: 1_000)
        for number in group {
          record(&log, "\(number)", .string([UInt8](repeating: 1, count: number % 90)))
        }
        log.end()
        model = (model + [group]).suffix(1_000)
      }
      #expect(log.count == model.count, "TEST_SEED=\(seed)")
      guard !model.isEmpty else { continue }
      let age = Int.random(in: 0..<model.count, using: &random)
      let keys = log.images(age: age).map { String(decoding: $0.key, as: UTF8.self) }
      #expect(keys == model[model.count - 1 - age].map { "\($0)" }, "TEST_SEED=\(seed)")
    }
  }

  private func byteCount(of value: Value) -> Int {
    if case .string(let bytes) = value { bytes.count } else { 0 }
  }
}
