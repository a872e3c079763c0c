internal import QrrotCore

/// Keeping the table within its memory. Everything is counted before it is allocated, since an
/// allocation that fails ends the process.
extension EngineState {
  /// Checks that there is memory to give one key a value.
  ///
  /// A record that stays where it is, or has a free slot waiting for it, needs none. One that becomes
  /// smaller moves to memory for its new size, and what it leaves is of use to records of the old size
  /// alone: it may go past the limit by `shrinkingSlack`, so that a full database can be made smaller,
  /// and no further. The table's own parts are counted once they are there, so a segment that splits can
  /// go a few KB past the limit too.
  ///
  /// - Throws: `too-large`.
  @inline(__always)
  func requireMemory(
    forKey keyByteCount: Int, value valueByteCount: Int, expiry: Int64 = 0, over record: Record?
  ) throws(QrrotError) {
    // A large value stands in the log's buffer too, until it has been written.
    let buffered = log == nil || valueByteCount < Self.bufferedByteCount ? 0 : valueByteCount
    let staysInPlace =
      record.map { Keyspace.staysInPlace($0, valueByteCount: valueByteCount, expiry: expiry) }
      ?? false
    if staysInPlace, buffered == 0 { return }
    let stored =
      staysInPlace
      ? 0
      : keyspace.newMemory(
        keyByteCount: keyByteCount, valueByteCount: valueByteCount, expiry: expiry)
    guard stored &+ buffered > 0 else { return }
    let isShrinking = record.map { $0.value.count >= valueByteCount } ?? false
    try requireMemory(stored &+ buffered, slack: isShrinking ? Self.shrinkingSlack : 0)
  }

  /// Checks that there is memory for this much more, beside what is there.
  ///
  /// - Throws: `too-large`.
  func requireMemory(_ byteCount: Int, slack: Int = 0) throws(QrrotError) {
    let (total, overflow) = keyspace.allocatedByteCount.addingReportingOverflow(byteCount)
    guard overflow || total - min(total, slack) > memoryLimit else { return }
    throw QrrotError(
      .tooLarge,
      "this takes \(ByteSize.text(byteCount)) more, and \(ByteSize.text(keyspace.allocatedByteCount)) of \(ByteSize.text(memoryLimit)) are taken (--max-memory); remove something or raise the limit"
    )
  }

  private static var shrinkingSlack: Int { 1 << 20 }
  /// Below this, what the log buffers is not worth counting.
  private static var bufferedByteCount: Int { 1 << 20 }

  /// What `key` takes more, at most, once it has this value and this expiry.
  func growth(of key: [UInt8], to value: Value, expiry: Int64) -> Int {
    let record = key.withRawBytes { keyspace.find($0, hash: keyspace.hash($0)) }
    if let record,
      Keyspace.staysInPlace(record, valueByteCount: value.storedByteCount, expiry: expiry)
    {
      return 0
    }
    return Keyspace.recordByteCount(
      keyByteCount: key.count, valueByteCount: value.storedByteCount, expiry: expiry)
  }
}
