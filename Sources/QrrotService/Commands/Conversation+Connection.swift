internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// The connection itself: who is there, what is spoken.
extension Conversation {
  mutating func runConnection(
    _ command: RedisCommand, _ words: Arguments
  ) throws(RedisError) {
    switch command {
    case .ping:
      guard words.count <= 2 else { throw .wrongArity(of: "ping") }
      if words.count == 2 { writer.bulk(words[1]) } else { writer.simple("PONG") }
    case .echo: writer.bulk(words[1])
    case .select:
      guard let number = words.integer(1) else { throw .notAnInteger }
      guard number == 0 else { throw RedisError("DB index is out of range") }
      writer.ok()
    case .quit:
      writer.ok()
      ending = .quit
    case .reset: reset()
    case .auth: try auth(words)
    case .hello: try hello(words)
    default: try runClient(words)
    }
  }

  private mutating func reset() {
    leaveTransaction()
    session.pointee.transaction = nil
    countKept()
    service.clients.stopMonitoring(client)
    client.labels.withLock { $0.name = [] }
    setVersion(.resp2)
    if service.configuration.password != nil { setLoggedIn(false) }
    writer.simple("RESET")
  }

  private mutating func setVersion(_ version: ReplyWriter.Version) {
    writer.version = version
    client.protocolVersion.store(version.rawValue, ordering: .relaxed)
  }

  private mutating func setLoggedIn(_ isLoggedIn: Bool) {
    self.isLoggedIn = isLoggedIn
    client.isLoggedIn.store(isLoggedIn, ordering: .relaxed)
    reader.limits = service.requestLimits(isLoggedIn: isLoggedIn)
  }

  // MARK: - Logging in

  private mutating func auth(_ words: Arguments) throws(RedisError) {
    guard words.count <= 3 else { throw .syntax }
    guard service.configuration.password != nil || words.count == 3 else {
      throw RedisError(
        "AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
      )
    }
    let isKnown = words.count == 2 || words[1].elementsEqual("default".utf8)
    guard logIn(with: words[words.count - 1], isKnown: isKnown) else { throw Self.wrongPassword }
    writer.ok()
  }

  private static let wrongPassword = RedisError(
    "invalid username-password pair or user is disabled.", code: "WRONGPASS")

  /// Tries a password. A wrong one makes the connection wait.
  mutating func logIn(with password: UnsafeRawBufferPointer, isKnown: Bool = true) -> Bool {
    let isRight =
      service.configuration.password.map { Self.isSame($0, password) } ?? true
    guard isRight, isKnown else {
      service.statistics.failedLogins.add(1, ordering: .relaxed)
      service.journal.note(.loginFailed(id: client.id, address: client.address))
      delayMilliseconds = Self.failureDelay
      return false
    }
    setLoggedIn(true)
    service.journal.note(.loggedIn(id: client.id, address: client.address))
    return true
  }

  /// After a wrong password, so that guessing takes its time.
  private static var failureDelay: Int { 500 }

  /// Compares in a time that depends on the lengths alone.
  private static func isSame(_ secret: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
    var difference: UInt8 = secret.count == other.count ? 0 : 1
    for (index, byte) in other.enumerated() {
      difference |= byte ^ (secret.isEmpty ? 0xFF : secret[index % secret.count])
    }
    return difference == 0
  }

  private mutating func hello(_ words: Arguments) throws(RedisError) {
    var version: ReplyWriter.Version?
    if words.count > 1 {
      guard let number = words.integer(1) else {
        throw RedisError("Protocol version is not an integer or out of range")
      }
      guard let known = ReplyWriter.Version(rawValue: Int(clamping: number)) else {
        throw RedisError("unsupported protocol version", code: "NOPROTO")
      }
      version = known
    }
    var name: UnsafeRawBufferPointer?
    var credentials: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)?
    var index = 2
    while index < words.count {
      if words.isWord(index, "auth"), index + 2 < words.count {
        credentials = (words[index + 1], words[index + 2])
        index += 3
      } else if words.isWord(index, "setname"), index + 1 < words.count {
        name = words[index + 1]
        if let name, !Self.isLabel(name) { throw Self.invalidName }
        index += 2
      } else {
        throw RedisError("Syntax error in HELLO option '\(words.text(index))'")
      }
    }
    if let (user, password) = credentials {
      guard logIn(with: password, isKnown: user.elementsEqual("default".utf8)) else {
        throw Self.wrongPassword
      }
    }
    guard isLoggedIn else {
      throw RedisError(
        "HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        code: "NOAUTH")
    }
    if let name { client.labels.withLock { $0.name = Array(name) } }
    if let version { setVersion(version) }
    writer.map(count: 7)
    writer.bulk("server")
    writer.bulk("redis")
    writer.bulk("version")
    writer.bulk(Self.redisVersion)
    writer.bulk("proto")
    writer.integer(Int64(writer.version.rawValue))
    writer.bulk("id")
    writer.integer(Int64(client.id))
    writer.bulk("mode")
    writer.bulk("standalone")
    writer.bulk("role")
    writer.bulk("master")
    writer.bulk("modules")
    writer.array(count: 0)
  }

  /// The version of Redis whose commands are answered: clients look at it.
  static var redisVersion: String { "7.0.15" }

  static let invalidName = RedisError(
    "Client names cannot contain spaces, newlines or special characters.")

  /// Whether these bytes may be a name: printable ASCII without blanks.
  static func isLabel(_ text: UnsafeRawBufferPointer) -> Bool {
    text.allSatisfy { 0x21...0x7E ~= $0 }
  }
}
