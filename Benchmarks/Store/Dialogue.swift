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
    let filling = (0..<keyCount).map { Self.resp(["SET", Self.key($0), Self.value(0)]) }
    let exchange = Exchange(service, filling)
    for _ in 0..<keyCount { _ = exchange.sayNext() }
  }

  /// The loops, by name; each does `count` commands.
  func loop(_ name: String) -> ((Int) -> Void)? {
    switch name {
    case "resp-get": return loop(pipeline: 1) { key, _ in Self.resp(["GET", key]) }
    case "resp-get-16": return loop(pipeline: 16) { key, _ in Self.resp(["GET", key]) }
    case "resp-set-16": return loop(pipeline: 16) { Self.resp(["SET", $0, Self.value($1)]) }
    case "plain-get": return loop(pipeline: 1) { key, _ in Array("get \(key)\n".utf8) }
    case "plain-get-16": return loop(pipeline: 16) { key, _ in Array("get \(key)\n".utf8) }
    case "plain-put-16":
      return loop(pipeline: 16) { Array("put \($0) \"\(Self.value($1))\"\n".utf8) }
    default: return nil
    }
  }

  /// Commands on keys in random order, `pipeline` of them in one read.
  ///
  /// - Parameter command: takes a key and a number that is another one whenever the key comes again.
  private func loop(
    pipeline: Int, _ command: (String, Int) -> [UInt8]
  ) -> (Int) -> Void {
    // Enough of them that a table of this size is visited all over.
    let reads = (0..<max(1, Self.preparedCount / pipeline)).map { read in
      (0..<pipeline).flatMap { place in
        command(Self.key(Int.random(in: 0..<keyCount)), read * pipeline + place)
      }
    }
    let exchange = Exchange(service, reads)
    return { count in
      var byteCount = 0
      for _ in 0..<max(1, count / pipeline) { byteCount &+= exchange.sayNext() }
      consume(byteCount)
    }
  }

  private static let preparedCount = 1 << 17

  private static func value(_ number: Int) -> String { "v" + digits(number, count: 31) }
  private static func key(_ index: Int) -> String { "key:" + digits(index, count: 12) }

  private static func digits(_ number: Int, count: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: count - digits.utf8.count) + digits
  }

  private static func resp(_ words: [String]) -> [UInt8] {
    Array(
      ("*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()).utf8)
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
