internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// From a command's words to what carries it out.
extension Conversation {
  /// Answers one command of RESP.
  mutating func run(_ words: Arguments) {
    replyCount += 1
    guard let entry = index.find(words[0]) else { return refuse(Self.unknown(words)) }
    let command = entry.command
    guard entry.allows(words.count) else { return refuse(.wrongArity(of: command.text)) }
    tally.note(command, service.statistics)
    guard isLoggedIn || entry.flags.contains(.noAuth) else { return refuse(.noAuth) }
    if service.clients.hasMonitors.load(ordering: .relaxed) { showToMonitors(words, command) }
    if queue != nil, !entry.flags.contains(.notQueued) {
      return enqueue(command, words, entry.flags)
    }
    if entry.flags.contains(.data) {
      if runAtOnce(command, words) { return }
      if let error = checkKeys(of: command, words) { return write(error) }
      var access = service.engine.access(session)
      runData(command, words, &access)
    } else {
      runOwn(command, words)
    }
  }

  /// The commands that most of all are given, in their common form, without what the others need.
  ///
  /// - Returns: false if it is not one of them; nothing is done then.
  @inline(__always)
  private mutating func runAtOnce(_ command: RedisCommand, _ words: Arguments) -> Bool {
    guard session.pointee.transaction == nil else { return false }
    switch command {
    case .get: return getAtOnce(words[1])
    case .set where words.count == 3: return setAtOnce(words[1], words[2])
    default: return false
    }
  }

  /// Carries out a command on data, or writes why not. An error leaves nothing else of a reply.
  mutating func runData(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) {
    let start = writer.bytes.count
    do throws(RedisError) {
      switch command {
      case .get, .set, .getset, .getdel, .getex, .setnx, .setex, .psetex, .mget, .mset, .msetnx,
        .append, .strlen, .getrange, .substr, .setrange, .incr, .decr, .incrby, .decrby,
        .incrbyfloat:
        try runString(command, words, &access)
      case .jsonSet, .jsonGet, .jsonDel, .jsonForget, .jsonType, .jsonNumIncrBy:
        try runJSON(command, words, &access)
      case .info: try info(words, &access)
      default: try runKeys(command, words, &access)
      }
    } catch {
      writer.bytes.removeLast(writer.bytes.count - start)
      stream = nil
      write(error)
    }
  }

  /// Carries out a command that is the connection's own business, or the server's.
  mutating func runOwn(_ command: RedisCommand, _ words: Arguments) {
    let start = writer.bytes.count
    do throws(RedisError) {
      switch command {
      case .multi, .exec, .discard, .watch, .unwatch: try runTransaction(command, words)
      case .qrrot: try runQrrot(words)
      case .qrrotCall: try runCall(words)
      case .qrrotControl: try runControl(words)
      case .ping, .echo, .hello, .auth, .select, .quit, .reset, .client:
        try runConnection(command, words)
      default: try runServer(command, words)
      }
    } catch {
      writer.bytes.removeLast(writer.bytes.count - start)
      write(error)
    }
  }

  /// Refuses a command before it is carried out; a transaction that is being queued fails with it.
  mutating func refuse(_ error: RedisError) {
    queue?.hasFailed = true
    write(error)
  }

  /// Writes an error reply.
  mutating func write(_ error: RedisError) {
    tally.noteError()
    writer.error(error.message, code: error.code)
  }

  /// What is wrong with the keys of a command: Redis takes an empty one, we don't.
  func checkKeys(of command: RedisCommand, _ words: Arguments) -> RedisError? {
    let entry = index[command]
    guard entry.firstKey > 0 else { return nil }
    let last = Int(entry.lastKey) + (entry.lastKey < 0 ? words.count : 0)
    let places = stride(
      from: Int(entry.firstKey), through: min(last, words.count - 1), by: Int(entry.keyStep))
    for place in places {
      let count = words[place].count
      if count == 0 { return .emptyKey }
      if count > Limits.keyByteCount { return .longKey(count) }
    }
    return nil
  }

  private static func unknown(_ words: Arguments) -> RedisError {
    // Escaped in the end: the words may hold anything.
    var arguments = ""
    var index = 1
    while index < words.count, arguments.utf8.count < 128 {
      let part = words[index].prefix(128 - arguments.utf8.count)
      arguments += "'\(String(decoding: part, as: UTF8.self))' "
      index += 1
    }
    let name = String(decoding: words[0].prefix(128), as: UTF8.self)
    return RedisError("unknown command '\(name)', with args beginning with: \(arguments)")
  }
}
