internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Single bits of strings; bit 0 is the highest of the first byte.
extension Conversation {
  mutating func setbit(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let offset = try Self.bitOffset(words)
    guard let bit = words.integer(3), bit == 0 || bit == 1 else {
      throw RedisError("bit is not an integer or out of range")
    }
    var value = try text(of: words[1], &access)
    let index = offset / 8
    let mask = UInt8(0x80) >> UInt8(truncatingIfNeeded: offset % 8)
    if index >= value.count {
      // The bytes between are zero. The memory is asked for before it is taken.
      let missing = index + 1 - value.count
      try redis { () throws(QrrotError) in try access.requireMemory(missing) }
      value.append(contentsOf: repeatElement(0, count: missing))
    }
    let before = value[index] & mask != 0
    if bit == 1 { value[index] |= mask } else { value[index] &= ~mask }
    try value.withRawBytes { bytes throws(RedisError) in
      try store(bytes, at: words[1], expiry: .keep, &access)
    }
    writer.integer(before ? 1 : 0)
  }

  mutating func getbit(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let offset = try Self.bitOffset(words)
    let bit: UInt8
    if let found = access.find(words[1]), found.type == .string {
      // Nothing is copied of a long one.
      bit = offset / 8 < found.bytes.count ? found.bytes[offset / 8] : 0
    } else {
      let value = try text(of: words[1], &access)
      bit = offset / 8 < value.count ? value[offset / 8] : 0
    }
    let mask = UInt8(0x80) >> UInt8(truncatingIfNeeded: offset % 8)
    writer.integer(bit & mask != 0 ? 1 : 0)
  }

  private static func bitOffset(_ words: Arguments) throws(RedisError) -> Int {
    guard let offset = words.integer(2), offset >= 0, offset / 8 < Int64(Limits.valueByteCount)
    else { throw RedisError("bit offset is not an integer or out of range") }
    return Int(offset)
  }
}
