/// A key with what it holds, in somebody else's memory: good for the time of the call that hands it
/// over.
public struct RecordView {
  /// The key: 1 byte to ``Limits/keyByteCount``.
  public var key: UnsafeRawBufferPointer
  /// The type of the value.
  public var type: ValueType
  /// The value: the bytes of a string, a compact JSON text, the eight bytes of an int, little-endian.
  public var value: UnsafeRawBufferPointer
  /// When it expires, in milliseconds since 1970; 0 for never.
  public var expiry: Int64

  /// Describes a record.
  @inlinable
  public init(
    key: UnsafeRawBufferPointer, type: ValueType, value: UnsafeRawBufferPointer, expiry: Int64 = 0
  ) {
    self.key = key
    self.type = type
    self.value = value
    self.expiry = expiry
  }

  /// The number that an int value is; 0 where there are no eight bytes.
  public var integer: Int64 { value.storedInteger }
}

extension UnsafeRawBufferPointer {
  /// The number that the bytes of a stored int are; 0 where there are no eight.
  @inlinable
  package var storedInteger: Int64 {
    count >= 8 ? Int64(littleEndian: loadUnaligned(as: Int64.self)) : 0
  }
}
