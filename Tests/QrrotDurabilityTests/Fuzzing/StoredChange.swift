import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// A change that owns its bytes, for comparing.
struct StoredChange: Equatable {
  var kind = Change.Kind.put
  var type = ValueType.string
  var key: [UInt8] = []
  var value: [UInt8] = []
  /// Nil for the commit's own.
  var version: UInt64?
  var expiry: Int64 = 0

  init(_ change: Change) {
    kind = change.kind
    type = change.type
    key = Array(change.key)
    value = Array(change.value)
    version = change.version
    expiry = change.expiry
  }

  init(
    put key: String, _ value: [UInt8], type: ValueType = .string, version: UInt64? = nil,
    expiry: Int64 = 0
  ) {
    self.type = type
    self.key = Array(key.utf8)
    self.value = value
    self.version = version
    self.expiry = expiry
  }

  init(remove key: String) {
    kind = .remove
    self.key = Array(key.utf8)
  }

  static let clear: StoredChange = {
    var change = StoredChange(remove: "")
    change.kind = .clear
    return change
  }()

  /// As it comes out of the log when it was part of commit `lsn`.
  func read(inCommit lsn: UInt64) -> StoredChange {
    var change = self
    change.version = version ?? lsn
    return change
  }
}

/// One commit.
typealias Commit = [StoredChange]

extension Array where Element == Commit {
  /// All changes as they come out of a log whose first commit is `firstLSN`.
  func read(from firstLSN: UInt64 = 1) -> [StoredChange] {
    enumerated().flatMap { index, commit in
      commit.map { $0.read(inCommit: firstLSN + UInt64(index)) }
    }
  }
}

enum Commits {
  /// Commits of all kinds: each type, own versions, expiries, removals, clears, transactions, empty
  /// and long values, and a value that looks like a piece of a log.
  static func sample(longValueByteCount: Int = 1_200) -> [Commit] {
    let long = (0..<longValueByteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return [
      [StoredChange(put: "a", Array("first".utf8))],
      [StoredChange(put: "counter", [1, 0, 0, 0, 0, 0, 0, 128], type: .int)],
      [
        StoredChange(
          put: "doc", Array(#"{"a":[1,2]}"#.utf8), type: .json, expiry: 1_900_000_000_000)
      ],
      [
        StoredChange(put: "x", [], version: 1), StoredChange(remove: "a"),
        StoredChange(put: "y", [0xf1, 0x51, 0x52, 0x46, 0], version: 2, expiry: -5),
        StoredChange(put: String(repeating: "k", count: 300), long),
      ],
      [StoredChange(remove: "doc")],
      [.clear],
      [StoredChange(put: "z", [UInt8](repeating: 0, count: 600), version: (1 << 48) - 1)],
      [.clear, StoredChange(put: "", Array("empty key".utf8)), StoredChange(put: "ü", [255])],
    ]
  }

  /// Commits that follow from a seed.
  static func random(_ count: Int, using random: inout SeededGenerator) -> [Commit] {
    (0..<count).map { _ in
      (0..<Int.random(in: 1...3, using: &random)).map { _ in .random(using: &random) }
    }
  }
}

extension StoredChange {
  static func random(using random: inout SeededGenerator) -> StoredChange {
    let key = "key\(Int.random(in: 0..<1_000, using: &random))"
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return .clear
    case 1, 2: return StoredChange(remove: key)
    default: break
    }
    let type = ValueType.allCases[Int.random(in: 0..<3, using: &random)]
    let sizes = [0, 1, 8, 31, 127, 128, 300, 900]
    let count = type == .int ? 8 : sizes[Int.random(in: 0..<sizes.count, using: &random)]
    return StoredChange(
      put: key, (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, type: type,
      version: Bool.random(using: &random) ? nil : UInt64.random(in: 0..<(1 << 48), using: &random),
      expiry: Int.random(in: 0..<4, using: &random) == 0
        ? Int64.random(in: Int64.min...Int64.max, using: &random) : 0)
  }
}

extension LogWriter {
  /// Encodes a commit.
  @discardableResult
  mutating func append(_ commit: Commit) -> UInt64 {
    beginBatch()
    for change in commit {
      change.key.withUnsafeBytes { key in
        change.value.withUnsafeBytes { value in
          switch change.kind {
          case .put:
            put(key, type: change.type, value, version: change.version, expiry: change.expiry)
          case .remove: remove(key)
          case .clear: clear()
          }
        }
      }
    }
    return endBatch()
  }
}

/// What a log was found to hold.
struct Recovered {
  var changes: [StoredChange]
  var outcome: LogOutcome
}

/// The folder of the test disks.
let testFolder = "db"

extension TestDisk {
  var folder: any DiskFolder {
    get throws(DiskError) { try openFolder(DiskPath(testFolder)) }
  }

  /// Reads the log.
  func recover(
    from start: LogPosition = .start, syncedLSN: UInt64 = 0
  ) throws(StorageError) -> Recovered {
    let folder = try StorageError.reading { () throws(DiskError) in try self.folder }
    var changes: [StoredChange] = []
    let outcome = try LogChain(folder, from: start, syncedLSN: syncedLSN).replay { change in
      changes.append(StoredChange(change))
    }
    return Recovered(changes: changes, outcome: outcome)
  }

  /// A disk whose folder holds a log of these commits.
  ///
  /// - Parameters:
  ///   - rotations: The numbers of commits after which a new segment begins.
  ///   - groupCount: How many commits a write, and a sync, holds.
  static func holding(
    _ commits: [Commit], rotations: Set<Int> = [], groupCount: Int = 1, closes: Bool
  ) throws -> TestDisk {
    let disk = TestDisk(folder: testFolder)
    let folder = try disk.folder
    let progress = LogProgress(lastLSN: 0)
    let first = try LogSegment.create(
      in: folder, number: 1, previousSalt: 0, progress: progress, salt: 0x1234_5678)
    var writer = LogWriter(first, at: .start)
    for (index, commit) in commits.enumerated() {
      writer.append(commit)
      if (index + 1) % groupCount == 0 {
        try writer.write()
        try writer.segment.sync()
      }
      guard rotations.contains(index + 1) else { continue }
      let next = try LogSegment.create(
        in: folder, number: writer.segment.number + 1, previousSalt: writer.segment.salt,
        progress: progress, salt: 0x9abc_def0 &+ UInt32(index))
      try writer.rotate(to: next).sync()
    }
    try writer.write()
    if closes { try writer.close() }
    try writer.segment.sync()
    return disk
  }
}
