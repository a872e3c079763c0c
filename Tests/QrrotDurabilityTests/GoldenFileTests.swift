import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// Files written by an earlier version, kept in Tests/Fixtures: they have to be read for ever.
///
/// The current version writes them byte for byte as they are, until a format's version changes; then
/// new ones are added and the old ones stay.
@Suite struct GoldenFileTests {
  private static let logs = ["log-0000000001", "log-0000000002"]

  /// Where the fixtures of format version 1 are.
  private static var fixtures: DiskPath {
    DiskPath(#filePath).parent.parent.appending("Fixtures").appending("format-1")
  }

  private static func fixture(_ name: String) throws -> [UInt8] {
    let file = try POSIXDisk().openFolder(fixtures).open(name, .read)
    var bytes = [UInt8](repeating: 0, count: Int(try file.status().byteCount))
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return Array(bytes[..<count])
  }

  /// Writes what this version makes; `TEST_UPDATE=1`, for a new format only.
  private static func update(_ disk: TestDisk, _ names: [String]) throws {
    guard TestSettings.updatesGoldenFiles else { return }
    let folder = try POSIXDisk().openFolder(fixtures)
    for name in names {
      try? folder.remove(name)
      let file = try folder.open(name, .create)
      try (disk.bytes(name, in: testFolder) ?? []).withRawBytes { bytes throws(DiskError) in
        try file.write(bytes, at: 0)
      }
    }
  }

  @Test("the log of format 1 is read, and written the same")
  func log() throws {
    let commits = Commits.sample()
    let now = try TestDisk.holding(commits, rotations: [5], groupCount: 2, closes: true)
    try Self.update(now, Self.logs)
    let disk = TestDisk(folder: testFolder)
    for name in Self.logs {
      disk.put(name, try Self.fixture(name), in: testFolder)
      #expect(disk.bytes(name, in: testFolder) == now.bytes(name, in: testFolder))
    }
    let recovered = try disk.recover()
    #expect(recovered.changes == commits.read())
    #expect(recovered.outcome.ending == .closed(salt: 0x9abc_def4))
    #expect(
      recovered.outcome.position
        == LogPosition(
          segment: 2, nextLSN: 9, previousChecksum: recovered.outcome.position.previousChecksum))
  }

  @Test("the snapshot of format 1 is read, and written the same")
  func snapshot() throws {
    let now = TestDisk(folder: testFolder)
    try SnapshotTests.write(SnapshotTests.records, to: now)
    try Self.update(now, [SnapshotTests.name])
    let disk = TestDisk(folder: testFolder)
    disk.put(SnapshotTests.name, try Self.fixture(SnapshotTests.name), in: testFolder)
    #expect(
      disk.bytes(SnapshotTests.name, in: testFolder)
        == now.bytes(SnapshotTests.name, in: testFolder))
    let (records, footer) = try SnapshotTests.read(disk)
    #expect(records == SnapshotTests.records)
    #expect(footer.position == SnapshotTests.position)
  }
}
