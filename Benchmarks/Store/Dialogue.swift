import QrrotService
import QrrotStore

/// What a client of the server says and is answered, from bytes to bytes, without a network.
struct Dialogue {
  /// What is measured; `-16` has so many commands in one read.
  static let names = [
    "resp-get", "resp-get-16", "resp-set-16", "plain-get", "plain-get-16", "plain-put-16",
  ]

  private let service = Service(engine: LocalEngine())
  private let keyCount: Int

  /// Fills the keys with values of 32 bytes.
  init(keyCount: Int) {
    self.keyCount = keyCount
    let filling = (0..<keyCount).map { Self.resp("SET", [Self.key($0), Self.value(0)]) }
    let exchange = Exchange(service, filling)
    for _ in 0..<keyCount { _ = exchange.sayNext() }
  }

  /// The loops, by name; each does `count` commands.
  func loop(_ name: String) -> ((Int) -> Void)? {
    switch name {
    case "resp-get": return loop(pipeline: 1) { key, _ in Self.resp("GET", [key]) }
    case "resp-get-16": return loop(pipeline: 16) { key, _ in Self.resp("GET", [key]) }
    case "resp-set-16": return loop(pipeline: 16) { Self.resp("SET", [$0, Self.value($1)]) }
    case "plain-get": return loop(pipeline: 1) { key, _ in "get ".utf8 + key + "\n".utf8 }
    case "plain-get-16": return loop(pipeline: 16) { key, _ in "get ".utf8 + key + "\n".utf8 }
    case "plain-put-16":
      return loop(pipeline: 16) { "put ".utf8 + $0 + " \"".utf8 + Self.value($1) + "\"\n".utf8 }
    default: return nil
    }
  }

  /// Commands on keys in random order, `pipeline` of them in one read.
  ///
  /// - Parameter command: takes a key and a number that no other command of the loop has; the commands are
  ///   given again when all have been.
  private func loop(
    pipeline: Int, _ command: ([UInt8], Int) -> [UInt8]
  ) -> (Int) -> Void {
    // Enough of them that a table of this size is visited all over.
    let reads = (0..<max(1, Self.preparedCount / pipeline)).map { read in
      (0..<pipeline).flatMap { place in
        command(Self.key(Int.random(in: 0..<keyCount)), read * pipeline + place + 1)
      }
    }
    let exchange = Exchange(service, reads)
    return { count in
      var byteCount = 0
      for _ in 0..<max(1, count / pipeline) { byteCount &+= exchange.sayNext() }
      consume(byteCount)
    }
  }

  private static let preparedCount = 1 << 16

  private static func value(_ number: Int) -> [UInt8] { "v".utf8 + digits(number, count: 31) }
  private static func key(_ index: Int) -> [UInt8] { "key:".utf8 + digits(index, count: 12) }

  // Without strings: under callgrind, making the commands would take longer than carrying them out.
  private static func digits(_ number: Int, count: Int) -> [UInt8] {
    var digits = [UInt8](repeating: UInt8(ascii: "0"), count: count)
    var rest = number
    var place = count
    while rest > 0, place > 0 {
      place -= 1
      digits[place] += UInt8(rest % 10)
      rest /= 10
    }
    return digits
  }

  private static func resp(_ name: String, _ arguments: [[UInt8]]) -> [UInt8] {
    var bytes = Array("*\(arguments.count + 1)\r\n$\(name.utf8.count)\r\n\(name)\r\n".utf8)
    for argument in arguments {
      bytes += "$\(argument.count)\r\n".utf8
      bytes += argument
      bytes += "\r\n".utf8
    }
    return bytes
  }
}

/// One client, who says the same over and over.
private final class Exchange {
  private var conversation: Conversation
  private var reads: [[UInt8]]
  private var next = 0

  /// - Parameter reads: what it says, a read each.
  init(_ service: Service, _ reads: [[UInt8]]) {
    let actions = ClientRecord.Actions(close: {}, send: { _ in })
    guard let client = service.admit(address: "", localAddress: "", actions: actions) else {
      preconditionFailure("there are too many clients")
    }
    conversation = Conversation(service, client)
    self.reads = reads
  }

  /// Says what comes next.
  ///
  /// - Returns: how many bytes were answered.
  func sayNext() -> Int {
    defer { next = next + 1 == reads.count ? 0 : next + 1 }
    let done = reads[next].withUnsafeMutableBytes { conversation.receive($0) }
    precondition(done == reads[next].count, "a read was not answered at once")
    let answered = conversation.output.count
    conversation.outputWasTaken()
    return answered
  }
}
