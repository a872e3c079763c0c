import QrrotTesting
import Testing

@testable import QrrotStore

@Suite struct SnapshotDamageTests {
  private static func check(_ damage: Damage) {
    let disk = TestDisk(folder: testFolder)
    disk.put(SnapshotTests.name, damage.bytes, in: testFolder)
    do throws(StorageError) {
      _ = try SnapshotTests.read(disk)
      Issue.record("\(damage.text) at \(damage.offset): read")
    } catch {
      guard case .refused(let refusal) = error else {
        Issue.record("\(damage.text) at \(damage.offset): \(error)")
        return
      }
      #expect(refusal.offset <= Int64(damage.bytes.count))
    }
  }

  @Test("any damage to a snapshot is refused")
  func small() throws {
    let disk = TestDisk(folder: testFolder)
    try SnapshotTests.write(SnapshotTests.records, to: disk)
    let original = try #require(disk.bytes(SnapshotTests.name, in: testFolder))
    var cases = 0
    Damage.forEach(of: original, stride: 31, seed: TestSettings.seed(6)) { damage in
      cases += 1
      Self.check(damage)
    }
    print("snapshot: \(cases) cases")
    #expect(cases > 500)
  }

  @Test("any damage to a snapshot of several blocks is refused, naming the block")
  func large() throws {
    let seed = TestSettings.seed(7)
    var random = SeededGenerator(seed: seed)
    let records = (0..<200).map { index in
      StoredChange(
        put: "key\(index)", (0..<1_000).map { _ in UInt8.random(in: 0...255, using: &random) },
        version: UInt64(index))
    }
    let disk = TestDisk(folder: testFolder)
    try SnapshotTests.write(records, to: disk)
    let original = try #require(disk.bytes(SnapshotTests.name, in: testFolder))
    let block = SnapshotFormat.blockByteCount
    let header = SnapshotHeader.byteCount
    #expect(original.count > 3 * block)
    for _ in 0..<TestSettings.count(20) {
      let offset = Int.random(
        in: header..<(original.count - SnapshotFooter.byteCount), using: &random)
      var bytes = original
      bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let damaged = TestDisk(folder: testFolder)
      damaged.put(SnapshotTests.name, bytes, in: testFolder)
      do throws(StorageError) {
        _ = try SnapshotTests.read(damaged)
        Issue.record("read, seed \(seed)")
      } catch {
        let start = header + (offset - header) / block * block
        #expect(
          error
            == .refused(
              FileRefusal(file: SnapshotTests.name, offset: Int64(start), reason: .block)))
      }
    }
    // Blocks that have changed places, and one that is missing.
    var swapped = original
    swapped.replaceSubrange(
      header..<(header + block), with: original[(header + block)..<(header + 2 * block)])
    swapped.replaceSubrange(
      (header + block)..<(header + 2 * block), with: original[header..<(header + block)])
    Self.check(Damage(text: "swapped", offset: header, bytes: swapped))
    var missing = original
    missing.removeSubrange(header..<(header + block))
    Self.check(Damage(text: "missing", offset: header, bytes: missing))
  }
}
