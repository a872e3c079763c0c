internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QrrotCore
internal import QrrotWire

/// One connection to a server, used by one thread at a time; bytes go and come on an event loop.
final class RemoteConnection: Sendable {
  /// Told apart from the connections before.
  let number: UInt64
  private let channel: any Channel
  private let mailbox: Mailbox<Incoming>
  private let open: NIOLockedValueBox<Bool>
  /// What a session has let go of since the last call.
  private let forgotten = NIOLockedValueBox<[UInt64]>([])
  /// How many answers are still to come that nobody waits for any more.
  private let lateCount = NIOLockedValueBox(0)

  private init(
    _ number: UInt64, _ channel: any Channel, _ mailbox: Mailbox<Incoming>,
    _ open: NIOLockedValueBox<Bool>
  ) {
    self.number = number
    self.channel = channel
    self.mailbox = mailbox
    self.open = open
  }

  deinit { channel.close(promise: nil) }

  /// Makes a connection, without a word on it yet.
  ///
  /// - Parameters:
  ///   - number: what it is called.
  ///   - milliseconds: how long that may take.
  /// - Throws: the ``PeerFault``; the interrupt comes out as `silent`.
  static func make(
    _ options: RemoteOptions, number: UInt64, milliseconds: Int, interrupt: Interrupt?
  ) throws(PeerFault) -> RemoteConnection {
    let mailbox = Mailbox<Incoming>()
    let open = NIOLockedValueBox(true)
    let channel = try options.peer.connect(milliseconds: milliseconds, interrupt: interrupt) {
      ReplyInbox(mailbox, isOpen: open)
    }
    return RemoteConnection(number, channel, mailbox, open)
  }

  /// Says something from time to time, so that neither the server nor what stands between takes a shell
  /// that waits for its person for one that has gone.
  func keepAlive(milliseconds: Int) {
    let channel = channel
    let interval = TimeAmount.milliseconds(Int64(milliseconds))
    let ping = ByteBuffer(bytes: Self.request([Array("PING".utf8)]))
    channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
      guard channel.isActive else { return task.cancel() }
      channel.writeAndFlush(ping, promise: nil)
    }
  }

  /// Whether nothing speaks against it that it still works.
  var isOpen: Bool { open.withLockedValue { $0 } && channel.isActive }

  /// Ends it.
  func close() {
    open.withLockedValue { $0 = false }
    channel.close(promise: nil)
  }

  // MARK: - Words and replies

  /// Sends a command.
  func send(_ words: [[UInt8]]) {
    channel.writeAndFlush(ByteBuffer(bytes: Self.request(words)), promise: nil)
  }

  private static func request(_ words: [[UInt8]]) -> [UInt8] {
    var writer = ReplyWriter()
    writer.bytes.reserveCapacity(words.reduce(32) { $0 + $1.count + 16 })
    writer.array(count: words.count)
    for word in words { writer.bulk(word) }
    return writer.bytes
  }

  /// The next reply that somebody waits for; nil if none comes within the time.
  ///
  /// - Throws: why none will come.
  func receive(milliseconds: Int) throws(PeerFault) -> Incoming? {
    while let letter = mailbox.take(milliseconds: milliseconds) {
      if case .end(let fault) = letter {
        // Whoever asks next is to hear of it too.
        mailbox.put(letter)
        throw fault
      }
      let isLate = lateCount.withLockedValue { count in
        guard count > 0 else { return false }
        count -= 1
        return true
      }
      if !isLate { return letter }
    }
    return nil
  }

  /// Nobody waits any more for the answer that comes next.
  func leaveAnswer() { lateCount.withLockedValue { $0 += 1 } }

  // MARK: - What the server keeps

  /// A place of this connection.
  func place(_ number: UInt64) -> RemotePlace {
    let forgotten = forgotten
    return RemotePlace(number: number, connection: self.number) { number in
      forgotten.withLockedValue { $0.append(number) }
    }
  }

  /// What was let go of since the last call.
  func takeForgotten() -> [UInt64] {
    forgotten.withLockedValue { numbers in
      defer { numbers = [] }
      return numbers
    }
  }
}
