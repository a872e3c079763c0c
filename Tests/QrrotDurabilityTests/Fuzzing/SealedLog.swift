import QrrotTesting

@testable import QrrotStore

/// A log whose checksums are right and whose content is what a fuzzer's input says: what a reader
/// must survive that can't rely on checksums to keep nonsense out.
struct SealedLog {
  let disk = TestDisk(folder: testFolder)
  /// Where a reader has to begin.
  let start: LogPosition
  private var position: LogPosition
  private var previousSalt: UInt32 = 0
  private var salt: UInt32 = 0x1234_5678
  private var bytes: [UInt8] = []

  /// Makes what the whole of the input says.
  init(_ input: inout FuzzInput) {
    let place = input.byte()
    start =
      place & 1 == 0
      ? .start
      : LogPosition(
        segment: 1 + UInt64(place >> 4), nextLSN: 1 + input.number(byteCount: 5),
        previousChecksum: UInt32(place))
    position = start
    addHeader(&input)
    while !input.isAtEnd { add(&input) }
    save()
  }

  private mutating func addHeader(_ input: inout FuzzInput) {
    var header = SegmentHeader(
      number: position.segment, salt: salt, previousSalt: previousSalt)
    switch input.byte() {
    case 1: header.number &+= UInt64(input.byte())
    case 2: header.previousSalt = UInt32(input.byte())
    case 3: header.salt = 0
    default: break
    }
    bytes = Self.bytes(SegmentHeader.byteCount) { header.write(to: $0) }
  }

  /// Adds what the input says next: a frame with or without a lie in it, any bytes, or a new
  /// segment.
  private mutating func add(_ input: inout FuzzInput) {
    let choice = input.byte()
    switch choice & 15 {
    case 0: addFrame(kind: .end, [], choice, &input)
    case 1:
      save()
      position.segment &+= 1
      (previousSalt, salt) = (salt, salt &+ 1)
      addHeader(&input)
    case 2: bytes += input.take(Int(input.byte()))
    default: addFrame(kind: .batch, input.take(Int(input.byte())), choice, &input)
    }
  }

  private mutating func addFrame(
    kind: FrameHeader.Kind, _ payload: [UInt8], _ choice: UInt8, _ input: inout FuzzInput
  ) {
    var header = FrameHeader(
      kind: kind, payloadByteCount: Int64(payload.count), lsn: position.nextLSN,
      syncedLSN: position.lastLSN, previousChecksum: position.previousChecksum,
      payloadChecksum: payload.withRawBytes { CRC32C.checksum($0, seed: salt) })
    switch choice >> 4 {
    case 8: header.payloadByteCount = Int64(input.number(byteCount: 6))
    case 9: header.lsn &+= UInt64(input.byte())
    case 10: header.lsn = input.number(byteCount: 8)
    case 11: header.syncedLSN = input.number(byteCount: 2)
    case 12: header.previousChecksum ^= UInt32(input.byte())
    case 13: header.payloadChecksum ^= UInt32(input.byte())
    default: break
    }
    var checksum: UInt32 = 0
    var frame = Self.bytes(FrameHeader.byteCount) { checksum = header.write(to: $0, salt: salt) }
    // The type and the reserved byte have to be checked too, and can't be set wrong above.
    if choice >> 4 == 14 {
      frame[14] = input.byte()
      frame[15] = input.byte()
      checksum = frame.withRawBytes { CRC32C.checksum($0.part(8, 32), seed: salt) }
      frame.withUnsafeMutableBytes { $0.baseAddress?.put(checksum, at: 4) }
    }
    if choice >> 4 == 15 { frame[4] ^= input.byte() }
    bytes += frame + payload
    position.previousChecksum = checksum
    if kind == .batch { position.nextLSN &+= 1 }
  }

  private func save() { disk.put(StoreFileName.log(position.segment), bytes, in: testFolder) }

  private static func bytes(_ count: Int, _ write: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { $0.baseAddress.map(write) }
    return bytes
  }
}
