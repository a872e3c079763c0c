import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// One step of a story that a database on a test disk goes through.
enum EngineOperation: Equatable, Sendable {
  case put(String, ValueType, [UInt8])
  case del([String])
  case incr(String, Int64)
  /// Seconds from then on; 0 removes the key.
  case expire(String, Int64)
  case persist(String)
  /// A put of the embedding interface, without a session.
  case embedded(String, [UInt8])
  case transaction([EngineOperation])
  case undo(Int)
  case clear
  /// A compaction.
  case save

  /// A story of so many steps that follows from a seed; it begins with writes that leave something
  /// to work on.
  static func story(
    _ count: Int, saves: Int, using random: inout SeededGenerator
  ) -> [EngineOperation] {
    var story = (0..<count).map { _ in Self.random(using: &random) }
    for _ in 0..<saves {
      story.insert(.save, at: Int.random(in: 2...story.count, using: &random))
    }
    return story
  }

  private static func random(using random: inout SeededGenerator) -> EngineOperation {
    switch Int.random(in: 0..<24, using: &random) {
    case 20, 21, 22: expire(using: &random)
    case 23: .persist(key(using: &random))
    case 0, 1: .del((0..<Int.random(in: 1...3, using: &random)).map { _ in key(using: &random) })
    case 2, 3, 4: .incr("counter", Int64.random(in: -9...9, using: &random))
    case 5, 6: .embedded(key(using: &random), value(using: &random))
    case 7, 8, 9:
      .transaction((0..<Int.random(in: 0...4, using: &random)).map { _ in part(using: &random) })
    case 10, 11: .undo(Int.random(in: 1...2, using: &random))
    case 12: .clear
    default: put(using: &random)
    }
  }

  private static func part(using random: inout SeededGenerator) -> EngineOperation {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: .del([key(using: &random)])
    case 1: .incr("counter", 1)
    case 2: expire(using: &random)
    default: put(using: &random)
    }
  }

  /// Some expire within the story, some are there long after it.
  private static func expire(using random: inout SeededGenerator) -> EngineOperation {
    let seconds: [Int64] = [0, 1, 1, 3, 86_400, 86_400, 999_999]
    let name = Int.random(in: 0..<4, using: &random) == 0 ? "counter" : key(using: &random)
    return .expire(name, seconds[Int.random(in: 0..<seconds.count, using: &random)])
  }

  private static func put(using random: inout SeededGenerator) -> EngineOperation {
    let type = ValueType.allCases[Int.random(in: 0..<3, using: &random)]
    let bytes =
      type == .int
      ? (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) } : value(using: &random)
    return .put(key(using: &random), type, bytes)
  }

  private static func key(using random: inout SeededGenerator) -> String {
    "key\(Int.random(in: 0..<8, using: &random))"
  }

  private static func value(using random: inout SeededGenerator) -> [UInt8] {
    let sizes = [0, 1, 8, 31, 128, 300, 900]
    let count = sizes[Int.random(in: 0..<sizes.count, using: &random)]
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}

extension LocalEngine {
  /// Does a step; none of them waits for the disk's promises but a compaction.
  func run(_ operation: EngineOperation, in session: inout Session) throws(QrrotError) {
    var reply = Reply()
    switch operation {
    case .put(let key, let type, let bytes):
      var command = Command(.put)
      command.append(.key, Array(key.utf8))
      if case .int(let integer)? = Value(storedType: type, bytes: bytes) {
        command.append(.value(.int), integer)
      } else {
        command.append(.value(type), bytes)
      }
      try execute(command, in: &session, into: &reply)
    case .del(let keys):
      var command = Command(.del)
      for key in keys { command.append(.key, Array(key.utf8)) }
      try execute(command, in: &session, into: &reply)
    case .incr(let key, let by):
      var command = Command(.incr)
      command.append(.key, Array(key.utf8))
      command.append(.number, by)
      try execute(command, in: &session, into: &reply)
    case .expire(let key, let seconds):
      var command = Command(.expire)
      command.append(.key, Array(key.utf8))
      command.append(.number, seconds)
      try execute(command, in: &session, into: &reply)
    case .persist(let key):
      var command = Command(.persist)
      command.append(.key, Array(key.utf8))
      try execute(command, in: &session, into: &reply)
    case .embedded(let key, let bytes): try put(bytes, forKey: key)
    case .transaction(let parts):
      try execute(Command(.begin), in: &session, into: &reply)
      do throws(QrrotError) {
        for part in parts { try run(part, in: &session) }
        try execute(Command(.commit), in: &session, into: &reply)
      } catch {
        session.transaction = nil
        throw error
      }
    case .undo(let count):
      var command = Command(.undo)
      command.append(.number, Int64(count))
      try execute(command, in: &session, into: &reply)
    case .clear: try execute(Command(.clear), in: &session, into: &reply)
    case .save: try save()
    }
  }

  /// The embedding interface's put.
  func put(_ bytes: [UInt8], forKey key: String) throws(QrrotError) {
    try Array(key.utf8).withRawBytes { key throws(QrrotError) in
      try bytes.withRawBytes { value throws(QrrotError) in try put(string: value, forKey: key) }
    }
  }

  /// The value of a key, as bytes.
  func value(of key: String) -> [UInt8]? {
    Array(key.utf8).withRawBytes { key in withValue(of: key) { _, bytes in Array(bytes) } }
  }

  /// All that the table holds, in a word that does not depend on its order, and the number of the
  /// last commit.
  var content: (version: UInt64, digest: UInt64) {
    reading { state in (state.version, state.digest) }
  }

  /// The last commit that survives a power failure, as the engine believes.
  var syncedLSN: UInt64 { durability?.progress.syncedLSN ?? 0 }
}

extension EngineState {
  /// All that the table holds, in a word that does not depend on its order; without what expires
  /// before `StoryTime.judgement`, which may or may not have been taken out.
  var digest: UInt64 {
    var digest: UInt64 = 0
    keyspace.forEach { record in
      if record.isDue(at: StoryTime.judgement) { return }
      digest &+= 1
      var hasher = Hasher()
      hasher.combine(bytes: record.key)
      hasher.combine(record.type)
      hasher.combine(bytes: record.value)
      hasher.combine(record.version)
      hasher.combine(record.expiry)
      digest &+= UInt64(bitPattern: Int64(hasher.finalize()))
    }
    return digest
  }
}

/// When stories of a database on a test disk happen, in milliseconds since 1970.
enum StoryTime {
  static let start: Int64 = 2_000_000_000_000
  /// A story that goes on after a crash.
  static let sequel = start + 600_000
  /// When somebody looks what is left: all short times are up.
  static let end = start + 1_800_000
  /// What expires before this counts for nothing.
  static let judgement = start + 3_600_000
}

extension TestDisk {
  /// Opens the database in this disk's folder. The clock stands after all stories, unless it is given.
  func engine(
    _ policy: SyncPolicy = .always, isReadOnly: Bool = false, memoryLimit: Int = .max,
    clock: TestClock = TestClock(StoryTime.end)
  ) throws(QrrotError) -> LocalEngine {
    var options = LocalEngine.OpenOptions()
    options.clock = clock.wallClock
    // Done by hand where that matters: threads would make each run another one.
    options.sweeps = false
    options.worksInBackground = false
    options.policy = policy
    options.isReadOnly = isReadOnly
    options.memoryLimit = memoryLimit
    let engine = try LocalEngine.open(DiskPath(testFolder), on: self, options).engine
    let dueCount = engine.reading { state in state.keyspace.dueCount(at: clock.milliseconds) }
    #expect(dueCount == 0, "what has expired is not read back")
    return engine
  }

  /// All files of the folder.
  var files: [String: [UInt8]] {
    Dictionary(
      uniqueKeysWithValues: names(in: testFolder).map { ($0, bytes($0, in: testFolder) ?? []) })
  }

  /// The names that begin so.
  func names(_ prefix: String) -> [String] {
    names(in: testFolder).filter { $0.hasPrefix(prefix) }
  }
}

extension LocalEngine {
  /// A put whose reply is given: it has been settled.
  func put(_ key: String, _ text: String, in session: inout Session) throws(QrrotError) {
    try run(.put(key, .string, Array(text.utf8)), in: &session)
    try settle(&session)
  }

  /// The value of a key as text.
  func text(of key: String) -> String? {
    value(of: key).map { String(decoding: $0, as: UTF8.self) }
  }
}
