internal import QrrotCore

/// Writes a snapshot, record by record, in memory of about a megabyte whatever its size.
///
/// It is written under a temporary name; `finish` gives it its own only after the whole file has been
/// synced, read again and verified. A writer that goes without having finished removes its file.
struct SnapshotWriter: ~Copyable {
  private let folder: any DiskFolder
  private let temporaryName: String
  private let file: any DiskFile
  private let salt: UInt32
  /// A whole number of blocks with room for their checksums.
  private let buffer: UnsafeMutableRawPointer
  /// The end of what is in the buffer.
  private var fill: Int
  /// Where the block that is being filled begins in the buffer.
  private var blockStart = 0
  /// Its number in the file.
  private var block: Int64 = 0
  /// The size of the file so far.
  private var byteCount: Int64
  private var whole: CRC32C
  private var isFinished = false
  /// How many records have been added.
  private(set) var recordCount: UInt64 = 0

  /// Begins a snapshot.
  ///
  /// - Parameters:
  ///   - temporaryName: What the file is called until it is finished.
  ///   - salt: The seed of its checksums; another one for every file.
  /// - Throws: ``DiskError``; `EEXIST` if there is a file of that name.
  static func create(
    in folder: any DiskFolder, temporaryName: String,
    salt: UInt32 = UInt32.random(in: 0 ... .max)
  ) throws(DiskError) -> SnapshotWriter {
    let file = try folder.open(temporaryName, .create)
    var writer = SnapshotWriter(file, in: folder, temporaryName: temporaryName, salt: salt)
    try writer.writeHeader()
    return writer
  }

  private init(_ file: any DiskFile, in folder: any DiskFolder, temporaryName: String, salt: UInt32)
  {
    self.folder = folder
    self.temporaryName = temporaryName
    self.file = file
    self.salt = salt
    buffer = RawMemory.allocate(Self.bufferByteCount)
    fill = SnapshotFormat.checksumByteCount
    byteCount = 0
    whole = CRC32C(seed: salt)
  }

  private mutating func writeHeader() throws(DiskError) {
    SnapshotHeader(salt: salt).write(to: buffer)
    blockStart = SnapshotHeader.byteCount
    try flush()
    blockStart = 0
  }

  deinit {
    RawMemory.deallocate(buffer)
    // What can't be removed now is removed as a left-over when the database is opened next.
    if !isFinished { try? folder.remove(temporaryName) }
  }

  /// Adds a record; every key at most once.
  ///
  /// - Parameter value: In the form in which the keyspace holds it.
  /// - Throws: ``DiskError``; the snapshot can't be finished then.
  @inline(__always)
  mutating func add(
    _ key: UnsafeRawBufferPointer, type: ValueType, _ value: UnsafeRawBufferPointer,
    version: UInt64, expiry: Int64
  ) throws(DiskError) {
    recordCount &+= 1
    let needed = ChangeCoding.headByteLimit &+ key.count &+ value.count
    // Most records fit into the block with some room left and are written in place.
    guard needed < blockStart &+ SnapshotFormat.blockByteCount &- fill else {
      try addAcross(key, type: type, value, version: version, expiry: expiry)
      return
    }
    let room = buffer + fill
    let count = ChangeCoding.writePut(
      type: type, keyByteCount: key.count, valueByteCount: value.count, version: version,
      expiry: expiry, to: room)
    RawBytes.copy(key, to: room + count)
    RawBytes.copy(value, to: room + (count &+ key.count))
    fill &+= count &+ key.count &+ value.count
  }

  @inline(never)
  private mutating func addAcross(
    _ key: UnsafeRawBufferPointer, type: ValueType, _ value: UnsafeRawBufferPointer,
    version: UInt64, expiry: Int64
  ) throws(DiskError) {
    var head = OutputBuffer(capacity: ChangeCoding.headByteLimit)
    head.advance(
      ChangeCoding.writePut(
        type: type, keyByteCount: key.count, valueByteCount: value.count, version: version,
        expiry: expiry, to: head.room(ChangeCoding.headByteLimit)))
    try append(head.bytes)
    try append(key)
    try append(value)
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
    var done = 0
    while done < bytes.count {
      let room = blockStart + SnapshotFormat.blockByteCount - fill
      let count = min(room, bytes.count - done)
      RawBytes.copy(bytes.part(done, count), to: buffer + fill)
      fill += count
      done += count
      if count == room { try finishBlock() }
    }
  }

  /// Puts the checksum in front of a block's content and begins the next.
  private mutating func finishBlock() throws(DiskError) {
    let start = blockStart + SnapshotFormat.checksumByteCount
    let content = UnsafeRawBufferPointer(start: buffer + start, count: fill - start)
    let seed = SnapshotFormat.seed(salt: salt, block: block)
    (buffer + blockStart).put(CRC32C.checksum(content, seed: seed), at: 0)
    block += 1
    blockStart = fill
    if fill == Self.bufferByteCount {
      try flush()
      blockStart = 0
    }
    fill = blockStart + SnapshotFormat.checksumByteCount
  }

  /// Writes the buffer up to the block that is being filled.
  private mutating func flush() throws(DiskError) {
    let bytes = UnsafeRawBufferPointer(start: buffer, count: blockStart)
    whole.update(bytes)
    try file.write(bytes, at: byteCount)
    byteCount += Int64(bytes.count)
  }

  /// Writes the rest, syncs, reads all of it again, and gives the file its name, replacing what had
  /// it; then syncs the folder.
  ///
  /// - Parameter position: Where the log goes on behind the snapshot.
  /// - Returns: The size of the file.
  /// - Throws: ``StorageError``. Unless renaming has happened and only the folder could not be
  ///   synced, no file is left; `refused` if what was read is not what was written.
  consuming func finish(
    as name: String, position: LogPosition
  ) throws(StorageError) -> Int64 {
    do throws(DiskError) {
      if fill > blockStart + SnapshotFormat.checksumByteCount { try finishBlock() }
      if blockStart > 0 { try flush() }
      try writeFooter(position)
      try file.sync()
    } catch {
      throw .disk(error)
    }
    let path = folder.path.appending(temporaryName).description
    var reader = try SnapshotReader(file, path: path)
    try reader.read { _ in }
    guard reader.footer.recordCount == recordCount, reader.footer.position == position else {
      throw .refused(FileRefusal(file: path, offset: byteCount, reason: .footer))
    }
    do throws(DiskError) {
      try folder.rename(temporaryName, to: name)
      isFinished = true
      try folder.sync()
    } catch {
      throw .disk(error)
    }
    return byteCount + Int64(SnapshotFooter.byteCount)
  }

  private mutating func writeFooter(_ position: LogPosition) throws(DiskError) {
    let content = SnapshotFormat.contentByteCount(
      ofBlocks: byteCount - Int64(SnapshotHeader.byteCount))
    let footer = SnapshotFooter(
      recordCount: recordCount, contentByteCount: content ?? 0, position: position,
      wholeChecksum: whole.value)
    footer.write(to: buffer, salt: salt)
    try file.write(
      UnsafeRawBufferPointer(start: buffer, count: SnapshotFooter.byteCount), at: byteCount)
  }

  private static let bufferByteCount = 16 * SnapshotFormat.blockByteCount
}
