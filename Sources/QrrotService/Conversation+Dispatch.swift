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
    let flags = entry.flags
    guard entry.allows(words.count) else { return refuse(.wrongArity(of: command.text), command) }
    tally.note(command, service.statistics)
    guard isLoggedIn || flags.contains(.noAuth) else { return refuse(.noAuth, command) }
    if !flags.isDisjoint(with: .special), let error = checkSpecial(command, words, flags) {
      return refuse(error, command)
    }
    if queue != nil, !flags.contains(.notQueued) { return enqueue(command, words, flags) }
    if service.clients.hasMonitors.load(ordering: .relaxed) {
      return runWatched(command, words, flags)
    }
    run(command, words, flags)
  }

  @inline(__always)
  private mutating func run(
    _ command: RedisCommand, _ words: Arguments, _ flags: RedisCommandSpec.Flags
  ) {
    guard flags.contains(.data) else { return runOwn(command, words) }
    if runAtOnce(command, words) { return }
    if let error = checkKeys(of: command, words) { return refuse(error, command) }
    var access = service.engine.access(session)
    runData(command, words, &access)
  }

  /// Carries out a command that others see. EXEC is shown behind what it carries out.
  private mutating func runWatched(
    _ command: RedisCommand, _ words: Arguments, _ flags: RedisCommandSpec.Flags
  ) {
    if command != .exec { showToMonitors(words, command) }
    run(command, words, flags)
    if command == .exec { showToMonitors(words, command) }
  }

  /// Looks for the subcommand, and tells those who run the server what is theirs.
  ///
  /// - Returns: what is wrong.
  private mutating func checkSpecial(
    _ command: RedisCommand, _ words: Arguments, _ flags: RedisCommandSpec.Flags
  ) -> RedisError? {
    var isLogged = flags.contains(.admin)
    var name = command.text
    if flags.contains(.container), words.count > 1 {
      guard let subcommand = RedisSubcommandSpec.find(words[1], of: command) else {
        return .unknownSubcommand(words)
      }
      name = subcommand.fullName
      guard subcommand.allows(words.count) else { return .wrongArity(of: name) }
      guard queue == nil || !subcommand.flags.contains(.noMulti) else { return .notInTransaction }
      isLogged = subcommand.flags.contains(.admin) && !subcommand.flags.contains(.unlogged)
      client.labels.withLock { $0.subcommand = subcommand.text }
    }
    if isLogged {
      service.journal.note(
        .adminCommand(id: client.id, address: client.address, command: name))
    }
    return nil
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
        .incrbyfloat, .lcs, .setbit, .getbit:
        try runString(command, words, &access)
      case .jsonSet, .jsonGet, .jsonDel, .jsonForget, .jsonType, .jsonNumIncrBy:
        try runJSON(command, words, &access)
      case .info: try info(words, &access)
      default: try runKeys(command, words, &access)
      }
    } catch {
      writer.bytes.removeLast(writer.bytes.count - start)
      fail(command, error)
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
      fail(command, error)
    }
  }

  /// Refuses a command before it is carried out; a transaction that is being queued fails with it.
  mutating func refuse(_ error: RedisError, _ command: RedisCommand? = nil) {
    queue?.hasFailed = true
    if let command {
      service.statistics.calls[Int(command.rawValue)].rejected.add(1, ordering: .relaxed)
    }
    guard command == .exec else { return write(error) }
    // A client that is told this expects its transaction to be over.
    leaveTransaction()
    write(.discarded(because: error))
  }

  /// Answers that a command could not be carried out.
  mutating func fail(_ command: RedisCommand, _ error: RedisError) {
    service.statistics.calls[Int(command.rawValue)].failed.add(1, ordering: .relaxed)
    write(error)
  }

  /// Writes an error reply.
  mutating func write(_ error: RedisError) {
    tally.noteError()
    if error.code == RedisError.outOfMemory.code { isOutOfMemory = true }
    service.errorCounts.note(error.code)
    writer.error(error.message, code: error.code)
  }

  /// What is wrong with the keys of a command: Redis takes an empty one, we don't.
  func checkKeys(of command: RedisCommand, _ words: Arguments) -> RedisError? {
    guard let places = index[command].keyPlaces(in: words.count) else { return nil }
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
