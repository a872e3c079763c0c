import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// What one thread does to an engine that it shares: gets and puts of embedders, commands,
/// transactions. Every value tells whether it is whole, and whether it is its key's.
struct EmbeddingWorker {
  /// What has been met.
  struct Outcome: CustomStringConvertible {
    var roundCount = 0
    var hitCount = 0
    var missCount = 0
    var tornCount = 0
    var commitCount = 0
    var wrongErrorCount = 0
    /// How many rounds began in a lock that lets readers go side by side.
    var biasedCount = 0

    /// Whether everything has been met that may be.
    var hasAll: Bool {
      hitCount > 0 && missCount > 0 && commitCount > 0 && biasedCount > 0
        && biasedCount < roundCount
    }

    mutating func add(_ other: Outcome) {
      roundCount += other.roundCount
      hitCount += other.hitCount
      missCount += other.missCount
      tornCount += other.tornCount
      commitCount += other.commitCount
      wrongErrorCount += other.wrongErrorCount
      biasedCount += other.biasedCount
    }

    var description: String {
      "\(hitCount) hits, \(missCount) misses, \(tornCount) torn, \(commitCount) commits, \(biasedCount) rounds in a biased lock"
    }
  }

  private(set) var outcome = Outcome()
  private let engine: LocalEngine
  private var random: SeededGenerator
  private var pauses: Pauses
  private var session = Session()
  private var command = Command()
  private var reply = Reply()

  init(_ engine: LocalEngine, seed: UInt64) {
    self.engine = engine
    random = SeededGenerator(seed: seed)
    pauses = Pauses(seed: ~seed)
  }

  /// Does one thing.
  mutating func round() {
    outcome.roundCount += 1
    if engine.lock.pointee.isBiasedNow { outcome.biasedCount += 1 }
    let key = Int.random(in: 0..<Self.names.count, using: &random)
    switch Int.random(in: 0..<200, using: &random) {
    case 0..<110: look(key)
    case 110..<160: embed(key)
    case 160..<176: put(key)
    case 176..<186: get(key)
    case 186..<192: run(.del, key)
    case 192..<196: transaction(key)
    case 196, 197: run(.undo)
    case 198: all()
    default:
      let sample = engine.sampleKeys(
        startingWith: [], in: session, limit: 100, timeLimit: .seconds(1))
      for name in sample.keys where !Self.names.contains(name) { outcome.tornCount += 1 }
    }
  }

  private mutating func look(_ key: Int) {
    // Now and then a look takes longer, and must see the same from its beginning to its end.
    let lingers = random.next() % 64 == 0
    let isWhole = Self.names[key].withUnsafeBytes { name in
      engine.withValue(of: name) { type, bytes in
        let first = bytes.first
        if lingers { pauses.long() }
        return Self.isWhole(type, bytes, key) && bytes.first == first
      }
    }
    note(isWhole)
  }

  private mutating func embed(_ key: Int) {
    let value = value(for: key)
    do {
      try Self.names[key].withUnsafeBytes { name in
        try value.withUnsafeBytes { try engine.put(string: $0, forKey: name) }
      }
    } catch {
      outcome.wrongErrorCount += 1
    }
  }

  private mutating func put(_ key: Int) {
    let bytes = value(for: key)
    command.reset(to: .put)
    command.append(.key, Self.names[key])
    if bytes.count == 8, random.next() % 2 == 0 {
      command.append(.int(Int64(bitPattern: UInt64(bytes[0]) &* 0x0101_0101_0101_0101)))
    } else {
      command.append(.string(bytes))
    }
    run()
  }

  private mutating func get(_ key: Int) {
    run(.get, key)
    note(reply.shape == .none ? nil : isWhole(reply.cells[0], key))
  }

  private mutating func transaction(_ key: Int) {
    run(.begin)
    get(key)
    put(key)
    put((key + 1) % Self.names.count)
    if run(.commit) { outcome.commitCount += 1 }
  }

  private mutating func all() {
    run(.all)
    for row in 0..<reply.rowCount {
      let name = reply.content(of: reply.cells[row * 3])
      guard let key = Self.names.firstIndex(of: Array(name)) else {
        outcome.tornCount += 1
        continue
      }
      note(isWhole(reply.cells[row * 3 + 2], key))
    }
  }

  @discardableResult
  private mutating func run(_ name: CommandName, _ key: Int? = nil) -> Bool {
    command.reset(to: name)
    if let key { command.append(.key, Self.names[key]) }
    return run()
  }

  @discardableResult
  private mutating func run() -> Bool {
    do throws(QrrotError) {
      try engine.execute(command, in: &session, into: &reply)
      return true
    } catch {
      let mayFail = command.name == .commit || command.name == .undo
      if !mayFail { outcome.wrongErrorCount += 1 }
      return false
    }
  }

  private mutating func note(_ isWhole: Bool?) {
    switch isWhole {
    case nil: outcome.missCount += 1
    case true?: outcome.hitCount += 1
    case false?: outcome.tornCount += 1
    }
  }
}

/// Keys and values.
extension EmbeddingWorker {
  /// Those of up to 16 bytes go the quick ways.
  private static let names = (0..<32).map { number in
    Array((number < 26 ? "k\(number)" : "a key that is longer: \(number)").utf8)
  }

  /// A value of a key: its length follows from its first byte, and so do the other bytes. Most are as
  /// long as an int.
  private mutating func value(for key: Int) -> [UInt8] {
    let byte = UInt8.random(in: 0..<32, using: &random) << 3 | UInt8(key & 7)
    return Array(repeating: byte, count: Self.byteCount(byte))
  }

  private static func byteCount(_ first: UInt8) -> Int {
    switch first >> 3 {
    case 0: 20
    case 1: 100
    case 2: 127
    case 3: 300
    default: 8
    }
  }

  private static func isWhole(
    _ type: ValueType, _ bytes: UnsafeRawBufferPointer, _ key: Int
  ) -> Bool {
    guard let first = bytes.first, Int(first & 7) == key & 7, type != .json else { return false }
    return bytes.count == byteCount(first) && bytes.allSatisfy { $0 == first }
  }

  private func isWhole(_ cell: Reply.Cell, _ key: Int) -> Bool {
    guard cell.kind == .value(.int) else {
      return reply.content(of: cell).withUnsafeBytes { Self.isWhole(.string, $0, key) }
    }
    return withUnsafeBytes(of: cell.integer.littleEndian) { Self.isWhole(.int, $0, key) }
  }
}
