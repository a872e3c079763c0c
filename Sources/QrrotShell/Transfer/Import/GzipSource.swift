internal import CZlib
internal import QrrotCore

/// What another source holds, unpacked where it is gzip.
///
/// Members that follow one another are read as one text. Memory does not grow with the input.
///
/// Source: RFC 1952; zlib does the work and verifies the checksums.
final class GzipSource: ByteSource {
  private let source: any ByteSource
  private var packed: UnsafeMutableRawBufferPointer
  /// What has been read and not been unpacked yet.
  private var range = 0..<0
  private var isSourceAtEnd = false
  private var isGzip: Bool?
  /// Where zlib keeps what it knows: it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether a member has begun and not ended.
  private var isInMember = false
  private var unpackedByteCount = 0
  private var packedByteCount = 0

  init(_ source: any ByteSource, blockByteCount: Int = 256 << 10) {
    self.source = source
    packed = .allocate(byteCount: max(4, blockByteCount), alignment: 16)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
  }

  deinit {
    if isInMember { inflateEnd(stream) }
    stream.deallocate()
    packed.deallocate()
  }

  /// What the source says: of gzip nobody knows how much it will be.
  var totalByteCount: Int? { source.totalByteCount }
  /// How much of the source has been read.
  var doneByteCount: Int { packedByteCount }

  var isReady: Bool { !range.isEmpty || isSourceAtEnd || source.isReady }
  func waitUntilReady() { source.waitUntilReady() }

  func read(_ count: Int, into buffer: inout [UInt8]) throws(QrrotError) -> Int {
    var failure: QrrotError?
    let part = [UInt8](unsafeUninitializedCapacity: count) { part, filledCount in
      do throws(QrrotError) {
        filledCount = try read(into: UnsafeMutableRawBufferPointer(part))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    buffer.append(contentsOf: part)
    return part.count
  }

  func read(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int {
    guard !memory.isEmpty else { return 0 }
    if isGzip == nil {
      try refill(upTo: 2)
      isGzip =
        range.count >= 2 && packed[range.lowerBound] == 0x1F
        && packed[range.lowerBound + 1] == 0x8B
    }
    if isGzip == true { return try unpack(into: memory) }
    // What was read to find out comes first; then there is no need for a copy.
    guard !range.isEmpty else {
      let count = try source.read(into: memory)
      packedByteCount += count
      return count
    }
    let count = min(range.count, memory.count)
    memory.copyMemory(
      from: UnsafeRawBufferPointer(
        rebasing: packed[range.lowerBound..<(range.lowerBound + count)]))
    range = (range.lowerBound + count)..<range.upperBound
    return count
  }

  private func unpack(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int {
    var filledCount = 0
    while filledCount == 0 {
      if !isInMember {
        guard try beginMember() else { return 0 }
      }
      if range.isEmpty { try refill(upTo: 1) }
      if range.isEmpty {
        throw corrupt("the gzip data ends in the middle, after \(packedByteCount) bytes")
      }
      let room = min(memory.count, Int(UInt32.max))
      stream.pointee.next_in = packed.baseAddress?.advanced(by: range.lowerBound)
        .assumingMemoryBound(to: Bytef.self)
      stream.pointee.avail_in = UInt32(range.count)
      stream.pointee.next_out = memory.baseAddress?.assumingMemoryBound(to: Bytef.self)
      stream.pointee.avail_out = UInt32(room)
      let status = inflate(stream, Z_NO_FLUSH)
      range = (range.upperBound - Int(stream.pointee.avail_in))..<range.upperBound
      filledCount = room - Int(stream.pointee.avail_out)
      unpackedByteCount += filledCount
      switch status {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END:
        inflateEnd(stream)
        isInMember = false
      case Z_MEM_ERROR: throw QrrotError(.tooLarge, "there is no memory to unpack gzip")
      default:
        throw corrupt(
          "the gzip data is damaged around byte \(packedByteCount - range.count) of the file, \(unpackedByteCount) bytes into the text"
        )
      }
    }
    return filledCount
  }

  /// - Returns: false at the end of the input.
  private func beginMember() throws(QrrotError) -> Bool {
    try refill(upTo: 2)
    // Zeros behind the last member are what a tape or a block device pads with.
    if unpackedByteCount > 0 || packedByteCount > range.count {
      while true {
        while let first = range.first, packed[first] == 0 { range = (first + 1)..<range.upperBound }
        guard range.isEmpty, !isSourceAtEnd else { break }
        try refill(upTo: 1)
      }
    }
    try refill(upTo: 2)
    if range.isEmpty { return false }
    guard range.count >= 2, packed[range.lowerBound] == 0x1F, packed[range.lowerBound + 1] == 0x8B
    else {
      throw corrupt(
        "behind the gzip data, at byte \(packedByteCount - range.count), stands something else")
    }
    stream.initialize(to: z_stream())
    guard qrrot_inflate_begin(stream) == Z_OK else {
      throw QrrotError(.tooLarge, "there is no memory to unpack gzip")
    }
    isInMember = true
    return true
  }

  /// Reads until `count` bytes wait, or the source ends.
  private func refill(upTo count: Int) throws(QrrotError) {
    while range.count < count, !isSourceAtEnd {
      if range.isEmpty {
        range = 0..<0
      } else if range.upperBound == packed.count {
        packed.copyMemory(from: UnsafeRawBufferPointer(rebasing: packed[range]))
        range = 0..<range.count
      }
      let readCount = try source.read(
        into: UnsafeMutableRawBufferPointer(rebasing: packed[range.upperBound...]))
      if readCount == 0 { isSourceAtEnd = true }
      packedByteCount += readCount
      range = range.lowerBound..<(range.upperBound + readCount)
    }
  }

  private func corrupt(_ text: String) -> QrrotError {
    QrrotError(.corrupt, "\(text); nothing was imported")
  }
}
