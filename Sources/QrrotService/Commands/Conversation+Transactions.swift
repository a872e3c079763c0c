internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// A key that WATCH looks at, and the version that it had then.
struct WatchedKey {
  let key: [UInt8]
  let version: UInt64
}

/// The commands that MULTI has queued.
struct CommandQueue {
  struct Entry {
    let command: RedisCommand
    let bytes: [UInt8]
    let items: [RequestReader.Argument]
  }

  var entries: [Entry] = []
  /// The memory that they take, about.
  var byteCount = 0
  /// Whether one was refused, so that none of them will be carried out.
  var hasFailed = false

  /// What may be queued.
  static var byteLimit: Int { 64 << 20 }
}

/// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
///
/// EXEC takes the database's lock once, so nothing comes between its commands, and makes one commit of
/// them, so the disk has all of them or none.
extension Conversation {
  mutating func runTransaction(
    _ command: RedisCommand, _ words: Arguments
  ) throws(RedisError) {
    switch command {
    case .multi:
      guard queue == nil else { throw RedisError("MULTI calls can not be nested") }
      queue = CommandQueue()
      writer.ok()
    case .discard:
      guard queue != nil else { throw RedisError("DISCARD without MULTI") }
      leaveTransaction()
      writer.ok()
    case .watch: try watch(words)
    case .unwatch:
      unwatch()
      writer.ok()
    default: try execute()
    }
    client.queuedCount.store(queue?.entries.count ?? -1, ordering: .relaxed)
    client.watchedCount.store(watched.count, ordering: .relaxed)
  }

  /// Queues a command inside MULTI, if it may be given there.
  mutating func enqueue(
    _ command: RedisCommand, _ words: Arguments, _ flags: RedisCommandSpec.Flags
  ) {
    if flags.contains(.noMulti) {
      return refuse(RedisError("Command not allowed inside a transaction"))
    }
    let copy = words.copy
    let byteCount = copy.bytes.count + copy.items.count * 8 + 128
    guard (queue?.byteCount ?? 0) + byteCount <= CommandQueue.byteLimit else {
      return refuse(
        RedisError("a transaction may have \(CommandQueue.byteLimit) bytes of commands"))
    }
    queue?.byteCount += byteCount
    queue?.entries.append(
      CommandQueue.Entry(command: command, bytes: copy.bytes, items: copy.items))
    client.queuedCount.store(queue?.entries.count ?? -1, ordering: .relaxed)
    writer.simple("QUEUED")
  }

  private mutating func execute() throws(RedisError) {
    guard let queue else { throw RedisError("EXEC without MULTI") }
    let watched = watched
    leaveTransaction()
    guard !queue.hasFailed else {
      throw RedisError(
        "Transaction discarded because of previous errors.", code: "EXECABORT")
    }
    var access = service.engine.access(session)
    for key in watched {
      let version = key.key.withUnsafeBytes { access.version(of: $0) }
      guard version == key.version else { return writer.nullArray() }
    }
    let begins = access.beginTransaction()
    writer.array(count: queue.entries.count)
    for entry in queue.entries { run(entry, &access) }
    guard begins else { return }
    do throws(QrrotError) { try access.endTransaction() } catch { throw RedisError(error) }
  }

  private mutating func run(_ entry: CommandQueue.Entry, _ access: inout KeyAccess) {
    let command = entry.command
    entry.bytes.withUnsafeBytes { bytes in
      entry.items.withUnsafeBufferPointer { items in
        guard let words = Arguments(bytes, items, byteCount: bytes.count) else { return }
        if index[command].flags.contains(.data) {
          if let error = checkKeys(of: command, words) { return write(error) }
          runData(command, words, &access)
        } else if command == .qrrot {
          runQueued(words, &access)
        } else {
          runOwn(command, words)
        }
      }
    }
  }

  private mutating func watch(_ words: Arguments) throws(RedisError) {
    guard queue == nil else { throw RedisError("WATCH inside MULTI is not allowed") }
    if let error = checkKeys(of: .watch, words) { throw error }
    let access = service.engine.access(session)
    for index in 1..<words.count {
      let key = Array(words[index])
      guard !watched.contains(where: { $0.key == key }) else { continue }
      guard watched.count < Self.watchLimit else {
        throw RedisError("a client may watch \(Self.watchLimit) keys")
      }
      watched.append(WatchedKey(key: key, version: access.version(of: words[index])))
    }
    writer.ok()
  }

  /// Looked through at every WATCH and at EXEC.
  private static var watchLimit: Int { 10_000 }

  mutating func unwatch() {
    watched = []
    client.watchedCount.store(0, ordering: .relaxed)
  }

  /// Forgets what was queued and watched.
  mutating func leaveTransaction() {
    queue = nil
    client.queuedCount.store(-1, ordering: .relaxed)
    unwatch()
  }
}
