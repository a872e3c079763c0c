/// What answers commands: the embedded table, or a server far away.
///
/// An engine keeps no state of its clients; each call is handed the client's ``Session``. Calls from
/// several threads at once are allowed and each is atomic.
public protocol Engine: Sendable {
  /// Runs one command and fills `reply` with its answer.
  ///
  /// Shell words (access ``CommandSpec/Access/shell``) are refused. After an error nothing has
  /// changed, `reply` is unspecified, and an open transaction is still open, unless the error is
  /// `conflict`.
  ///
  /// - Throws: `type`, `range`, `conflict`, `refused`, `read-only`, `too-large`, `budget`,
  ///   `interrupted`.
  func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) async throws(QrrotError)

  /// Waits until everything that the session's replies so far speak of is as durable as was promised.
  /// Whoever shows or sends a reply calls this before; once for many replies is enough.
  ///
  /// It may wait for the disk, so it is not to be called on a thread that others wait for.
  ///
  /// - Throws: `unknown-outcome`: what the replies since the last call speak of may or may not last.
  func settle(_ session: inout Session) throws(QrrotError)

  /// Keys that begin with `prefix`, for completion: at most `limit`, found within `timeLimit`.
  ///
  /// The session's transaction is looked at too. It is called while a line is edited, so it does not
  /// suspend.
  func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample
}

extension Engine {
  /// For engines whose replies need nothing more.
  public func settle(_ session: inout Session) throws(QrrotError) {}
}

/// Some keys of a database.
public struct KeySample: Equatable, Sendable {
  /// The keys, in byte order.
  public var keys: [[UInt8]]
  /// Whether there may be more that were not looked at.
  public var isPartial: Bool

  /// Makes a sample.
  public init(keys: [[UInt8]], isPartial: Bool) {
    self.keys = keys
    self.isPartial = isPartial
  }
}
