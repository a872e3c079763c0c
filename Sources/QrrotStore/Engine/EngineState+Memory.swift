internal import QrrotCore

/// Keeping the table within its memory. Everything is counted before it is allocated, since an
/// allocation that fails ends the process.
extension EngineState {
  /// Checks that there is memory to give one key a value.
  ///
  /// A record that has a free slot waiting for it, or that does not grow, needs none. The table's own
  /// parts are counted once they are there, so a segment that splits can go a few KB past the limit.
  ///
  /// - Throws: `too-large`.
  @inline(__always)
  func requireMemory(
    forKey keyByteCount: Int, value valueByteCount: Int, over record: Record?
  ) throws(QrrotError) {
    // A large value stands in the log's buffer too, until it has been written.
    let buffered = log == nil || valueByteCount < Self.bufferedByteCount ? 0 : valueByteCount
    if let record, record.value.count >= valueByteCount, buffered == 0 { return }
    let needed = keyspace.newMemory(keyByteCount: keyByteCount, valueByteCount: valueByteCount)
    if needed &+ buffered > 0 { try requireMemory(needed &+ buffered) }
  }

  /// Checks that there is memory for this much more, beside what is there.
  ///
  /// - Throws: `too-large`.
  func requireMemory(_ byteCount: Int) throws(QrrotError) {
    let (total, overflow) = keyspace.allocatedByteCount.addingReportingOverflow(byteCount)
    guard overflow || total > memoryLimit else { return }
    throw QrrotError(
      .tooLarge,
      "this takes \(ByteSize.text(byteCount)) more, and \(ByteSize.text(keyspace.allocatedByteCount)) of \(ByteSize.text(memoryLimit)) are taken (--max-memory); remove something or raise the limit"
    )
  }

  /// Below this, what the log buffers is not worth counting.
  private static var bufferedByteCount: Int { 1 << 20 }

  /// What `key` takes more, at most, once it has this value.
  func growth(of key: [UInt8], to value: Value) -> Int {
    let before = key.withRawBytes { keyspace.find($0, hash: keyspace.hash($0))?.value.count }
    if let before, before >= value.storedByteCount { return 0 }
    return Keyspace.recordByteCount(
      keyByteCount: key.count, valueByteCount: value.storedByteCount, expiry: 0)
  }
}
