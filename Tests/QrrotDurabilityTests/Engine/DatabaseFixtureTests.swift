import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

/// A whole database as version 1 left it, kept in Tests/Fixtures/database-1: it has to open for ever.
@Suite struct DatabaseFixtureTests {
  private struct Entry {
    var key: [UInt8]
    var type = ValueType.string
    var value: [UInt8]
    var expiry: Int64 = 0
  }

  private static var path: DiskPath {
    DiskPath(#filePath).parent.parent.parent.appending("Fixtures").appending("database-1")
  }

  /// What stands in the snapshot, and what the log behind it adds.
  private static let snapshotEntries = [
    Entry(key: Array("text".utf8), value: Array("a value".utf8)),
    Entry(key: Array("empty".utf8), value: []),
    Entry(key: Array("schlüssel 鍵 🗝️".utf8), value: Array("grüße 🙂".utf8)),
    Entry(key: [0, 255, 254, 10, 0], value: Array(UInt8.min...UInt8.max)),
    Entry(key: Array("least".utf8), type: .int, value: [0, 0, 0, 0, 0, 0, 0, 128]),
    Entry(key: Array("doc".utf8), type: .json, value: Array(#"{"a":[1,2.5,null,"ü"]}"#.utf8)),
    Entry(
      key: Array("expires".utf8), value: Array("in 2100".utf8), expiry: 4_102_444_800_000),
    Entry(
      key: [UInt8](repeating: 107, count: 300), value: (0..<70_000).map { UInt8($0 * 7 & 255) }),
  ]
  private static let logEntries = [
    Entry(key: Array("later".utf8), value: Array("in the log".utf8)),
    Entry(key: Array("counter".utf8), type: .int, value: [41, 0, 0, 0, 0, 0, 0, 0]),
    Entry(
      key: Array("expires too".utf8), type: .int, value: [1, 0, 0, 0, 0, 0, 0, 0],
      expiry: 4_102_444_800_001),
  ]

  /// Writes the folder anew: for a new format only, and into a new folder then.
  private static func write() throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine()
    var session = Session()
    try engine.put("gone", "removed before the snapshot", in: &session)
    try engine.run(.del(["gone"]), in: &session)
    for entry in snapshotEntries { try add(entry, to: engine) }
    try engine.save()
    for entry in logEntries { try add(entry, to: engine) }
    try engine.run(
      .transaction([.put("text", .string, Array("changed".utf8)), .del(["empty"])]), in: &session)
    try engine.run(.undo(1), in: &session)
    try engine.run(.put("removed", .string, [1]), in: &session)
    try engine.run(.del(["removed"]), in: &session)
    try engine.close()
    let folder = try POSIXDisk().openFolder(path)
    for (name, bytes) in disk.files where name != DatabaseFolder.lockName {
      try? folder.remove(name)
      let file = try folder.open(name, .create)
      try bytes.withRawBytes { bytes throws(DiskError) in try file.write(bytes, at: 0) }
    }
  }

  private static func add(_ entry: Entry, to engine: LocalEngine) throws(QrrotError) {
    try entry.key.withRawBytes { key throws(QrrotError) in
      try entry.value.withRawBytes { value throws(QrrotError) in
        try engine.locked { state throws(QrrotError) in
          defer { state.endCommand() }
          try state.write { $0.put(key, type: entry.type, value, expiry: entry.expiry) }
          try state.recover(
            Change(
              kind: .put, type: entry.type, key: key, value: value, version: state.nextVersion,
              expiry: entry.expiry))
        }
      }
    }
  }

  /// A copy of the folder, in memory.
  private static func copy() throws -> TestDisk {
    let disk = TestDisk(folder: testFolder)
    let folder = try POSIXDisk().openFolder(path)
    for name in try folder.names() {
      let file = try folder.open(name, .read)
      var bytes = [UInt8](repeating: 0, count: Int(try file.status().byteCount))
      let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
      disk.put(name, Array(bytes[..<count]), in: testFolder)
    }
    return disk
  }

  private static func check(_ engine: LocalEngine) {
    let entries = snapshotEntries + logEntries
    engine.reading { state in
      #expect(state.keyspace.count == entries.count)
      for entry in entries {
        entry.key.withRawBytes { key in
          let record = state.keyspace.find(key, hash: state.keyspace.hash(key))
          #expect(record?.type == entry.type && record?.expiry == entry.expiry)
          #expect(record.map { Array($0.value) } == entry.value)
        }
      }
    }
  }

  @Test("the database of version 1 opens, to read and to write")
  func opens() throws {
    if TestSettings.updatesGoldenFiles { try Self.write() }
    let disk = try Self.copy()
    #expect(
      disk.names(in: testFolder)
        == ["log-0000000002", "qrrot-database", "snapshot-0000000002"])
    let reader = try disk.engine(isReadOnly: true)
    #expect(reader.content.version == 17)
    Self.check(reader)
    try reader.close()
    for _ in 0..<2 {
      let writer = try disk.engine()
      Self.check(writer)
      try writer.save()
      try writer.close()
    }
    // What was removed comes back by no later commit.
    let again = try disk.engine()
    #expect(again.text(of: "gone") == nil && again.text(of: "removed") == nil)
    try again.close()
  }
}
