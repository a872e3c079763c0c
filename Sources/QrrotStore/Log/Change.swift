internal import QrrotCore

/// One key's part in a commit, as it stands in a log or a snapshot.
///
/// Key and value are parts of the memory it was read from and go with it.
struct Change {
  enum Kind: UInt8 {
    /// The key has this value from now on.
    case put = 1
    /// The key is gone.
    case remove = 2
    /// All keys are gone.
    case clear = 3
  }

  var kind: Kind
  /// Of a put; `string` otherwise.
  var type: ValueType = .string
  /// Empty for a clear.
  var key: UnsafeRawBufferPointer
  /// The value in the form in which the keyspace holds it; empty but for a put.
  var value: UnsafeRawBufferPointer
  /// The record's version: that of the commit unless the put brought its own.
  var version: UInt64
  /// When the record expires, in milliseconds since 1970; 0 for never.
  var expiry: Int64 = 0
}
