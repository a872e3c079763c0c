internal import QrrotCore

/// A folder to read in which some names are hidden and the headers of some files are mended. Nothing
/// is written: the files are as they were.
struct MendedFolder: DiskFolder {
  let base: any DiskFolder
  var hiddenNames: Set<String> = []
  /// What some files begin with, instead of what stands there.
  var heads: [String: [UInt8]] = [:]

  var path: DiskPath { base.path }

  func open(_ name: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    let file = try base.open(name, mode)
    guard let head = heads[name] else { return file }
    return MendedFile(base: file, head: head)
  }

  func names() throws(DiskError) -> [String] {
    try base.names().filter { !hiddenNames.contains($0) }
  }

  func status(of name: String) throws(DiskError) -> FileStatus { try base.status(of: name) }
  func statusByPath(of name: String) throws(DiskError) -> FileStatus {
    try base.statusByPath(of: name)
  }

  func status() throws(DiskError) -> FileStatus { try base.status() }
  func rename(_ name: String, to newName: String) throws(DiskError) {
    try base.rename(name, to: newName)
  }
  func remove(_ name: String) throws(DiskError) { try base.remove(name) }
  func sync() throws(DiskError) { try base.sync() }
  func lock(_ name: String, isReadOnly: Bool) throws(DiskError) -> DiskLockOutcome {
    try base.lock(name, isReadOnly: isReadOnly)
  }
}

private struct MendedFile: DiskFile {
  let base: any DiskFile
  let head: [UInt8]

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) -> Int {
    let count = try base.read(into: buffer, at: offset)
    for index in 0..<count where offset + Int64(index) < Int64(head.count) {
      buffer[index] = head[Int(offset) + index]
    }
    return count
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError) {
    try base.write(bytes, at: offset)
  }
  func truncate(to byteCount: Int64) throws(DiskError) { try base.truncate(to: byteCount) }
  func sync() throws(DiskError) { try base.sync() }
  func status() throws(DiskError) -> FileStatus { try base.status() }
}

/// Finding out what a damaged header was.
///
/// All that it says and that can't be told from elsewhere is the salt, and whether that is right shows
/// in the checksums of everything behind it. So it is taken as it stands there, or with one bit
/// changed, and only believed if what follows fits.
extension CheckedFolder {
  /// The header of a log segment; nil if it can't be told.
  func mendedHead(ofLog number: UInt64) throws(StorageError) -> [UInt8]? {
    let start = SegmentHeader.byteCount
    let bytes = try beginning(of: StoreFileName.log(number), start + FrameHeader.byteCount)
    guard bytes.count == start + FrameHeader.byteCount else { return nil }
    // That of the segment before, whose header is sound or has been mended.
    var previousSalt = Self.number(bytes, at: 28)
    if logs.contains(number - 1) {
      let name = StoreFileName.log(number - 1)
      previousSalt = try LogReader(try open(name), path: path(name), number: number - 1).salt
    }
    for salt in Self.candidates(Self.number(bytes, at: 24)) where salt != 0 {
      let isRight = bytes.withRawBytes { bytes in
        if case .header = FrameHeader.read(bytes.part(start, FrameHeader.byteCount), salt: salt) {
          return true
        }
        return false
      }
      guard isRight else { continue }
      let header = SegmentHeader(number: number, salt: salt, previousSalt: previousSalt)
      return Self.bytes(start) { header.write(to: $0) }
    }
    return nil
  }

  /// The header of a snapshot; nil if it can't be told.
  func mendedHead(ofSnapshot number: UInt64) throws(StorageError) -> [UInt8]? {
    let name = StoreFileName.snapshot(number)
    let start = SnapshotHeader.byteCount
    let bytes = try beginning(of: name, start + SnapshotFormat.blockByteCount)
    guard bytes.count > start else { return nil }
    let file = try open(name)
    for salt in Self.candidates(Self.number(bytes, at: 16)) {
      let header = SnapshotHeader(salt: salt)
      let head = Self.bytes(start) { header.write(to: $0) }
      let mended = MendedFile(base: file, head: head)
      // The footer's checksum or, where that is damaged too, the first block's.
      if (try? SnapshotReader(mended, path: path(name))) != nil { return head }
      do throws(StorageError) {
        _ = try SnapshotRemains(mended, path: path(name)) { _ throws(QrrotError) in
          throw Self.enough
        }
      } catch .stopped(Self.enough) {
        return head
      }
    }
    return nil
  }

  private static let enough = QrrotError(.refused, "enough")

  private func beginning(of name: String, _ count: Int) throws(StorageError) -> [UInt8] {
    var window = try FileWindow(try open(name), name: path(name))
    return Array(try window.bytes(at: 0, count: Int(min(Int64(count), window.byteCount))))
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    guard bytes.count >= offset + 4 else { return 0 }
    return bytes.withRawBytes { $0.number(at: offset, as: UInt32.self) }
  }

  private static func candidates(_ salt: UInt32) -> [UInt32] {
    [salt] + (0..<32).map { salt ^ 1 << $0 }
  }

  private static func bytes(_ count: Int, _ body: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
    var bytes = OutputBuffer(capacity: count)
    body(bytes.room(count))
    bytes.advance(count)
    return Array(bytes.bytes)
  }
}
