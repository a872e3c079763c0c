internal import QrrotCore
internal import QrrotWire

/// The beginning of a connection: the password, and who is there.
extension RemoteConnection {
  /// Makes a connection and logs in.
  ///
  /// - Throws: `network`, `auth`, `interrupted`; each says what to do.
  static func logIn(
    _ options: RemoteOptions, number: UInt64, milliseconds: Int, interrupt: Interrupt?
  ) throws(QrrotError) -> RemoteConnection {
    let connection: RemoteConnection
    do throws(PeerFault) {
      connection = try make(
        options, number: number, milliseconds: milliseconds, interrupt: interrupt)
    } catch {
      try interrupt?.check()
      throw QrrotError(.network, error.sentence(options.peer))
    }
    guard let password = options.password else { return connection }
    connection.send([Array("AUTH".utf8), password])
    switch try connection.answer(options, milliseconds, interrupt) {
    case .status: return connection
    case .error(let text) where text.contains("without any password"):
      // It wants none; that one was ready does no harm.
      return connection
    case .error(let text): throw refusal(text, options.address)
    default: throw noServer(options.address)
    }
  }

  /// Begins to make calls.
  ///
  /// - Throws: `network`, `auth`, `refused`; each says what to do.
  func greet(
    _ options: RemoteOptions, milliseconds: Int, interrupt: Interrupt?
  ) throws(QrrotError) -> CallWelcome {
    let greeting = CallGreeting(version: Call.version, isReadOnly: options.isReadOnly)
    send([
      Array("QRROT.CALL".utf8),
      CallRequest(number: 0, context: CallContext(), call: .hello(greeting)).encoded,
    ])
    switch try answer(options, milliseconds, interrupt) {
    case .bulk(let bytes):
      let answer = bytes.dropFirst().withUnsafeBytes { try? CallAnswer($0) }
      switch answer?.result {
      case .success(.welcome(let welcome)):
        let third = welcome.idleSeconds > 0 ? min(welcome.idleSeconds, 3_600) * 1_000 / 3 : .max
        keepAlive(milliseconds: min(options.pulseMilliseconds, third))
        return welcome
      case .failure(let error): throw error
      default: throw Self.noServer(options.address)
      }
    case .error(let text): throw Self.refusal(text, options.address)
    default: throw Self.noServer(options.address)
    }
  }

  private func answer(
    _ options: RemoteOptions, _ milliseconds: Int, _ interrupt: Interrupt?
  ) throws(QrrotError) -> Incoming {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    do throws(PeerFault) {
      while ContinuousClock.now < end, interrupt?.isRaised != true {
        if let reply = try receive(milliseconds: 20) { return reply }
      }
      throw .silent
    } catch {
      close()
      try interrupt?.check()
      throw QrrotError(.network, error.sentence(options.peer))
    }
  }

  /// What an error line at the beginning means.
  private static func refusal(_ text: String, _ address: RemoteAddress) -> QrrotError {
    let name = address.name
    if text.hasPrefix("NOAUTH") {
      return QrrotError(
        .auth,
        "\(name) wants a password; set QRROT_PASSWORD, or name a file that holds it with --password-file"
      )
    }
    if text.hasPrefix("WRONGPASS") { return QrrotError(.auth, "wrong password for \(name)") }
    if text.contains("max number of clients") {
      return QrrotError(.network, "\(name) has as many clients as it takes; try again later")
    }
    if text.contains("unknown command") {
      return QrrotError(
        .network, "\(name) speaks the protocol of Redis, but is no qrrot server that takes shells")
    }
    return QrrotError(.network, "\(name) refuses the connection: \(text)")
  }

  private static func noServer(_ address: RemoteAddress) -> QrrotError {
    QrrotError(.network, "\(address.name) is no qrrot server of a version that this shell knows")
  }
}
