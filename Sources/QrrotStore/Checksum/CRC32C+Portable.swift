extension CRC32C {
  /// Goes on with a register without the processor's help: eight bytes a step, by eight tables.
  ///
  /// Source: M. E. Kounavis, F. L. Berry, "Novel Table Lookup-Based Algorithms for High-Performance
  /// CRC Generation" (slicing-by-8).
  static func portable(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var state = state
    tables.withUnsafeBufferPointer { tables in
      var index = 0
      while bytes.count &- index >= 8 {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
          ^ UInt64(state)
        state =
          tables[1_792 + Int(word & 0xff)] ^ tables[1_536 + Int(word >> 8 & 0xff)]
          ^ tables[1_280 + Int(word >> 16 & 0xff)] ^ tables[1_024 + Int(word >> 24 & 0xff)]
          ^ tables[768 + Int(word >> 32 & 0xff)] ^ tables[512 + Int(word >> 40 & 0xff)]
          ^ tables[256 + Int(word >> 48 & 0xff)] ^ tables[Int(word >> 56)]
        index &+= 8
      }
      while index < bytes.count {
        state = tables[Int((state ^ UInt32(bytes[index])) & 0xff)] ^ state >> 8
        index &+= 1
      }
    }
    return state
  }

  /// Table `n`, at 256 times `n`, moves a byte past `n` more bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var state = UInt32(byte)
      for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ polynomial }
      tables[byte] = state
    }
    for index in 256..<tables.count {
      let state = tables[index - 256]
      tables[index] = tables[Int(state & 0xff)] ^ state >> 8
    }
    return tables
  }()

  /// The Castagnoli polynomial with its bits reversed.
  private static let polynomial: UInt32 = 0x82f6_3b78
}
