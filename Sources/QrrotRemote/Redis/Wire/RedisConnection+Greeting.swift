internal import QrrotCore
internal import QrrotWire

/// Why a connection could not be made, or has no answer.
enum RedisFailure: Error {
  /// The server or the way to it; another attempt may go well.
  case fault(PeerFault)
  /// The server says no, or Ctrl-C was pressed: another attempt is of no use.
  case refused(QrrotError)
}

/// The beginning of a connection: the version of the protocol, the password, and who is there.
extension RedisConnection {
  /// Makes a connection and logs in.
  ///
  /// - Parameters:
  ///   - isSentinel: whether it is to be a sentinel, which has no databases.
  ///   - readsReplica: whether a replica of a cluster is to answer.
  static func make(
    _ host: RedisAddress.Host, _ options: RedisOptions, isSentinel: Bool = false,
    readsReplica: Bool = false, milliseconds: Int, interrupt: Interrupt?
  ) throws(RedisFailure) -> RedisConnection {
    let connection: RedisConnection
    do throws(PeerFault) {
      connection = try RedisConnection(
        options.peer(host), host, patience: options.answerMilliseconds, milliseconds: milliseconds,
        interrupt: interrupt)
    } catch {
      if interrupt?.isRaised == true { throw .refused(.stopped) }
      throw .fault(error)
    }
    let greeting = RedisGreeting(
      options, name: host.name, isSentinel: isSentinel, readsReplica: readsReplica)
    do throws(RedisFailure) {
      connection.identity = try greeting.identity(of: connection, milliseconds, interrupt)
      return connection
    } catch {
      connection.close()
      throw error
    }
  }

  /// Sends requests and waits for all replies; for fewer if the first one is an error, and the end of the
  /// connection comes behind it.
  func exchange(
    _ batch: RedisBatch, milliseconds: Int, interrupt: Interrupt?
  ) throws(RedisFailure) -> [RedisReply] {
    let mailbox = Mailbox<RedisLetter>()
    guard send(batch.bytes, count: batch.count, part: 0, to: mailbox, interrupt) else {
      throw .fault(line.fault ?? .closed)
    }
    let sockets = socket.map { [$0] } ?? []
    var replies: [RedisReply] = []
    let end = RedisLine.now + milliseconds
    while replies.count < batch.count {
      switch mailbox.take(from: sockets, milliseconds: 20) {
      case .replies(let chunk, let range, _): for index in range { replies.append(chunk[index]) }
      case .lost(let fault, _):
        // Who refuses a client says so and closes the connection.
        if replies.first?.isError == true { return replies }
        throw .fault(fault)
      case nil:
        if interrupt?.isRaised == true {
          giveUp(mailbox)
          throw .refused(.stopped)
        }
        // A server that says one byte now and then has not answered either.
        guard RedisLine.now < end else {
          giveUp(mailbox)
          throw .fault(.silent)
        }
      }
    }
    return replies
  }
}

extension QrrotError {
  static var stopped: QrrotError { QrrotError(.interrupted, "stopped by Ctrl-C") }
}

/// What is said first on a connection, and what the answers mean.
private struct RedisGreeting {
  let options: RedisOptions
  let name: String
  let isSentinel: Bool
  let readsReplica: Bool

  init(_ options: RedisOptions, name: String, isSentinel: Bool, readsReplica: Bool) {
    self.options = options
    self.name = name
    self.isSentinel = isSentinel
    self.readsReplica = readsReplica
  }

  func identity(
    of connection: RedisConnection, _ milliseconds: Int, _ interrupt: Interrupt?
  ) throws(RedisFailure) -> RedisIdentity {
    var batch = RedisBatch()
    var words = ["HELLO", "3"].map { Array($0.utf8) }
    // A sentinel has often no password where the server has one: it is told when it asks.
    let login = isSentinel ? nil : options.login
    if let login {
      words += [Array("AUTH".utf8), Array((login.user ?? "default").utf8), login.password]
    }
    words += ["SETNAME", "qrrot"].map { Array($0.utf8) }
    batch.append(words, key: nil, isRead: true)
    appendQuestions(to: &batch)
    let start = ServerClock.here
    var replies = try exchange(connection, batch, milliseconds, interrupt)
    var end = ServerClock.here
    if let error = replies[0].error {
      let isUnknown = error.contains("unknown command") || error.hasPrefix("NOPROTO")
      let isForbidden = error.hasPrefix("NOPERM")
      let isAsked = error.hasPrefix("NOAUTH") && login == nil && options.login != nil
      guard isUnknown || isForbidden || isAsked else { throw .refused(refusal(error)) }
      replies = try exchangeInVersion2(connection, milliseconds, interrupt)
      end = ServerClock.here
    }
    return try identity(replies, clock: start + (end - start) / 2)
  }

  private var hasSelection: Bool { options.address.database != 0 && !isSentinel }

  /// What is asked behind the greeting itself, in this order.
  private func appendQuestions(to batch: inout RedisBatch) {
    batch.append("INFO", Array("server".utf8), isRead: true)
    batch.append("TIME", isRead: true)
    batch.append(
      ["COMMAND", "INFO", "JSON.SET", "PEXPIRETIME"].map { Array($0.utf8) }, key: nil, isRead: true)
    if hasSelection {
      batch.append("SELECT", Array("\(options.address.database)".utf8), isRead: true)
    } else if readsReplica {
      batch.append("READONLY", isRead: true)
    }
  }

  /// The same for a server that does not know `HELLO`.
  private func exchangeInVersion2(
    _ connection: RedisConnection, _ milliseconds: Int, _ interrupt: Interrupt?
  ) throws(RedisFailure) -> [RedisReply] {
    var batch = RedisBatch()
    if let login = options.login {
      let user = login.user.map { [Array($0.utf8)] } ?? []
      batch.append([Array("AUTH".utf8)] + user + [login.password], key: nil, isRead: true)
    } else {
      batch.append("PING", isRead: true)
    }
    appendQuestions(to: &batch)
    batch.append(["CLIENT", "SETNAME", "qrrot"].map { Array($0.utf8) }, key: nil, isRead: true)
    let replies = try exchange(connection, batch, milliseconds, interrupt)
    if let error = replies[0].error {
      // It wants no password; that one was ready does no harm.
      let isUnwanted =
        error.contains("no password is set") || error.contains("without any password")
      guard isUnwanted else { throw .refused(refusal(error)) }
    }
    return replies
  }

  private func exchange(
    _ connection: RedisConnection, _ batch: RedisBatch, _ milliseconds: Int,
    _ interrupt: Interrupt?
  ) throws(RedisFailure) -> [RedisReply] {
    do throws(RedisFailure) {
      return try connection.exchange(batch, milliseconds: milliseconds, interrupt: interrupt)
    } catch {
      // Who sends back what it is sent must not have us show the password.
      if case .fault(.noReply(let bytes)) = error, contains(secretIn: bytes) {
        throw .fault(.noReply(Array("what it was sent".utf8)))
      }
      throw error
    }
  }

  private func identity(
    _ replies: [RedisReply], clock: Int64
  ) throws(RedisFailure) -> RedisIdentity {
    guard replies.count >= 4 + (hasSelection ? 1 : 0) else { throw .fault(.closed) }
    for reply in replies where reply.isError("NOAUTH") {
      throw .refused(refusal(reply.text))
    }
    if hasSelection, let error = replies[4].error {
      throw .refused(refusal(error))
    }
    var identity = RedisIdentity()
    identity.read(hello: replies[0])
    identity.read(info: replies[1])
    let time = replies[2]
    if time.kind == .array, time.count == 2, let seconds = Int64(time[0].text),
      let microseconds = Int64(time[1].text), (0..<(1 << 40)).contains(seconds)
    {
      identity.clockOffset = seconds * 1_000 + microseconds / 1_000 - clock
    }
    let commands = replies[3]
    if commands.kind == .array, commands.count == 2 {
      identity.hasJSON = commands[0].count > 0
      identity.hasDeadlines = commands[1].count > 0
    }
    return identity
  }

  /// What an error at the beginning means. Servers repeat what they do not understand: nothing secret of it
  /// is shown.
  private func refusal(_ text: String) -> QrrotError {
    let isSecret = contains(secretIn: Array(text.utf8))
    guard isSecret else { return RedisError.sentence(text, name: name) }
    // What the error is about is told by a word that is known beforehand, so it is no secret.
    let code = RedisError.codes.first { text.hasPrefix($0) } ?? "ERR"
    return RedisError.sentence("\(code) (with what it was sent)", name: name)
  }

  private func contains(secretIn bytes: [UInt8]) -> Bool {
    guard let login = options.login else { return false }
    let secrets = [login.password, Array((login.user ?? "").utf8)].filter { !$0.isEmpty }
    return secrets.contains { secret in
      bytes.indices.contains { bytes[$0...].starts(with: secret) }
    }
  }
}

extension RedisIdentity {
  fileprivate mutating func read(hello: RedisReply) {
    guard hello.kind == .map || hello.kind == .array else { return }
    var name: String?
    hello.forEach { part in
      guard let field = name else {
        name = part.text
        return
      }
      name = nil
      switch field {
      case "server": product = part.text.lowercased()
      case "version": version = part.text
      case "mode": isCluster = part.text == "cluster"
      default: break
      }
    }
  }

  fileprivate mutating func read(info: RedisReply) {
    guard info.error == nil else { return }
    for line in info.text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = String(parts[1])
      switch parts[0] {
      case "redis_version" where product != "valkey": version = value
      case "valkey_version": version = value
      case "qrrot_version":
        product = "qrrot"
        version = value
      case "server_name": product = value.lowercased()
      case "redis_mode": isCluster = value == "cluster"
      case "run_id": runID = value
      default: break
      }
    }
  }
}
