internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// The keys that WATCH looks at, and the version that each had then.
struct WatchedKeys {
  private(set) var versions: [[UInt8]: UInt64] = [:]
  /// The bytes of all of them.
  private(set) var byteCount = 0

  /// Begins to look at a key, unless it is looked at already.
  ///
  /// - Throws: if there would be too many.
  mutating func add(_ key: UnsafeRawBufferPointer, version: UInt64) throws(RedisError) {
    let bytes = Array(key)
    guard versions[bytes] == nil else { return }
    guard versions.count < Self.limit, byteCount + bytes.count <= Self.byteLimit else {
      throw RedisError("a client may watch \(Self.limit) keys, of \(Self.byteLimit) bytes together")
    }
    versions[bytes] = version
    byteCount += bytes.count
  }

  /// Looked through at EXEC, with the lock held.
  private static var limit: Int { 10_000 }
  private static var byteLimit: Int { 1 << 20 }
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
    client.watchedCount.store(watched.versions.count, ordering: .relaxed)
  }

  /// Queues a command inside MULTI, if it may be given there.
  mutating func enqueue(
    _ command: RedisCommand, _ words: Arguments, _ flags: RedisCommandSpec.Flags
  ) {
    if flags.contains(.noMulti) {
      return refuse(.notInTransaction, command)
    }
    if flags.contains(.write), service.configuration.isReadOnly {
      return refuse(
        RedisError("the database is open to read only (--read-only)", code: "READONLY"), command)
    }
    if command == .qrrot, let error = whatKeepsFromQueue(words) { return refuse(error, command) }
    let copy = words.copy
    let byteCount = copy.bytes.count + copy.items.count * 8 + 128
    guard (queue?.byteCount ?? 0) + byteCount <= CommandQueue.byteLimit else {
      return refuse(
        RedisError("a transaction may have \(CommandQueue.byteLimit) bytes of commands"))
    }
    // What is queued waits as what has not been read yet does.
    guard service.refusalOfInput(byteCount) == nil else { return refuse(.outOfMemory) }
    service.countInput(byteCount)
    queue?.byteCount += byteCount
    queue?.entries.append(
      CommandQueue.Entry(command: command, bytes: copy.bytes, items: copy.items))
    client.queuedCount.store(queue?.entries.count ?? -1, ordering: .relaxed)
    writer.simple("QUEUED")
  }

  private mutating func execute() throws(RedisError) {
    guard let queue else { throw RedisError("EXEC without MULTI") }
    let watched = watched
    // It goes on counting while it is carried out.
    defer { service.countInput(-queue.byteCount) }
    self.queue?.byteCount = 0
    leaveTransaction()
    guard !queue.hasFailed else {
      throw RedisError(
        "Transaction discarded because of previous errors.", code: "EXECABORT")
    }
    let start = writer.bytes.count
    isOutOfMemory = false
    var access = service.engine.access(session)
    for (key, version) in watched.versions {
      guard key.withUnsafeBytes({ access.version(of: $0) }) == version else {
        return writer.nullArray()
      }
    }
    let begins = access.beginTransaction()
    writer.array(count: queue.entries.count)
    for entry in queue.entries {
      run(entry, &access)
      // Half of a transaction would be worse than none; Redis looks at the memory beforehand.
      guard begins, isOutOfMemory else { continue }
      access.dropTransaction()
      writer.bytes.removeLast(writer.bytes.count - start)
      throw .discarded(because: .outOfMemory)
    }
    guard begins else { return }
    do throws(QrrotError) { try access.endTransaction() } catch { throw RedisError(error) }
  }

  private mutating func run(_ entry: CommandQueue.Entry, _ access: inout KeyAccess) {
    let command = entry.command
    entry.bytes.withUnsafeBytes { bytes in
      entry.items.withUnsafeBufferPointer { items in
        guard let words = Arguments(bytes, items, byteCount: bytes.count) else { return }
        if service.clients.hasMonitors.load(ordering: .relaxed) { showToMonitors(words, command) }
        if index[command].flags.contains(.data) {
          if let error = checkKeys(of: command, words) { return fail(command, error) }
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
      try watched.add(words[index], version: access.version(of: words[index]))
    }
    writer.ok()
  }

  mutating func unwatch() {
    watched = WatchedKeys()
    client.watchedCount.store(0, ordering: .relaxed)
  }

  /// Forgets what was queued and watched.
  mutating func leaveTransaction() {
    if let queue { service.countInput(-queue.byteCount) }
    queue = nil
    client.queuedCount.store(-1, ordering: .relaxed)
    unwatch()
  }
}
