internal import QrrotCore
internal import QrrotWire
internal import Synchronization

/// One connection to a server: requests go out in the order in which they are asked, and each asker gets the
/// replies to its own. Any thread.
final class RedisConnection: Sendable {
  let host: RedisAddress.Host
  let line: RedisLine
  private let carrier: any RedisCarrier
  /// The same, if the threads that wait have to read.
  let socket: RedisSocket?
  private let known = Mutex(RedisIdentity())
  /// Who sends has it, so that bytes and the line have the same order.
  private let sending = Mutex(())

  init(
    _ peer: Peer, _ host: RedisAddress.Host, patience: Int, milliseconds: Int,
    interrupt: Interrupt?
  ) throws(PeerFault) {
    self.host = host
    let line = RedisLine()
    self.line = line
    if peer.isSecure {
      let channel = try peer.connect(milliseconds: milliseconds, interrupt: interrupt) {
        RedisInbox(line)
      }
      socket = nil
      carrier = RedisChannelCarrier(channel: channel, line: line)
    } else {
      let socket = RedisSocket(
        try RedisSocket.connect(peer, milliseconds: milliseconds, interrupt: interrupt), line,
        patience: patience)
      self.socket = socket
      carrier = socket
    }
  }

  deinit { carrier.close() }

  /// What the server has said of itself; nothing before the greeting.
  var identity: RedisIdentity {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }

  /// Whether requests can be sent, as far as one knows without looking.
  var isOpen: Bool { line.isOpen && carrier.isActive }

  /// Looks whether the other side has closed it.
  func look() { socket?.read() }

  /// Ends it; who waits on it hears that it was closed.
  func close() {
    line.end(.closed)
    carrier.close()
  }

  /// Nobody waits any more for what was asked with this mailbox, and nothing more is asked here: the
  /// replies that are still to come could take as long as they like.
  func giveUp(_ mailbox: Mailbox<RedisLetter>) {
    if !line.leave(mailbox, retires: true) { close() }
  }

  /// Sends requests; the replies come to the mailbox.
  ///
  /// - Returns: whether anything of it may have been sent.
  func send(
    _ bytes: [UInt8], count: Int, part: Int, to mailbox: Mailbox<RedisLetter>,
    _ interrupt: Interrupt?
  ) -> Bool {
    sending.withLock { _ in
      guard carrier.isActive, line.ask(mailbox, part: part, count: count) else { return false }
      return carrier.write(bytes, interrupt)
    }
  }
}

extension Mailbox<RedisLetter> {
  /// The next letter from some connections; nil if none comes within the time, or perhaps sooner.
  func take(from sockets: [RedisSocket], milliseconds: Int) -> RedisLetter? {
    if sockets.isEmpty { return take(milliseconds: milliseconds) }
    if let letter = takeAtOnce() { return letter }
    if RedisSocket.wait(sockets.map(\.descriptor), milliseconds: milliseconds) {
      for socket in sockets { socket.read() }
    }
    return takeAtOnce()
  }
}
