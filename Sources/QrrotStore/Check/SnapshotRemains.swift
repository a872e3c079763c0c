internal import QrrotCore

/// What can be read of a damaged snapshot: the records in front of the first damaged block.
///
/// Behind a damaged block nobody can tell where the next record begins: bytes of a value could be
/// taken for records, and that would be worse than a loss.
struct SnapshotRemains {
  /// How many records there are.
  private(set) var recordCount = 0
  /// How many blocks are whole in front of the first that is not, and how many there are.
  private(set) var wholeBlockCount: Int64 = 0
  private(set) var blockCount: Int64 = 0
  /// The newest version of a record.
  private(set) var lastVersion: UInt64 = 0
  /// Where the log goes on, if the footer can be read.
  private(set) var position: LogPosition?

  /// Reads them and hands each to `apply`.
  ///
  /// - Throws: ``StorageError``, `refused` only if not even the header can be read.
  init(
    _ file: any DiskFile, path: String, apply: (Change) throws(QrrotError) -> Void
  ) throws(StorageError) {
    var window = try FileWindow(file, name: path)
    let headerCount = Int(min(window.byteCount, Int64(SnapshotHeader.byteCount)))
    let salt: UInt32
    switch SnapshotHeader.read(try window.bytes(at: 0, count: headerCount)) {
    case .failure(let rejection): throw .refused(rejection.refusal(of: path))
    case .success(let header): salt = header.salt
    }
    let footerOffset = window.byteCount - Int64(SnapshotFooter.byteCount)
    if footerOffset >= Int64(SnapshotHeader.byteCount) {
      let bytes = try window.bytes(at: footerOffset, count: SnapshotFooter.byteCount)
      position = SnapshotFooter(bytes, salt: salt)?.position
    }
    let blockByteCount = Int64(SnapshotFormat.blockByteCount)
    let contentEnd = position == nil ? window.byteCount : footerOffset
    let byteCount = max(0, contentEnd - Int64(SnapshotHeader.byteCount))
    blockCount = (byteCount + blockByteCount - 1) / blockByteCount
    var content: [UInt8] = []
    while wholeBlockCount < blockCount,
      let block = try Self.block(wholeBlockCount, salt: salt, &window)
    {
      wholeBlockCount += 1
      content.append(contentsOf: block)
      try takeRecords(from: &content, apply)
    }
  }

  /// The content of a block; nil if it is damaged.
  private static func block(
    _ number: Int64, salt: UInt32, _ window: inout FileWindow
  ) throws(StorageError) -> [UInt8]? {
    let start =
      Int64(SnapshotHeader.byteCount) + number * Int64(SnapshotFormat.blockByteCount)
    let footerOffset = window.byteCount - Int64(SnapshotFooter.byteCount)
    // The last block ends where the footer begins, unless that has been cut off.
    for end in [footerOffset, window.byteCount] {
      let count = Int(min(Int64(SnapshotFormat.blockByteCount), end - start))
      guard count > SnapshotFormat.checksumByteCount else { continue }
      let bytes = try window.bytes(at: start, count: count)
      let content = bytes.part(
        SnapshotFormat.checksumByteCount, count - SnapshotFormat.checksumByteCount)
      let seed = SnapshotFormat.seed(salt: salt, block: number)
      if CRC32C.checksum(content, seed: seed) == bytes.number(at: 0, as: UInt32.self) {
        return Array(content)
      }
    }
    return nil
  }

  private mutating func takeRecords(
    from content: inout [UInt8], _ apply: (Change) throws(QrrotError) -> Void
  ) throws(StorageError) {
    var cursor = 0
    var count = 0
    var version = lastVersion
    do throws(QrrotError) {
      try content.withRawBytes { bytes throws(QrrotError) in
        while let change = Change(bytes, at: &cursor, commitVersion: 0), change.kind == .put {
          try apply(change)
          count += 1
          version = max(version, change.version)
        }
      }
    } catch {
      throw .stopped(error)
    }
    recordCount += count
    lastVersion = version
    content.removeFirst(cursor)
  }
}
