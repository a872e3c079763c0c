internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// What concerns the server as a whole.
extension Conversation {
  mutating func runServer(_ command: RedisCommand, _ words: Arguments) throws(RedisError) {
    switch command {
    case .config: try config(words)
    case .command: try describeCommands(words)
    case .save: try save()
    case .bgsave: try saveInBackground(words)
    case .lastsave:
      writer.integer(service.statistics.lastSave.load(ordering: .relaxed) / 1_000)
    case .time:
      let now = service.configuration.microseconds()
      writer.array(count: 2)
      writer.bulk(decimal: now / 1_000_000)
      writer.bulk(decimal: now % 1_000_000)
    case .monitor:
      service.clients.monitor(client)
      writer.simple("OK")
    default: throw .syntax
    }
  }

  // MARK: - Snapshots

  private static let isSaving = RedisError("Background save already in progress")
  private static let nothingToSave = RedisError(
    "there is no place to save to: the data is in memory alone, or open to read only")

  /// SAVE answers when the snapshot is written. The client waits for that, but no event loop does.
  private mutating func save() throws(RedisError) {
    guard service.canSave else { throw Self.nothingToSave }
    let pending = PendingReply(isQuiet: replyMode != .on)
    let client = client
    let isBegun = service.save { failure in
      pending.end(failure.map { .failed(RedisError($0)) } ?? .done)
      client.actions.wake()
    }
    guard isBegun else { throw Self.isSaving }
    pendingReply = pending
    // It is counted when it is there.
    replyCount -= 1
  }

  private mutating func saveInBackground(_ words: Arguments) throws(RedisError) {
    guard words.count == 1 || words.count == 2 && words.isWord(1, "schedule") else {
      throw .syntax
    }
    guard service.canSave else { throw Self.nothingToSave }
    guard service.save({ _ in }) else { throw Self.isSaving }
    writer.simple("Background saving started")
  }
}
