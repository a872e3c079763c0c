public import QrrotCore

/// Single keys in the common case: a short key at home in its bucket, a lock that nobody has.
///
/// It is a value of three pointers into an engine, which costs no counting of references. Whoever keeps
/// one keeps the engine too: it is good for no longer than that.
public struct ShortPath: Sendable {
  // What they point to is the engine's, and guarded by its lock.
  nonisolated(unsafe) let lock: UnsafeMutablePointer<TableLock>
  // The same.
  nonisolated(unsafe) let state: UnsafeMutablePointer<EngineState>
  // The same.
  nonisolated(unsafe) let reader: Keyspace.Reader

  /// Hands the value of `key` to `body`, as ``LocalEngine/withValue(of:_:)`` does.
  ///
  /// - Returns: what `body` returned; nil says nothing about the key: ask the engine.
  /// - Complexity: O(length of the key).
  @inline(__always)
  public func withValue<R, E: Error>(
    of key: UnsafeRawBufferPointer, _ body: (ValueType, UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R? {
    guard UInt(bitPattern: key.count &- 1) < KeyHash.shortByteLimit else { return nil }
    let hash = reader.shortHash(key)
    guard lock.pointee.tryLockShared() else { return nil }
    defer { lock.pointee.unlockShared(nil) }
    guard let (record, word) = reader.findAtOnce(key, hash: hash) else { return nil }
    let value = UnsafeRawBufferPointer(
      start: record.base + (8 &+ key.count), count: Record.shortValueByteCount(word))
    return try body(Record.shortType(word), value)
  }

  /// Gives `key` a string if it holds a value of the same size without an expiry and nobody is to know
  /// of it but the table, as ``LocalEngine/put(string:forKey:)`` does.
  ///
  /// - Returns: whether that is done; if not, ask the engine.
  /// - Complexity: O(length of key and value).
  @inline(__always)
  public func put(
    string value: UnsafeRawBufferPointer, forKey key: UnsafeRawBufferPointer
  ) -> Bool {
    guard UInt(bitPattern: key.count &- 1) < KeyHash.shortByteLimit else { return false }
    let hash = reader.shortHash(key)
    guard lock.pointee.tryLock() else { return false }
    defer { lock.pointee.unlock(wasBiased: false) }
    guard !state.pointee.isObserved, let (record, word) = reader.findAtOnce(key, hash: hash),
      Record.shortValueByteCount(word) == value.count
    else { return false }
    RawBytes.copy(value, to: record.base + (8 &+ key.count))
    record.writeShortHeader(
      keyByteCount: key.count, valueByteCount: value.count, type: .string,
      version: state.pointee.advance())
    return true
  }

  /// The same for a client that can take its writes back: `undo` is told what was there. The value that is
  /// there already changes nothing.
  ///
  /// - Returns: whether that is done; if not, ask the engine.
  /// - Complexity: O(length of key and value).
  @inline(__always)
  public func put(
    string value: UnsafeRawBufferPointer, forKey key: UnsafeRawBufferPointer,
    undo: inout UndoLog
  ) -> Bool {
    guard UInt(bitPattern: key.count &- 1) < KeyHash.shortByteLimit else { return false }
    let hash = reader.shortHash(key)
    guard lock.pointee.tryLock() else { return false }
    defer { lock.pointee.unlock(wasBiased: false) }
    guard !state.pointee.isObserved, let (record, word) = reader.findAtOnce(key, hash: hash),
      Record.shortValueByteCount(word) == value.count, let from = value.baseAddress
    else { return false }
    let type = Record.shortType(word)
    let before = UnsafeRawBufferPointer(
      start: record.base + (8 &+ key.count), count: value.count)
    if type == .string, RawBytes.equal(record.base + (8 &+ key.count), from, value.count) {
      return true
    }
    let version = state.pointee.advance()
    undo.recordWrite(
      key: key, type: type, value: before, versionBefore: word & Record.versionMask,
      versionAfter: version)
    RawBytes.copy(value, to: record.base + (8 &+ key.count))
    record.writeShortHeader(
      keyByteCount: key.count, valueByteCount: value.count, type: .string, version: version)
    return true
  }

  /// Asks for the memory that look-ups of these keys will read, all at once, so that each of them has
  /// waited for by the time it is looked up. It changes nothing, and is worth its while for several keys.
  ///
  /// - Complexity: O(length of the keys).
  public func prefetch(_ keys: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    // What is not there before the look-up is not worth waiting for.
    guard lock.pointee.tryLockShared() else { return }
    defer { lock.pointee.unlockShared(nil) }
    guard reader.isWorthPrefetching else { return }
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: keys.count) { hashes in
      for index in keys.indices {
        let hash = reader.hash(keys[index])
        hashes[index] = hash
        reader.prefetchHome(of: hash)
      }
      for index in keys.indices { reader.prefetchRecord(of: hashes[index]) }
    }
  }
}
