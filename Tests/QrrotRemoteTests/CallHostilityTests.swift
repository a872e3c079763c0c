import NIOConcurrencyHelpers
import QrrotCore
import QrrotParser
import QrrotService
import QrrotStore
import QrrotTesting
import QrrotWire
import Testing

/// A conversation without a network, of a client that makes calls.
private struct Caller: ~Copyable {
  let service: Service
  private var conversation: Conversation
  private let resumed: ConditionLock<Int>

  init(_ service: Service) throws {
    self.service = service
    let resumed = ConditionLock(value: 0)
    self.resumed = resumed
    let actions = ClientRecord.Actions(
      close: {}, send: { _ in },
      wake: {
        resumed.lock()
        resumed.unlock(withValue: 1)
      })
    conversation = Conversation(
      service, try #require(service.admit(address: "a:1", localAddress: "b:2", actions: actions)))
  }

  /// Sends a command and gives the reply's first byte and its content.
  mutating func callAsFunction(_ words: [UInt8]...) throws -> (mark: UInt8, content: [UInt8]) {
    var writer = ReplyWriter()
    writer.array(count: words.count)
    for word in words { writer.bulk(word) }
    var bytes = writer.bytes
    let done = bytes.withUnsafeMutableBytes { conversation.receive($0) }
    try #require(done == bytes.count)
    if conversation.isWaiting {
      resumed.lock(whenValue: 1)
      resumed.unlock(withValue: 0)
      let hasEnded = conversation.endWait()
      #expect(hasEnded)
    }
    let output = conversation.output
    try #require(conversation.outputWasTaken() == 1)
    var reader = ReplyReader()
    return try output.withUnsafeBytes { output in
      let count = try reader.next(output)
      try #require(count == output.count)
      let node = try #require(reader.nodes.first)
      return (output[0], Array(output[node.range]))
    }
  }

  mutating func call(_ bytes: [UInt8]) throws -> (mark: UInt8, content: [UInt8]) {
    try self(Array("QRROT.CALL".utf8), bytes)
  }

  mutating func greet() throws {
    let hello = Call.hello(CallGreeting(version: Call.version, isReadOnly: false))
    let request = CallRequest(number: 0, context: CallContext(), call: hello)
    #expect(try call(request.encoded).mark == UInt8(ascii: "$"))
  }
}

/// What a client can try that does not mean well.
@Suite("Hostile calls")
struct CallHostilityTests {
  private static let requests: [CallRequest] = {
    var parser = Parser()
    var calls: [Call] = CommandSpec.all.filter { $0.access != .shell }
      .flatMap { spec in spec.examples.flatMap { $0.setup + [$0.input] } }
      .compactMap { line in
        var command = Command()
        _ = try? parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
        return .execute(command)
      }
    let record = CallRecord(key: [65], record: StoredRecord(value: .json([49]), expiry: 1 << 45))
    let members = CallMembers(prefix: [], container: [36], documents: .matching([42]))
    calls += [
      .record([65]), .beginBulk(.replace), .addToBulk(1, [record]), .applyBulk(1),
      .beginReading([42]), .read(1), .more, .sampleRecords(limit: 5, milliseconds: 1),
      .sampleKeys([], limit: 5, milliseconds: 1),
      .sampleMembers(members, limit: 5, milliseconds: 1), .records([[65], [66]]),
    ]
    var kept = CallContext()
    kept.transaction = .kept(1)
    kept.undo = .kept(2)
    var new = CallContext()
    new.transaction = .new(CallReads())
    return calls.flatMap { call in
      [CallContext(), kept, new].map { CallRequest(number: 3, context: $0, call: call) }
    }
  }()

  @Test("damaged calls are answered, and the database goes on")
  func damage() throws {
    let seed = TestSettings.seed(59)
    var random = SeededGenerator(seed: seed)
    let service = Service(engine: LocalEngine(memoryLimit: 64 << 20))
    var caller = try Caller(service)
    try caller.greet()
    var outcomes: [UInt8: Int] = [:]
    var successCount = 0
    for _ in 0..<TestSettings.count(10_000) {
      var bytes = (Self.requests.randomElement(using: &random) ?? Self.requests[0]).encoded
      if Int.random(in: 0..<4, using: &random) > 0 {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
          // Not the greeting: another one would begin anew.
          let index = Int.random(in: bytes.indices, using: &random)
          bytes[index] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let (mark, content) = try caller.call(bytes)
      outcomes[mark, default: 0] += 1
      guard mark == UInt8(ascii: "$") else { continue }
      let answer = content.dropFirst().withUnsafeBytes { try? CallAnswer($0) }
      if case .success? = answer?.result { successCount += 1 }
    }
    #expect(outcomes.keys.sorted() == [UInt8(ascii: "$"), UInt8(ascii: "-")])
    #expect(successCount > 1_000 && outcomes[UInt8(ascii: "-"), default: 0] > 1_000, "seed \(seed)")
    var session = Session()
    var reply = Reply()
    try service.engine.execute(Command(.size), in: &session, into: &reply)
  }

  @Test("nothing before the password, nothing before the greeting, nothing inside MULTI")
  func order() throws {
    var configuration = ServiceConfiguration()
    configuration.password = [65]
    var caller = try Caller(Service(engine: LocalEngine(), configuration: configuration))
    let size = CallRequest(number: 1, context: CallContext(), call: .execute(Command(.size)))
      .encoded
    let control = "QRROT.CONTROL STOP 1 1 1".split(separator: " ").map { Array($0.utf8) }
    #expect(try caller.call(size).content.starts(with: "NOAUTH".utf8))
    let early = try caller(control[0], control[1], control[2], control[3], control[4])
    #expect(early.content.starts(with: "NOAUTH".utf8))
    #expect(try caller(Array("AUTH".utf8), [65]).mark == UInt8(ascii: "+"))
    #expect(try caller.call(size).mark == UInt8(ascii: "-"))
    try caller.greet()
    #expect(try caller.call(size).mark == UInt8(ascii: "$"))
    #expect(try caller(Array("MULTI".utf8)).mark == UInt8(ascii: "+"))
    #expect(try caller.call(size).mark == UInt8(ascii: "-"))
    #expect(try caller(Array("DISCARD".utf8)).mark == UInt8(ascii: "+"))
    #expect(try caller.call(size).mark == UInt8(ascii: "$"))
  }

  @Test("who does not know the token can't look at a call, let alone stop it")
  func token() throws {
    let service = Service(engine: LocalEngine())
    var caller = try Caller(service)
    try caller.greet()
    var other = try Caller(service)
    for word in ["STOP", "STATUS"] {
      let reply = try other(
        Array("QRROT.CONTROL".utf8), Array(word.utf8), [49], [49], [48])
      #expect(reply.mark == UInt8(ascii: ":") && reply.content == [48])
    }
  }
}
