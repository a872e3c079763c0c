public import QrrotCore

/// For programs that embed the store: single keys, without commands, sessions and undo.
///
/// Keys are 1 byte to 64 KiB. Each call is atomic and takes the lock once. The common case (a short
/// key at home in its bucket, a lock that nobody has) stands in the caller, without a call in it, so
/// that it keeps to registers; all else is one call away.
extension LocalEngine {
  /// Hands the value of `key` to `body`, where it stands in the table.
  ///
  /// Nothing is copied and nothing is allocated. `body` runs with the engine's lock held for reading:
  /// it must be short, must not keep the pointer, and must not call the engine, which could wait for
  /// itself.
  ///
  /// - Parameter body: takes the type and the bytes; those of an int are its eight, little-endian.
  /// - Returns: what `body` returned; nil if there is no such key.
  /// - Complexity: O(length of the key).
  @inline(__always)
  public func withValue<R, E: Error>(
    of key: UnsafeRawBufferPointer, _ body: (ValueType, UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R? {
    if let result = try shortPath.withValue(of: key, body) { return result }
    return try withAnyValue(of: key, body)
  }

  @inline(never)
  private func withAnyValue<R, E: Error>(
    of key: UnsafeRawBufferPointer, _ body: (ValueType, UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R? {
    let hash = reader.hash(key)
    // Without `reading`, whose state has parts that keep this from being specialised elsewhere.
    let slot = lock.pointee.lockShared()
    defer { lock.pointee.unlockShared(slot) }
    guard let record = reader.find(key, hash: hash) else { return nil }
    if record.hasRoomForExpiry, record.isDue(at: state.pointee.clock.milliseconds()) { return nil }
    return try body(record.type, record.value)
  }

  /// Gives `key` a string, copying both; an expiry that it had is over.
  ///
  /// A value of the size of the one before replaces it in place, without an allocation. With a
  /// database on disk it has been written when this returns; `sync()` makes it durable.
  ///
  /// - Throws: `syntax` for an empty key, `too-large` beyond ``Limits`` or the memory's; nothing has changed then.
  /// - Complexity: O(length of key and value).
  @inline(__always)
  public func put(
    string value: UnsafeRawBufferPointer, forKey key: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    if shortPath.put(string: value, forKey: key) { return }
    try putAny(value, forKey: key)
  }

  /// Gives `key` an int; an expiry that it had is over.
  ///
  /// - Throws: as ``put(string:forKey:)``.
  /// - Complexity: O(length of the key).
  public func put(
    integer: Int64, forKey key: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    try withUnsafeBytes(of: integer.littleEndian) { bytes throws(QrrotError) in
      try putAny(bytes, .int, forKey: key)
    }
  }

  @inline(never)
  private func putAny(
    _ value: UnsafeRawBufferPointer, _ type: ValueType = .string,
    forKey key: UnsafeRawBufferPointer
  ) throws(QrrotError) {
    guard !key.isEmpty, key.count <= Limits.keyByteCount, value.count <= Limits.valueByteCount
    else { throw Self.outsideLimits(key, value) }
    let hash = reader.hash(key)
    if let postponement { beginWriting(postponement) }
    try locked { state throws(QrrotError) in
      defer { state.endCommand() }
      try state.put(type, value, forKey: key, hash: hash)
    }
  }

  @inline(never)
  static func outsideLimits(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> QrrotError {
    if key.isEmpty { return QrrotError(.syntax, "a key has at least one byte") }
    return QrrotError(
      .tooLarge,
      "a key may be \(Limits.keyByteCount) bytes long and a value \(Limits.valueByteCount); these have \(key.count) and \(value.count)"
    )
  }
}

extension LocalEngine {
  /// The way of the common case alone.
  @inline(__always)
  public var shortPath: ShortPath { ShortPath(lock: lock, state: state, reader: reader) }
}

extension EngineState {
  /// Gives `key` a value as a commit of its own that nobody can undo.
  @inline(__always)
  mutating func put(
    _ type: ValueType, _ value: UnsafeRawBufferPointer, forKey key: UnsafeRawBufferPointer,
    hash: UInt64
  ) throws(QrrotError) {
    let record = keyspace.find(key, hash: hash)
    try requireMemory(forKey: key.count, value: value.count, over: record)
    try write { $0.put(key, type: type, value) }
    if let record, hasViews { preserve(key, hash: hash, record) }
    let version = nextVersion
    markChanged()
    if let record {
      keyspace.update(record, hash: hash, type: type, value: value, version: version, expiry: 0)
    } else {
      keyspace.insert(key, hash: hash, type: type, value: value, version: version)
    }
  }
}
