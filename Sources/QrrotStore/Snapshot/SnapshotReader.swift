internal import QrrotCore

/// Reads a snapshot from front to back, in memory bounded by the largest record.
///
/// A block is verified before anything in it is looked at, and the file as a whole at the end. So
/// records have been handed over when damage is found: what was made of them has to be dropped.
struct SnapshotReader: ~Copyable {
  private let file: any DiskFile
  private let path: String
  private let header: SnapshotHeader
  let footer: SnapshotFooter
  /// The size of the file.
  let byteCount: Int64
  /// Blocks as they are in the file.
  private var raw: InputMemory
  /// Their contents joined, as far as they have not been handed over: `start` to `end`.
  private var stream: InputMemory
  private var start = 0
  private var end = 0
  /// Where in the file the next block begins, and its number.
  private var offset: Int64
  private var block: Int64 = 0
  private var whole: CRC32C

  /// Opens a snapshot and reads header and footer.
  ///
  /// - Throws: `refused` for a file that is no snapshot or was not finished.
  init(_ file: any DiskFile, path: String) throws(StorageError) {
    let byteCount = try StorageError.reading { () throws(DiskError) in
      try file.status().byteCount
    }
    let capacity = Int(min(Int64(Self.rawByteCount), max(byteCount, 64)))
    let raw = try InputMemory(capacity: capacity, for: path)
    let stream = try InputMemory(capacity: capacity, for: path)
    let count = Int(min(byteCount, Int64(SnapshotHeader.byteCount)))
    try StorageError.fill(raw.base, count, from: file, at: 0, path)
    let bytes = UnsafeRawBufferPointer(start: raw.base, count: count)
    let header: SnapshotHeader
    switch SnapshotHeader.read(bytes) {
    case .failure(let rejection): throw .refused(rejection.refusal(of: path))
    case .success(let found): header = found
    }
    var whole = CRC32C(seed: header.salt)
    whole.update(bytes)
    let footer = try Self.footer(
      of: file, byteCount: byteCount, salt: header.salt, path, into: raw.base)
    self.file = file
    self.path = path
    self.header = header
    self.footer = footer
    self.byteCount = byteCount
    self.raw = raw
    self.stream = stream
    self.whole = whole
    offset = Int64(SnapshotHeader.byteCount)
  }

  private static func footer(
    of file: any DiskFile, byteCount: Int64, salt: UInt32, _ path: String,
    into memory: UnsafeMutableRawPointer
  ) throws(StorageError) -> SnapshotFooter {
    let offset = byteCount - Int64(SnapshotFooter.byteCount)
    let blocks = offset - Int64(SnapshotHeader.byteCount)
    guard blocks >= 0 else {
      throw .refused(FileRefusal(file: path, offset: byteCount, reason: .short))
    }
    try StorageError.fill(memory, SnapshotFooter.byteCount, from: file, at: offset, path)
    let bytes = UnsafeRawBufferPointer(start: memory, count: SnapshotFooter.byteCount)
    guard let footer = SnapshotFooter(bytes, salt: salt),
      footer.contentByteCount == SnapshotFormat.contentByteCount(ofBlocks: blocks)
    else { throw .refused(FileRefusal(file: path, offset: offset, reason: .footer)) }
    return footer
  }

  /// Hands every record to `apply`, each a put.
  ///
  /// - Parameters:
  ///   - apply: Throws to end the reading.
  ///   - progress: Called from time to time with bytes read and bytes in all. Throws to end it.
  /// - Throws: `refused` if anything is damaged; may be called only once.
  mutating func read(
    progress: (_ done: Int64, _ total: Int64) throws(QrrotError) -> Void = { _, _ in },
    apply: (Change) throws(QrrotError) -> Void
  ) throws(StorageError) {
    var recordCount: UInt64 = 0
    while true {
      var cursor = start
      let bytes = UnsafeRawBufferPointer(start: stream.base, count: end)
      if let change = Change(bytes, at: &cursor, commitVersion: Self.noVersion) {
        guard change.kind == .put, change.version != Self.noVersion else {
          throw refusal(.content, at: offset)
        }
        do throws(QrrotError) { try apply(change) } catch { throw .stopped(error) }
        recordCount &+= 1
        start = cursor
        continue
      }
      guard offset < footerOffset else { break }
      try load()
      do throws(QrrotError) { try progress(offset, byteCount) } catch { throw .stopped(error) }
    }
    guard start == end else { throw refusal(.content, at: offset) }
    guard whole.value == footer.wholeChecksum, recordCount == footer.recordCount else {
      throw refusal(.whole, at: footerOffset)
    }
  }

  private var footerOffset: Int64 { byteCount - Int64(SnapshotFooter.byteCount) }

  /// Gets more of the stream: at least as much as the record at its start needs.
  @inline(never)
  private mutating func load() throws(StorageError) {
    let left = end - start
    var needed = left + 1
    if let head = ChangeHead(UnsafeRawBufferPointer(start: stream.base, count: end), at: start) {
      needed = max(needed, head.byteCount)
    } else if left >= ChangeCoding.headByteLimit {
      throw refusal(.content, at: offset)
    }
    let unread = SnapshotFormat.contentByteCount(ofBlocks: footerOffset - offset) ?? 0
    guard Int64(needed - left) <= unread else { throw refusal(.content, at: offset) }
    try makeRoom(needed, left: left)
    repeat { try loadBlocks() } while end < needed
  }

  /// Moves what is left to the front of memory that has room for `needed` bytes and the blocks that
  /// go beyond them.
  private mutating func makeRoom(_ needed: Int, left: Int) throws(StorageError) {
    let capacity = max(needed, left) + raw.capacity
    // Memory for one huge record is kept no longer than for that record.
    if capacity > stream.capacity || stream.capacity > 4 * capacity {
      let larger = try InputMemory(capacity: capacity, for: path)
      larger.base.copyMemory(from: stream.base + start, byteCount: left)
      stream = larger
    } else {
      stream.base.copyMemory(from: stream.base + start, byteCount: left)
    }
    start = 0
    end = left
  }

  /// Reads and verifies as many blocks as memory for them allows and adds their contents.
  private mutating func loadBlocks() throws(StorageError) {
    let count = Int(min(Int64(raw.capacity), footerOffset - offset))
    try StorageError.fill(raw.base, count, from: file, at: offset, path)
    let bytes = UnsafeRawBufferPointer(start: raw.base, count: count)
    whole.update(bytes)
    var cursor = 0
    while cursor < count {
      let size = min(SnapshotFormat.blockByteCount, count - cursor)
      let content = bytes.part(
        cursor + SnapshotFormat.checksumByteCount, size - SnapshotFormat.checksumByteCount)
      let seed = SnapshotFormat.seed(salt: header.salt, block: block)
      guard CRC32C.checksum(content, seed: seed) == bytes.number(at: cursor, as: UInt32.self)
      else { throw refusal(.block, at: offset + Int64(cursor)) }
      RawBytes.copy(content, to: stream.base + end)
      end += content.count
      block += 1
      cursor += size
    }
    offset += Int64(count)
  }

  private func refusal(_ reason: FileRefusal.Reason, at offset: Int64) -> StorageError {
    .refused(FileRefusal(file: path, offset: offset, reason: reason))
  }

  private static let rawByteCount = 16 * SnapshotFormat.blockByteCount
  /// Stands for the version that a record has not got.
  private static let noVersion = UInt64.max
}
