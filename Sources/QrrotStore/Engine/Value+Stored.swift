public import QrrotCore

extension Value {
  /// Hands the value to `body` in the form in which the keyspace holds it: an int as 8 bytes,
  /// little-endian.
  public func withStoredBytes<R, E: Error>(
    _ body: (ValueType, UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    switch self {
    case .string(let bytes), .json(let bytes):
      try bytes.withRawBytes { buffer throws(E) in try body(type, buffer) }
    case .int(let integer):
      try withUnsafeBytes(of: integer.littleEndian) { buffer throws(E) in try body(.int, buffer) }
    }
  }
}
