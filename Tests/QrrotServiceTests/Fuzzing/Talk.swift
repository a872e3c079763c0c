import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting

/// One client that speaks with a service, as a transport would let it, without a network.
final class Talk {
  let service: Service
  let client: ClientRecord
  private var conversation: Conversation
  /// What has come and was not done with.
  private var waiting: [UInt8] = []
  private let wakeCount: Guarded<Int>
  private let pushed: Guarded<[UInt8]>
  private let closed: Guarded<Bool>
  /// For how long answers were held back, in milliseconds, all in all.
  private(set) var delayMilliseconds = 0

  /// Connects to a service; to one of its own, in memory, if none is given.
  init?(_ service: Service = Talk.service(), address: String = "127.0.0.1:50001") {
    self.service = service
    let (wakeCount, pushed, closed) = (Guarded(0), Guarded<[UInt8]>([]), Guarded(false))
    (self.wakeCount, self.pushed, self.closed) = (wakeCount, pushed, closed)
    let actions = ClientRecord.Actions(
      close: { closed.change { $0 = true } },
      send: { bytes in pushed.change { $0 += bytes } },
      wake: { wakeCount.change { $0 += 1 } })
    guard
      let client = service.admit(
        address: address, localAddress: "127.0.0.1:7379", actions: actions)
    else { return nil }
    self.client = client
    conversation = Conversation(service, client)
  }

  deinit { service.dismiss(client) }

  /// A service in memory, whose scans have the same order each time.
  static func service(
    clock: TestClock = TestClock(), password: String? = nil, memoryLimit: Int = .max,
    _ change: (inout ServiceConfiguration) -> Void = { _ in }
  ) -> Service {
    var configuration = ServiceConfiguration()
    configuration.password = password.map { Array($0.utf8) }
    configuration.clock = clock.wallClock
    configuration.microseconds = { clock.milliseconds * 1_000 + 25 }
    configuration.memoryLimit = memoryLimit
    change(&configuration)
    let engine = LocalEngine(hashSeed: 1, clock: clock.wallClock, memoryLimit: memoryLimit)
    return Service(engine: engine, configuration: configuration)
  }

  /// Why the connection is to be closed.
  var ending: Conversation.Ending? { conversation.ending }
  /// Whether the client has logged in, or need not.
  var isKnown: Bool { conversation.isKnown }
  /// Whether bytes were left alone; see ``Conversation/isBlocked``.
  var isBlocked: Bool { conversation.isBlocked }
  /// Whether the last command waits for another thread.
  var isWaiting: Bool { conversation.isWaiting }
  /// How many replies are in ``output``.
  var replyCount: Int { conversation.replyCount }
  /// What has been answered and not been taken.
  var output: String { Self.text(conversation.output) }

  /// Whether it is plain lines that are spoken: so is what the client would be told at last.
  var isPlain: Bool { conversation.farewell("").first != UInt8(ascii: "-") }

  /// Hands over bytes once, and takes nothing.
  ///
  /// - Returns: how many bytes are done with; the others are forgotten.
  func receiveOnce(_ bytes: [UInt8]) -> Int {
    var bytes = bytes
    return bytes.withUnsafeMutableBytes { conversation.receive($0) }
  }

  /// Answers what another thread has done.
  func endWait() -> Bool { conversation.endWait() }
  /// Goes on after a delay.
  func endDelay() { conversation.endDelay() }
  /// For how long answers are held back now.
  var currentDelay: Int { conversation.delayMilliseconds }

  /// Whether another client, or a limit, has closed the connection.
  var isClosed: Bool { closed.value }
  /// What was sent that answers nothing, as text; it is forgotten then.
  func takePushed() -> String {
    Self.text(
      pushed.withLock { bytes in
        defer { bytes = [] }
        return bytes
      })
  }

  /// How many bytes wait to be read as commands.
  var waitingByteCount: Int { waiting.count }

  /// Sends bytes, and takes all that is answered to them.
  ///
  /// - Parameter takes: how many rounds of replies are taken; with fewer than are needed the rest stays.
  func send(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    waiting += bytes
    var replies: [UInt8] = []
    repeat {
      let before = waiting.count
      receive()
      finishWork()
      replies += conversation.output
      let isAnswered = !conversation.output.isEmpty
      conversation.outputWasTaken()
      guard conversation.ending == nil,
        waiting.count < before || isAnswered || conversation.wantsTurn
      else { break }
    } while conversation.isBlocked || conversation.isWaiting
    return replies
  }

  /// Sends bytes, and takes what is answered to them part by part, as a slow client would.
  ///
  /// - Parameter between: what others do between two parts.
  func sendInParts(
    _ bytes: some Sequence<UInt8>, between: () -> Void = {}
  ) -> [[UInt8]] {
    waiting += bytes
    var parts: [[UInt8]] = []
    repeat {
      receive()
      parts.append(conversation.output)
      conversation.outputWasTaken()
      guard conversation.ending == nil, conversation.isBlocked else { break }
      between()
    } while true
    return parts
  }

  /// Whether a reply is under way that has more to come.
  var isStreaming: Bool { conversation.isStreaming }
  /// Forgets it.
  func dropStream() { conversation.dropStream() }

  /// Hands over what waits, in memory of just that size, so that the address sanitizer sees each byte that
  /// is read beyond.
  private func receive() {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: waiting.count, alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: waiting)
    waiting.removeFirst(conversation.receive(bytes))
  }

  /// Waits for what goes on elsewhere, or passes the time for which answers are held back.
  private func finishWork() {
    if conversation.delayMilliseconds > 0 {
      delayMilliseconds += conversation.delayMilliseconds
      conversation.endDelay()
    }
    while conversation.isWaiting {
      wakeCount.wait { count -> Void? in
        guard count > 0 else { return nil }
        count -= 1
        return ()
      }
      _ = conversation.endWait()
    }
  }

  /// Sends a command as RESP, and gives the replies as text: a line for each line.
  func callAsFunction(_ words: String...) -> String { self(words) }

  /// The same with the words as an array.
  func callAsFunction(_ words: [String]) -> String {
    Self.text(send(Self.encoded(words.map { Array($0.utf8) })))
  }

  /// Sends text as it is.
  func raw(_ text: String) -> String { Self.text(send(text.utf8)) }

  /// A command as clients send it.
  static func encoded(_ command: [[UInt8]]) -> [UInt8] {
    var bytes = Array("*\(command.count)\r\n".utf8)
    for argument in command {
      bytes += Array("$\(argument.count)\r\n".utf8) + argument + Array("\r\n".utf8)
    }
    return bytes
  }

  /// Bytes as text: each end of a line a line feed, the last one left out, what can't be shown as `\xHH`.
  static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case 0x0D: break
      case 0x0A, 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    if text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}
