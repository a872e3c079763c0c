public import QrrotCore
internal import QrrotWire

/// A database that a server far away serves.
///
/// The server keeps what belongs to a session: its open transaction and what it can undo. A session here is
/// a mirror of that, and a value as ever: a copy of it has a transaction of its own.
///
/// A connection that is lost is made anew. What only reads is then asked again; a write whose answer was lost
/// is not, and is `unknown-outcome`; an open transaction is lost, and every command in it an error until
/// `rollback`.
///
/// Calls wait on the thread that makes them, as they do for ``Engine``s in this process. Calls from several
/// threads take turns.
public final class RemoteEngine: Engine {
  let link: RemoteLink

  /// Connects to a server and logs in.
  ///
  /// - Parameter interrupt: ends the attempt.
  /// - Throws: `network`, `auth`, `refused`; each says what to do. `interrupted`.
  public init(_ options: RemoteOptions, interrupt: Interrupt? = nil) throws(QrrotError) {
    link = try RemoteLink(options, interrupt: interrupt)
  }

  deinit { link.close() }

  /// Ends the connection; what the server keeps for it is dropped.
  public func close() { link.close() }

  /// Where it is, as the prompt says it.
  public var name: String { link.options.address.name }

  /// The version of the server's program.
  public var serverVersion: String { link.welcome.program }

  /// Whether the server takes no writes from here.
  public var isReadOnly: Bool { link.welcome.isReadOnly }

  /// Runs one command; see ``Engine/execute(_:in:into:)``.
  ///
  /// - Throws: what the server's engine throws; `network` if it can't be reached, `unknown-outcome` if it
  ///   was lost before it could say what became of a write.
  public func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) async throws(QrrotError) {
    try executeNow(command, in: &session, into: &reply)
  }

  func executeNow(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    guard command.name.access != .shell else {
      throw QrrotError(.refused, "\(command.name.text) is not a command of the engine")
    }
    if session.isReadOnly || isReadOnly, command.name.access == .write {
      throw QrrotError(
        .readOnly, "\(command.name.text) writes, and this session is read-only (--read-only)")
    }
    let hadTransaction = session.transaction != nil
    do throws(QrrotError) {
      let content = try call(.execute(command), Safety(command), in: &session)
      guard case .reply(let answer) = content else { throw Self.unreadable }
      reply = answer
    } catch {
      guard command.name == .rollback, hadTransaction, session.hasLostTransaction else {
        throw error
      }
      // Nothing of it was applied, which is what was asked for.
      session.transaction = nil
      reply.reset(.ok)
    }
    if let note = takeNote() { reply.append(note: note) }
  }

  /// What is to be told with the next reply.
  private func takeNote() -> String? {
    link.withTurnAtOnce { state in
      defer { state.note = nil }
      return state.note
    }
  }

  /// The record of a key; see ``Engine/record(of:in:)``.
  public func record(
    of key: [UInt8], in session: inout Session
  ) async throws(QrrotError) -> StoredRecord? {
    guard (1...Limits.keyByteCount).contains(key.count) else {
      throw QrrotError(.tooLarge, "a key may be \(Limits.keyByteCount) bytes long")
    }
    guard case .record(let record) = try call(.record(key), .repeatable, in: &session) else {
      throw Self.unreadable
    }
    return record
  }

  static let unreadable = QrrotError(
    .network, "the server's answer can't be read; is it another version of qrrot?")
}
