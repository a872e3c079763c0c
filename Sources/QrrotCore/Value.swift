/// The three types a stored value can have.
///
/// The raw values are part of the storage format: never renumber them.
public enum ValueType: UInt8, Sendable, CaseIterable {
  /// Any bytes.
  case string = 0
  /// A signed integer of 64 bits.
  case int = 1
  /// One JSON text (RFC 8259), kept as written apart from insignificant blanks.
  case json = 2

  /// The type's name as `type KEY` and `all` show it.
  public var name: String {
    switch self {
    case .string: "string"
    case .int: "int"
    case .json: "json"
    }
  }
}

/// A value with its type, owning its bytes.
///
/// The engine works on bytes in place; this form is for those who embed the store, for the undo log
/// and for tests.
public enum Value: Hashable, Sendable {
  /// Any bytes, not necessarily UTF-8.
  case string([UInt8])
  /// A signed integer of 64 bits.
  case int(Int64)
  /// A valid, compact JSON text.
  case json([UInt8])

  /// The value's type.
  public var type: ValueType {
    switch self {
    case .string: .string
    case .int: .int
    case .json: .json
    }
  }

  /// How many bytes of data a table keeps for it.
  public var storedByteCount: Int {
    switch self {
    case .string(let bytes), .json(let bytes): bytes.count
    case .int: MemoryLayout<Int64>.size
    }
  }
}

/// A key's value with its expiry, owning its bytes.
public struct StoredRecord: Hashable, Sendable {
  /// What the key holds.
  public var value: Value
  /// When it expires, in milliseconds since 1970; 0 for never.
  public var expiry: Int64

  /// Makes a record.
  public init(value: Value, expiry: Int64 = 0) {
    self.value = value
    self.expiry = expiry
  }
}
