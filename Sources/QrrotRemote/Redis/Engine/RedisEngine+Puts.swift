internal import QrrotCore

/// Many records for a cluster.
extension RedisEngine {
  /// Writes records one by one, many of them in one parcel whatever their slots are. A transaction for each
  /// slot, with WATCH and EXEC, is many times slower, and makes of all of them no one commit either.
  ///
  /// - Parameter counts: what became of them is added.
  /// - Returns: the records that one command can't write; nothing became of them yet.
  /// - Throws: `conflict` under ``ConflictPolicy/error`` if a key is there: nothing has been written then,
  ///   unless somebody else was quicker than the writes. What the servers refuse of some keys; others have been
  ///   written then. `unknown-outcome`.
  func putEach(
    _ records: [(key: [UInt8], record: StoredRecord)], _ policy: ConflictPolicy,
    _ interrupt: Interrupt, _ counts: inout BulkCounts
  ) throws(QrrotError) -> [(key: [UInt8], record: StoredRecord)] {
    var left: [(key: [UInt8], record: StoredRecord)] = []
    let isThere = policy == .skip ? [] : try exist(records.map(\.key), interrupt)
    if policy == .error, let index = isThere.firstIndex(of: true) {
      throw records[index].key.withUnsafeBytes { .keyIsThere($0) }
    }
    var parcel: [PutText] = []
    var byteCount = 0
    for (index, each) in records.enumerated() {
      let write = RedisWrite.whole(
        each.record.value, expiry: each.record.expiry, asModule: nodes.facts.hasJSON)
      guard case .text(let text, let expiry) = write else {
        left.append(each)
        continue
      }
      let replaces = policy == .replace && isThere[index]
      parcel.append(PutText(key: each.key, text: text, expiry: expiry, replaces: replaces))
      byteCount += each.key.count + text.count
      guard parcel.count >= Self.parcelCount || byteCount >= Self.parcelByteCount else { continue }
      try send(parcel, policy, interrupt, &counts)
      (parcel, byteCount) = ([], 0)
    }
    try send(parcel, policy, interrupt, &counts)
    return left
  }

  /// A text that is to be written.
  private struct PutText {
    var key: [UInt8]
    var text: [UInt8]
    var expiry: Int64
    /// Whether there is something under the key.
    var replaces: Bool
  }

  private static var parcelCount: Int { 8_192 }
  private static var parcelByteCount: Int { 4 << 20 }

  private func send(
    _ parcel: [PutText], _ policy: ConflictPolicy, _ interrupt: Interrupt,
    _ counts: inout BulkCounts
  ) throws(QrrotError) {
    guard !parcel.isEmpty else { return }
    var batch = RedisBatch()
    for put in parcel {
      var words = [Array("SET".utf8), put.key, put.text]
      if policy != .replace { words.append(Array("NX".utf8)) }
      if put.expiry != 0 { words += [Array("PXAT".utf8), RedisNumber.digits(put.expiry)] }
      batch.append(words, key: 1, isRead: false)
    }
    var failure: QrrotError?
    for (put, reply) in zip(parcel, try nodes.run(batch, interrupt: interrupt)) {
      if let error = reply.error {
        failure = failure ?? RedisError.sentence(error, name: name)
      } else if reply.isNull {
        if policy == .skip {
          counts.skippedCount += 1
        } else {
          failure = failure ?? put.key.withUnsafeBytes { .keyIsThere($0) }
        }
      } else if put.replaces {
        counts.replacedCount += 1
      } else {
        counts.insertedCount += 1
      }
    }
    guard let failure else { return }
    let done = counts.insertedCount + counts.replacedCount
    throw QrrotError(
      failure.code, "\(failure.message); \(done) other keys have been written already")
  }

  /// Whether there are keys of these names.
  private func exist(
    _ keys: [[UInt8]], _ interrupt: Interrupt
  ) throws(QrrotError) -> [Bool] {
    var found: [Bool] = []
    while found.count < keys.count {
      var batch = RedisBatch()
      for key in keys[found.count..<min(keys.count, found.count + Self.parcelCount)] {
        batch.append("EXISTS", key, isRead: true)
      }
      for reply in try nodes.run(batch, interrupt: interrupt) { found.append(reply.integer == 1) }
    }
    return found
  }
}
