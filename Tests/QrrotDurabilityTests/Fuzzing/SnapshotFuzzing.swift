import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// What the snapshot's fuzzer does with an input, and what must hold whatever it is.
///
/// The first byte says how the input becomes a file: it is it (`raw`), it says what stands in blocks
/// and footer and they get right checksums (`sealed`), or it says what is written and what damage is
/// done to it then (`damaged`).
package enum SnapshotFuzzing {
  /// What came of an input.
  package enum Outcome: Hashable, CaseIterable {
    case read, refused
  }

  private static let name = StoreFileName.snapshot(1)

  /// Reads the snapshot that an input makes.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Outcome {
    var input = FuzzInput(bytes)
    switch input.byte() % 3 {
    case 0: return try check(file: input.rest())
    case 1: return try check(file: sealed(&input))
    default: return try damaged(&input)
    }
  }

  private static func damaged(_ input: inout FuzzInput) throws -> Outcome {
    let records = (0..<input.number(below: 6)).map { _ in input.record() }
    let position = LogPosition(
      segment: 1 + input.number(byteCount: 2), nextLSN: 1 + input.number(byteCount: 2),
      previousChecksum: UInt32(input.number(byteCount: 4)))
    let salt = UInt32(input.number(byteCount: 4))
    let original = try write(records, salt: salt, position)
    var bytes = original
    for _ in 0..<input.number(below: 4) { FuzzDamage(&input).apply(to: &bytes) }
    let outcome = try check(file: bytes)
    try FuzzFailure.unless(
      (outcome == .read) == (bytes == original),
      outcome == .read ? "read in spite of damage" : "refused without any damage")
    if outcome == .read {
      let (found, _) = read(bytes)
      try FuzzFailure.unless(found == records, "other records than were written")
    }
    return outcome
  }

  /// A file with right checksums whose records are any bytes.
  private static func sealed(_ input: inout FuzzInput) -> [UInt8] {
    let (lie, amount) = (input.byte(), input.number(byteCount: 8))
    let position = LogPosition(segment: 1, nextLSN: 1 + UInt64(lie), previousChecksum: 0)
    var content: [UInt8] = []
    var recordCount: UInt64 = 0
    while !input.isAtEnd, content.count < 300_000 {
      if input.flag() {
        content += input.take(Int(input.byte()))
      } else {
        content += FrameWalk.written(input.record())
      }
      recordCount += 1
    }
    var snapshot = SealedSnapshot(content, salt: 0x5a17_ab1e)
    var footer = SnapshotFooter(
      recordCount: recordCount, contentByteCount: Int64(content.count), position: position,
      wholeChecksum: snapshot.wholeChecksum)
    switch lie {
    case 1: footer.recordCount = amount
    case 2: footer.contentByteCount = Int64(bitPattern: amount)
    case 3: footer.position.segment = amount
    case 4: footer.position.nextLSN = amount
    case 5: footer.wholeChecksum ^= UInt32(truncatingIfNeeded: amount)
    default: break
    }
    snapshot.add(footer)
    return snapshot.bytes
  }
}

// MARK: - What must hold

extension SnapshotFuzzing {
  /// Reads a file twice. It is refused both times, at the same place, or gives the same records;
  /// written again, these make the same file.
  private static func check(file bytes: [UInt8]) throws -> Outcome {
    let (records, result) = read(bytes)
    let (recordsAgain, resultAgain) = read(bytes)
    try FuzzFailure.unless(
      records == recordsAgain && result == resultAgain, "the second reading gave something else")
    switch result {
    case .success(let footer):
      try FuzzFailure.unless(
        footer.recordCount == UInt64(records.count), "the records were miscounted")
      try FuzzFailure.unless(
        records.allSatisfy { $0.kind == .put && ($0.version ?? .max) < ChangeCoding.versionLimit },
        "a record that no snapshot holds")
      let salt = bytes.withRawBytes { $0.number(at: 16, as: UInt32.self) }
      try FuzzFailure.unless(
        try write(records, salt: salt, footer.position) == bytes, "written again, it differs")
      return .read
    case .failure(.refused(let refusal)):
      try FuzzFailure.unless(
        refusal.file == name && (0...Int64(bytes.count)).contains(refusal.offset),
        "refused at \(refusal.offset) of \(bytes.count) bytes")
      return .refused
    case .failure(let error): throw FuzzFailure("\(error)")
    }
  }

  /// Reads a snapshot; the records are there although an error came.
  private static func read(
    _ bytes: [UInt8]
  ) -> (records: [StoredChange], Result<SnapshotFooter, StorageError>) {
    let disk = TestDisk(folder: testFolder)
    disk.put(name, bytes, in: testFolder)
    var records: [StoredChange] = []
    do throws(StorageError) {
      let file = try StorageError.reading { () throws(DiskError) in
        try disk.folder.open(name, .read)
      }
      var reader = try SnapshotReader(file, path: name)
      try reader.read { records.append(StoredChange($0)) }
      return (records, .success(reader.footer))
    } catch {
      return (records, .failure(error))
    }
  }

  private static func write(
    _ records: [StoredChange], salt: UInt32, _ position: LogPosition
  ) throws -> [UInt8] {
    let disk = TestDisk(folder: testFolder)
    var writer = try SnapshotWriter.create(
      in: try disk.folder, temporaryName: StoreFileName.temporary(name), salt: salt)
    for record in records {
      try record.key.withRawBytes { key throws(DiskError) in
        try record.value.withRawBytes { value throws(DiskError) in
          try writer.add(
            key, type: record.type, value, version: record.version ?? 0, expiry: record.expiry)
        }
      }
    }
    _ = try writer.finish(as: name, position: position)
    return disk.bytes(name, in: testFolder) ?? []
  }
}
