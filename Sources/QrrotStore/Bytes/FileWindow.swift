#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file read from front to back through memory of a bounded size.
///
/// It holds one piece of the file, normally of `chunkByteCount`; a request for more gets memory of
/// just its size for as long as it is needed. No request goes beyond the end of the file as it was
/// when the window was made, so a length that the file claims can't ask for more memory than the file
/// has bytes.
struct FileWindow: ~Copyable {
  let file: any DiskFile
  /// The path, for messages.
  let name: String
  /// The size of the file.
  let byteCount: Int64
  private var memory: InputMemory
  private var start: Int64 = 0
  private var count = 0
  private let chunkByteCount: Int

  init(_ file: any DiskFile, name: String, chunkByteCount: Int = 512 << 10) throws(StorageError) {
    let byteCount = try StorageError.reading { () throws(DiskError) in try file.status().byteCount }
    let chunkByteCount = Int(min(Int64(chunkByteCount), max(byteCount, 1)))
    let memory = try InputMemory(capacity: chunkByteCount, for: name)
    self.file = file
    self.name = name
    self.byteCount = byteCount
    self.chunkByteCount = chunkByteCount
    self.memory = memory
  }

  /// Whether `count` bytes from `offset` on are within the file.
  func contains(_ count: Int64, at offset: Int64) -> Bool {
    offset >= 0 && count >= 0 && offset <= byteCount && count <= byteCount - offset
  }

  /// Some bytes of the file, valid until the next call.
  ///
  /// That they are within the file is a precondition.
  ///
  /// - Throws: ``StorageError``, `disk` with `EIO` if the file has become shorter meanwhile.
  @inline(__always)
  mutating func bytes(at offset: Int64, count: Int) throws(StorageError) -> UnsafeRawBufferPointer {
    let distance = offset &- start
    if distance < 0 || distance > Int64(self.count) || Int64(self.count) &- distance < Int64(count)
    {
      try load(at: offset, count: count)
    }
    return UnsafeRawBufferPointer(start: memory.base + Int(offset &- start), count: count)
  }

  /// The bytes from `offset` on, as many as are at hand or a chunk of them; none only at the end.
  mutating func someBytes(at offset: Int64) throws(StorageError) -> UnsafeRawBufferPointer {
    let distance = offset - start
    if distance >= 0, distance < Int64(count) {
      return try bytes(at: offset, count: count - Int(distance))
    }
    return try bytes(at: offset, count: Int(min(Int64(chunkByteCount), byteCount - offset)))
  }

  /// The checksum of a part of the file, whatever its size, in bounded memory.
  mutating func checksum(at offset: Int64, count: Int64, seed: UInt32) throws(StorageError)
    -> UInt32
  {
    var checksum = CRC32C(seed: seed)
    var done: Int64 = 0
    while done < count {
      let part = try bytes(
        at: offset + done, count: Int(min(Int64(chunkByteCount), count - done)))
      checksum.update(part)
      done += Int64(part.count)
    }
    return checksum.value
  }

  @inline(never)
  private mutating func load(at offset: Int64, count: Int) throws(StorageError) {
    precondition(contains(Int64(count), at: offset), "a window reaches beyond its file")
    let capacity = max(count, chunkByteCount)
    if capacity != memory.capacity { memory = try InputMemory(capacity: capacity, for: name) }
    let wanted = Int(min(Int64(capacity), byteCount - offset))
    start = offset
    self.count = 0
    try StorageError.fill(memory.base, wanted, from: file, at: offset, name)
    self.count = wanted
  }
}
