@testable import QrrotStore

extension KeyspaceWorkload {
  /// Tables of every shape: as in use, with segments so small that they split and merge all the
  /// time, with a directory that may hardly grow, and with hashes that are equal in some bits or all.
  static var all: [KeyspaceWorkload] { shapes + directories + equalHashes }

  private static var shapes: [KeyspaceWorkload] {
    [1, 2, 4, 8, 64].map { buckets in
      KeyspaceWorkload(
        name: "\(buckets) buckets", configuration: .init(bucketsPerSegment: buckets),
        keyCount: buckets == 64 ? 20_000 : 2_000, paths: [.splits, .merges])
    }
  }

  private static var directories: [KeyspaceWorkload] {
    [(1, 1), (1, 2), (4, 1)].map { buckets, entries in
      var configuration = Keyspace.Configuration(bucketsPerSegment: buckets)
      configuration.directoryEntriesPerSegment = entries
      return KeyspaceWorkload(
        name: "\(buckets) buckets, \(entries) entries", configuration: configuration,
        keyCount: 1_000, paths: [.splits, .merges])
    } + [deep]
  }

  /// The low 14 bits are the same, so segments must become deep before a split helps.
  private static var deep: KeyspaceWorkload {
    var configuration = Keyspace.Configuration(bucketsPerSegment: 1, hashMask: ~0x3fff)
    configuration.directoryEntriesPerSegment = 1 << 16
    return KeyspaceWorkload(
      name: "deep", configuration: configuration, keyCount: 120,
      paths: [.splits, .merges, .deepSplits])
  }

  private static var equalHashes: [KeyspaceWorkload] {
    // Which bits differ: none, two, those of the tag, of the home bucket, all but the lowest 20, all
    // but the lowest 24, only those kept beside the address.
    let masks: [UInt64] = [
      0, 0x3, 0x7f << 57, 0x3f << 51, ~0xf_ffff, ~0xff_ffff, 0xffff,
    ]
    return masks.flatMap { mask in
      [1, 4].map { buckets in
        KeyspaceWorkload(
          name: "\(buckets) buckets, hash mask \(String(mask, radix: 16))",
          configuration: .init(bucketsPerSegment: buckets, hashMask: mask), keyCount: 200,
          paths: mask == 0 || mask == 0x3 ? [.stash] : [])
      }
    }
  }
}
