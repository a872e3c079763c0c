/// What a bulk write does with a key that is there already, or that comes a second time.
public enum ConflictPolicy: String, CaseIterable, Sendable {
  /// It is an error.
  case error
  /// What was there first stays.
  case skip
  /// What comes last stays.
  case replace
}

/// What became of a record that was handed to a bulk write.
public enum BulkOutcome: Equatable, Sendable {
  /// It waits to be applied.
  case added
  /// It waits in the place of an earlier one with its key.
  case replaced
  /// It was passed over, because of its key.
  case skipped
}

/// How many keys a bulk write has changed.
public struct BulkCounts: Equatable, Sendable {
  /// Keys that were not there before.
  public var insertedCount = 0
  /// Keys that were there and have been replaced.
  public var replacedCount = 0
  /// Keys that came up while the records were gathered, and stay as they are.
  public var skippedCount = 0

  /// Counts nothing.
  public init() {}
}

/// Many records that become part of the database as one write: all of them or none.
///
/// They are gathered beside the data, where nobody sees them and no lock is held, and
/// ``apply(in:)`` makes them part of it as one commit. Dropping a bulk write drops its records. One
/// task uses it; other sessions may write meanwhile.
public protocol BulkWrite: AnyObject {
  /// How many records wait.
  var count: Int { get }

  /// Says that a record with this key is likely to be the next, so that its place in memory can be
  /// fetched meanwhile. Nothing changes.
  func expect(_ key: UnsafeRawBufferPointer)

  /// Adds a record; its bytes are copied.
  ///
  /// - Throws: `conflict` under ``ConflictPolicy/error`` if the key is there already or was added
  ///   before; `syntax` for an empty key; `too-large` beyond ``Limits`` or the memory's. The record is
  ///   not added then, and others still may be.
  func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome

  /// Gives a record that waits another deadline, in milliseconds since 1970; 0 for none.
  ///
  /// - Returns: whether a record with that key waits.
  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) throws(QrrotError) -> Bool

  /// Takes a record out again.
  ///
  /// - Returns: whether a record with that key waited.
  func remove(_ key: UnsafeRawBufferPointer) -> Bool

  /// Applies all records as one commit of the session, which one `undo` takes back.
  ///
  /// - Throws: `refused` with detail ``QrrotError/Detail/exceedsUndo(byteCount:)`` if the session wants
  ///   to know that beforehand: then it may be called again. `conflict` under
  ///   ``ConflictPolicy/error`` if somebody has written one of the keys meanwhile; `read-only`,
  ///   `too-large`, `io`, `interrupted`. Nothing has changed then.
  func apply(in session: inout Session) async throws(QrrotError) -> BulkCounts
}

extension BulkWrite {
  /// Does nothing: for those that have no use for it.
  public func expect(_ key: UnsafeRawBufferPointer) {}
}

extension QrrotError {
  /// Why a record is not added: its key is in the database.
  public static func keyIsThere(_ key: UnsafeRawBufferPointer) -> QrrotError {
    QrrotError(
      .conflict,
      "\(excerpt(key)) is there already; --on-conflict skip keeps what is there, --on-conflict replace replaces it"
    )
  }

  /// Why a record is not added: its key was added before.
  public static func keyCameBefore(_ key: UnsafeRawBufferPointer) -> QrrotError {
    QrrotError(
      .conflict,
      "\(excerpt(key)) comes twice; --on-conflict skip keeps the first, --on-conflict replace the last"
    )
  }

  /// Checks the lengths of a record.
  ///
  /// - Throws: `syntax` for an empty key, `too-large`.
  @inlinable
  @inline(__always)
  public static func requireLimits(of record: RecordView) throws(QrrotError) {
    let keyByteCount = record.key.count
    guard keyByteCount > 0, keyByteCount <= Limits.keyByteCount,
      record.value.count <= Limits.valueByteCount
    else { throw outsideLimits(record) }
  }

  @usableFromInline
  static func outsideLimits(_ record: RecordView) -> QrrotError {
    if record.key.isEmpty { return QrrotError(.syntax, "a key has at least one byte") }
    if record.key.count > Limits.keyByteCount {
      return QrrotError(
        .tooLarge,
        "a key may be \(Limits.keyByteCount) bytes long; this one has \(record.key.count)")
    }
    return QrrotError(
      .tooLarge,
      "a value may be \(Limits.valueByteCount) bytes long; this one has \(record.value.count)")
  }
}
