internal import QrrotCore

/// Many records for a cluster.
extension RedisEngine {
  /// Writes records one by one, many of them in one parcel whatever their slots are: for who does not want to
  /// take that back. A slot of its own for each, with WATCH and EXEC, is many times slower.
  ///
  /// - Parameter counts: what became of them is added.
  /// - Returns: the records that one command can't write; nothing became of them yet.
  /// - Throws: `conflict` under ``ConflictPolicy/error`` if a key is there, and what the servers refuse; others
  ///   have been written then. `unknown-outcome`.
  func putEach(
    _ records: [(key: [UInt8], record: StoredRecord)], _ policy: ConflictPolicy,
    _ interrupt: Interrupt, _ counts: inout BulkCounts
  ) throws(QrrotError) -> [(key: [UInt8], record: StoredRecord)] {
    var (texts, left): ([[UInt8]], [(key: [UInt8], record: StoredRecord)]) = ([], [])
    var written: [(key: [UInt8], record: StoredRecord)] = []
    for each in records {
      let write = RedisWrite.whole(
        each.record.value, expiry: each.record.expiry, asModule: nodes.facts.hasJSON)
      guard case .text(let text, _) = write else {
        left.append(each)
        continue
      }
      texts.append(text)
      written.append(each)
    }
    guard !written.isEmpty else { return left }
    let isThere = policy == .replace ? try exist(written.map(\.key), interrupt) : nil
    var batch = RedisBatch()
    for (each, text) in zip(written, texts) {
      var words = [Array("SET".utf8), each.key, text]
      if policy != .replace { words.append(Array("NX".utf8)) }
      if each.record.expiry != 0 {
        words += [Array("PXAT".utf8), RedisNumber.digits(each.record.expiry)]
      }
      batch.append(words, key: 1, isRead: false)
    }
    let replies = try nodes.run(batch, interrupt: interrupt)
    var failure: QrrotError?
    for (index, each) in written.enumerated() {
      let reply = replies[index]
      if let error = reply.error {
        failure = failure ?? RedisError.sentence(error, name: name)
      } else if !reply.isNull {
        if isThere?[index] == true {
          counts.replacedCount += 1
        } else {
          counts.insertedCount += 1
        }
      } else if policy == .skip {
        counts.skippedCount += 1
      } else {
        failure = failure ?? each.key.withUnsafeBytes { .keyIsThere($0) }
      }
    }
    guard let failure else { return left }
    throw QrrotError(
      failure.code,
      "\(failure.message); \(counts.insertedCount + counts.replacedCount) other keys have been written"
    )
  }

  /// Whether there are keys of these names.
  private func exist(
    _ keys: [[UInt8]], _ interrupt: Interrupt
  ) throws(QrrotError) -> [Bool] {
    var batch = RedisBatch()
    for key in keys { batch.append("EXISTS", key, isRead: true) }
    return try nodes.run(batch, interrupt: interrupt).map { $0.integer == 1 }
  }
}
