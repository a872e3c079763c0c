internal import QrrotStore
internal import Synchronization

/// What others may know and do about a connected client: its own event loop writes it, others read.
public final class ClientRecord: Sendable {
  /// The number that `CLIENT LIST` shows; never used twice while the server runs.
  public let id: UInt64
  /// Where it comes from: `127.0.0.1:54321`.
  public let address: String
  /// Which of our addresses it is connected to.
  public let localAddress: String
  /// When it came, in milliseconds since 1970.
  public let connectedAt: Int64

  /// When it last sent a command, in milliseconds since 1970.
  let lastActive: Atomic<Int64>
  /// The last command, by its raw value; 255 for none.
  let lastCommand = Atomic<UInt8>(255)
  /// How many bytes wait to be read as commands.
  let inputByteCount = Atomic<Int>(0)
  /// How many bytes of replies wait to be sent.
  let outputByteCount = Atomic<Int>(0)
  /// Whether it asked with `CLIENT NO-EVICT` to be spared.
  let isSpared = Atomic<Bool>(false)
  /// How many commands are queued in MULTI; negative outside of one.
  let queuedCount = Atomic<Int>(-1)
  /// How many keys it watches.
  let watchedCount = Atomic<Int>(0)
  /// 2, 3, or 0 for plain lines.
  let protocolVersion = Atomic<Int>(2)
  /// Whether it has given MONITOR.
  let isMonitor = Atomic<Bool>(false)
  /// Whether it has logged in, or need not.
  let isLoggedIn = Atomic<Bool>(false)
  /// The call of a shell that runs, for those who want to stop it.
  let calls = CallControl()
  /// What `CLIENT SETNAME` and `CLIENT SETINFO` have said.
  let labels = Guarded(Labels())

  struct Labels: Sendable {
    var name: [UInt8] = []
    var libraryName: [UInt8] = []
    var libraryVersion: [UInt8] = []
    /// The subcommand that it gave last, of whatever command.
    var subcommand = ""
  }

  /// What the transport does for others; each may be called on any thread.
  public struct Actions: Sendable {
    /// Closes the connection at once.
    public var close: @Sendable () -> Void
    /// Sends bytes between two replies.
    public var send: @Sendable ([UInt8]) -> Void
    /// Has its own thread call ``Conversation/endWait()`` and go on.
    public var wake: @Sendable () -> Void

    /// Makes actions.
    public init(
      close: @escaping @Sendable () -> Void, send: @escaping @Sendable ([UInt8]) -> Void,
      wake: @escaping @Sendable () -> Void = {}
    ) {
      self.close = close
      self.send = send
      self.wake = wake
    }
  }

  /// What the transport does for others.
  public let actions: Actions

  /// Describes a client that has just come.
  init(id: UInt64, address: String, localAddress: String, now: Int64, actions: Actions) {
    self.id = id
    self.address = address
    self.localAddress = localAddress
    self.actions = actions
    connectedAt = now
    lastActive = Atomic(now)
  }

  /// How long it has been silent, in milliseconds.
  public func idleMilliseconds(at now: Int64) -> Int64 {
    max(0, now - lastActive.load(ordering: .relaxed))
  }

  /// Notes how many bytes of replies wait to be sent.
  public func noteOutput(_ byteCount: Int) {
    outputByteCount.store(byteCount, ordering: .relaxed)
  }

  /// Whether it waits for something that only comes by itself, so that silence is no sign of an end.
  public var mayBeSilent: Bool { isMonitor.load(ordering: .relaxed) }
}
