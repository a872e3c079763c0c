internal import QrrotCore

/// What undo keeps of a key that a commit has changed.
struct RedisImage {
  var key: [UInt8]
  var before: RedisRecord
  /// What DUMP has said of what was there, where it was no text.
  var dump: [UInt8]?
  var after: RedisRecord

  /// What it takes in an ``UndoLog``.
  var byteCount: Int {
    UndoLog.imageByteCount(
      keyByteCount: key.count,
      valueByteCount: dump?.count ?? before.value?.storedByteCount ?? 0,
      hasExpiry: before.expiry != 0)
  }
}

/// Applies changes of watched keys as one, or not at all, in a conversation with the node that has them.
///
/// WATCH, then what the keys hold; what is to become of them is decided here; MULTI, the changes, EXEC. If
/// somebody has written one of the keys in between, EXEC does nothing, and it begins anew.
///
/// For each key to watch, Redis goes through all that are watched already, and serves nobody meanwhile: 8,000 take
/// it half a second. So more than a thousand are not watched. They are read, decided on and written, in one EXEC as
/// ever, but what somebody else writes in the one way there and back in between is replaced.
struct RedisCommit {
  private let conversation: RedisConversation
  private let session: Session
  private let fetch: RedisFetch

  /// - Parameter session: whose limits of undo hold, and whose interrupt ends it.
  init(_ engine: RedisEngine, _ conversation: RedisConversation, for session: Session) {
    self.conversation = conversation
    self.session = session
    fetch = RedisFetch(
      facts: engine.nodes.facts,
      send: { batch throws(RedisDetour) in try conversation.send(batch) }, name: engine.name)
  }

  /// Applies what `decide` makes of the keys.
  ///
  /// - Parameter decide: what is to become of which keys, from what they hold. It may be asked again.
  /// - Returns: what has been changed.
  /// - Throws: what `decide` throws; `busy` if others are always quicker; `refused` with detail `exceedsUndo`
  ///   where the session wants to know that beforehand. Nothing has changed then.
  func run(
    watching keys: [[UInt8]], _ decide: ([RedisRecord]) throws(QrrotError) -> [RedisChange]
  ) throws(RedisDetour) -> [RedisImage] {
    for _ in 0..<Self.attemptLimit {
      try wrap { () throws(QrrotError) in try session.interrupt.check() }
      let watches = keys.count <= Self.watchedCountMax
      let records = try fetch.records(of: keys, watches: watches)
      // The conversation ends with a failure, and with it the watch.
      let changes = try wrap { () throws(QrrotError) in try decide(records) }
      guard !changes.isEmpty else {
        try unwatch()
        return []
      }
      var images = try self.images(of: changes)
      try wrap { () throws(QrrotError) in try requireUndoRoom(images) }
      if try apply(changes, &images) { return images }
    }
    throw .failure(
      QrrotError(
        .busy,
        "others write \(QrrotError.excerpt(keys.first ?? [])) all the time; nothing was changed, try again"
      ))
  }

  private static var attemptLimit: Int { 100 }
  /// Watching so many takes Redis 7 about 8 ms.
  private static var watchedCountMax: Int { 1_000 }

  private func wrap<R>(_ body: () throws(QrrotError) -> R) throws(RedisDetour) -> R {
    do throws(QrrotError) {
      return try body()
    } catch {
      throw .failure(error)
    }
  }

  private func requireUndoRoom(_ images: [RedisImage]) throws(QrrotError) {
    guard session.keepsUndo, !session.allowsWritesBeyondUndo else { return }
    let byteCount = images.reduce(0) { $0 + $1.byteCount }
    if byteCount > Limits.undoByteCount { throw .exceedsUndo(byteCount: byteCount) }
  }

  private func unwatch() throws(RedisDetour) {
    var batch = RedisBatch()
    batch.append("UNWATCH", isRead: true)
    _ = try conversation.send(batch)
  }

  /// What undo needs of the keys: of those that are no texts, what DUMP says.
  private func images(of changes: [RedisChange]) throws(RedisDetour) -> [RedisImage] {
    var images = changes.map { RedisImage(key: $0.key, before: $0.before, after: .absent) }
    guard session.keepsUndo else { return images }
    let others = images.indices.filter { images[$0].before.kind.isView }
    guard !others.isEmpty else { return images }
    var batch = RedisBatch()
    for index in others { batch.append("DUMP", images[index].key, isRead: true) }
    for (index, reply) in zip(others, try conversation.send(batch)) {
      if let error = reply.error { throw .failure(fetch.refusal(error)) }
      images[index].dump = reply.content
    }
    return images
  }

  /// - Returns: false if somebody was quicker.
  private func apply(
    _ changes: [RedisChange], _ images: inout [RedisImage]
  ) throws(RedisDetour) -> Bool {
    var batch = RedisBatch()
    batch.append("MULTI", isRead: true)
    // What is not known beforehand is read in the same moment.
    var readings: [(index: Int, reply: Int)] = []
    for (index, change) in changes.enumerated() {
      change.write.append(to: &batch, change.key)
      if let outcome = change.write.outcome(over: change.before) {
        images[index].after = outcome
      } else if let words = RedisView.reading(change.write.kindAfter, change.key) {
        readings.append((index, batch.count - 1))
        batch.append(words, key: 1, isRead: true)
        fetch.appendDeadline(of: change.key, to: &batch)
      }
    }
    batch.append("EXEC", isRead: false)
    let replies = try conversation.send(batch, commits: true)
    guard let last = replies.last else { return false }
    if let error = last.error {
      let reason = replies.dropFirst().dropLast().lazy.compactMap(\.error).first ?? error
      throw .failure(fetch.refusal(reason))
    }
    if last.isNull { return false }
    // The watched keys don't explain a command that fails here.
    for index in 0..<last.count {
      if let error = last[index].error { throw .failure(fetch.refusal(error)) }
    }
    for (index, reply) in readings {
      let change = changes[index]
      images[index].after = try fetch.record(
        change.write.kindAfter, change.before.typeName, last[reply],
        expiry: try fetch.expiry(last[reply + 1]))
    }
    return true
  }
}
