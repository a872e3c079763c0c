import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct SnapshotTests {
  static let name = "snapshot-0000000003"
  static let position = LogPosition(segment: 3, nextLSN: 78, previousChecksum: 0xdead_beef)

  /// Records of all kinds.
  static let records = Commits.sample().read().filter { $0.kind == .put }

  /// Writes a snapshot to a disk.
  @discardableResult
  static func write(_ records: [StoredChange], to disk: TestDisk) throws -> Int64 {
    var writer = try SnapshotWriter.create(
      in: try disk.folder, temporaryName: StoreFileName.temporary(name), salt: 0x5a17_ab1e)
    for record in records {
      try record.key.withRawBytes { key throws(DiskError) in
        try record.value.withRawBytes { value throws(DiskError) in
          try writer.add(
            key, type: record.type, value, version: record.version ?? 0, expiry: record.expiry)
        }
      }
    }
    return try writer.finish(as: name, position: position)
  }

  /// Reads it back.
  static func read(_ disk: TestDisk) throws(StorageError) -> ([StoredChange], SnapshotFooter) {
    let file = try StorageError.reading { () throws(DiskError) in
      try disk.folder.open(name, .read)
    }
    var reader = try SnapshotReader(file, path: name)
    var records: [StoredChange] = []
    try reader.read { records.append(StoredChange($0)) }
    return (records, reader.footer)
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0x61, count: count)
  }

  @Test("what was written is read again, wherever records meet the ends of blocks")
  func roundTrip() throws {
    var cases: [[StoredChange]] = [[], Self.records]
    // A first record of 65,500 bytes and a few more puts the second one's head across the limit.
    for count in stride(from: 65_490, to: 65_540, by: TestSettings.isLong ? 1 : 3) {
      cases.append([
        StoredChange(put: "a", Self.bytes(count), version: 1),
        StoredChange(put: "bb", Self.bytes(40), version: 300, expiry: 7),
        StoredChange(put: "c", Self.bytes(3), version: 2),
      ])
    }
    for records in cases {
      let disk = TestDisk(folder: testFolder)
      let byteCount = try Self.write(records, to: disk)
      let (read, footer) = try Self.read(disk)
      #expect(read == records)
      #expect(footer.position == Self.position && footer.recordCount == UInt64(records.count))
      #expect(disk.names(in: testFolder) == [Self.name])
      #expect(disk.bytes(Self.name, in: testFolder)?.count == Int(byteCount))
    }
  }

  @Test("values of several megabytes among small ones are read again")
  func longValues() throws {
    let records = (0..<6).map { index in
      StoredChange(
        put: "key\(index)", Self.bytes(index % 2 == 0 ? 10 : 400_000 * index),
        version: UInt64(index))
    }
    let disk = TestDisk(folder: testFolder)
    try Self.write(records, to: disk)
    #expect(try Self.read(disk).0 == records)
  }

  @Test("random records are read as they were written")
  func randomRoundTrip() throws {
    let seed = TestSettings.seed(12)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(5) {
      let records = Commits.random(200, using: &random).read().filter { $0.kind == .put }
      let disk = TestDisk(folder: testFolder)
      try Self.write(records, to: disk)
      #expect(try Self.read(disk).0 == records, "seed \(seed)")
    }
  }

  @Test("a snapshot that is not finished leaves no file")
  func abandoned() throws {
    let disk = TestDisk(folder: testFolder)
    do {
      var writer = try SnapshotWriter.create(in: try disk.folder, temporaryName: "x.tmp")
      try Self.bytes(3).withRawBytes { bytes throws(DiskError) in
        try writer.add(bytes, type: .string, bytes, version: 1, expiry: 0)
      }
      #expect(disk.names(in: testFolder) == ["x.tmp"])
    }
    #expect(disk.names(in: testFolder).isEmpty)
  }

  @Test("an error at any call leaves the snapshot before or the new one, whole")
  func errors() throws {
    let whole = TestDisk(folder: testFolder)
    try Self.write(Self.records, to: whole)
    let old = [StoredChange(put: "old", [1], version: 1)]
    var failures = 0
    for call in 1...whole.callCount {
      let disk = TestDisk(folder: testFolder)
      try Self.write(old, to: disk)
      disk.fail(at: disk.callCount + call, with: .partial(10, ENOSPC))
      do {
        try Self.write(Self.records, to: disk)
      } catch {
        failures += 1
      }
      let read = try Self.read(disk).0
      #expect(read == old || read == Self.records, "call \(call)")
      #expect(disk.names(in: testFolder).count == 1, "call \(call)")
    }
    #expect(failures == whole.callCount)
  }

  @Test("a power failure at any call leaves the snapshot before or the new one, whole")
  func crashes() throws {
    let seed = TestSettings.seed(8)
    var random = SeededGenerator(seed: seed)
    let whole = TestDisk(folder: testFolder)
    try Self.write(Self.records, to: whole)
    let old = [StoredChange(put: "old", [1], version: 1)]
    var outcomes: Set<Int> = []
    for call in 1...(whole.callCount + 1) {
      let disk = TestDisk(folder: testFolder)
      try Self.write(old, to: disk)
      // One round without a fault: what was answered with success is durable in every style.
      if call <= whole.callCount { disk.fail(at: disk.callCount + call, with: .crash) }
      _ = try? Self.write(Self.records, to: disk)
      for style in TestDisk.CrashStyle.allCases {
        for _ in 0..<TestSettings.count(4) {
          let read = try Self.read(disk.afterCrash(style, using: &random)).0
          #expect(read == old || read == Self.records, "call \(call), \(style), seed \(seed)")
          outcomes.insert(read.count)
          if call > whole.callCount { #expect(read == Self.records) }
        }
      }
    }
    #expect(outcomes.count == 2)
  }
}
