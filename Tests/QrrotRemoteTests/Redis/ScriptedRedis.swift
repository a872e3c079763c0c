import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QrrotCore
import QrrotWire

@testable import QrrotRemote

/// A server of the protocol that says what a test has it say.
final class ScriptedRedis: Sendable {
  /// What it does with a request.
  enum Answer: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// Bytes as they are.
    case say([UInt8])
    /// Bytes, and then the end.
    case sayAndClose([UInt8])
    case nothing
    /// What an ordinary server says at the beginning of a connection.
    case ordinary

    init(stringLiteral text: String) { self = .say(Array(text.utf8)) }
  }

  /// - Parameters:
  ///   - words: the request.
  ///   - connection: the number of the connection, from 1.
  typealias Script = @Sendable (_ words: [String], _ connection: Int) -> Answer

  /// What was asked, without the greetings.
  struct Request: Equatable, Sendable {
    let words: [String]
    let connection: Int
  }

  private let channel: any Channel
  private let group: MultiThreadedEventLoopGroup
  private let asked = NIOLockedValueBox<[Request]>([])
  private let connections = NIOLockedValueBox(0)
  private let script: NIOLockedValueBox<Script>

  /// - Parameter isCluster: what an ordinary greeting says.
  init(
    port: Int = 0, isCluster: Bool = false, runID: String = "r1",
    _ script: @escaping Script = { _, _ in .ordinary }
  ) async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let asked = asked
    let connections = connections
    let box = NIOLockedValueBox(script)
    self.script = box
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = connections.withLockedValue { count in
            count += 1
            return count
          }
          let handler = Scripted { words in
            if !Self.greetings.contains(words[0]) {
              asked.withLockedValue { $0.append(Request(words: words, connection: number)) }
            }
            let answer = box.withLockedValue { $0 }(words, number)
            guard case .ordinary = answer else { return answer }
            return Self.ordinary(words, isCluster, runID)
          }
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
  }

  private static let greetings: Set = ["HELLO", "INFO", "TIME", "COMMAND"]

  private static func ordinary(_ words: [String], _ isCluster: Bool, _ runID: String) -> Answer {
    switch words[0] {
    case "HELLO":
      return "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n"
    case "INFO":
      let text = "redis_mode:\(isCluster ? "cluster" : "standalone")\r\nrun_id:\(runID)\r\n"
      return "$\(text.utf8.count)\r\n\(text)\r\n"
    case "TIME": return "*2\r\n$10\r\n1000000000\r\n$1\r\n0\r\n"
    case "COMMAND": return "*2\r\n_\r\n*1\r\n$11\r\npexpiretime\r\n"
    case "PING": return "+PONG\r\n"
    default: return "+OK\r\n"
    }
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  var host: RedisAddress.Host { RedisAddress.Host(host: "127.0.0.1", port: port) }
  var url: String { "redis://127.0.0.1:\(port)" }

  /// What was asked, without the greetings.
  var requests: [Request] { asked.withLockedValue { $0 } }
  /// The same, without what is about the cluster and what ends a conversation.
  var data: [[String]] {
    requests.map(\.words).filter { $0[0] != "CLUSTER" && $0[0] != "UNWATCH" }
  }

  var connectionCount: Int { connections.withLockedValue { $0 } }

  /// Goes on with another script.
  func follow(_ script: @escaping Script) { self.script.withLockedValue { $0 = script } }

  func stop() async {
    try? await channel.close().get()
    try? await group.shutdownGracefully()
  }
}

private final class Scripted: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let answer: ([String]) -> ScriptedRedis.Answer
  private var reader = ReplyReader()
  private var input: [UInt8] = []

  init(_ answer: @escaping ([String]) -> ScriptedRedis.Answer) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    input.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    // A request is an array of bulk strings, which is a reply too.
    while let (words, count) = input.withUnsafeBytes({ bytes -> ([String], Int)? in
      guard let count = try? reader.next(bytes) else { return nil }
      let words = reader.nodes.dropFirst().map { String(decoding: bytes[$0.range], as: UTF8.self) }
      return (words, count)
    }) {
      input.removeFirst(count)
      switch answer(words) {
      case .say(let bytes):
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
      case .sayAndClose(let bytes):
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
        context.close(promise: nil)
        return
      case .nothing, .ordinary: break
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// A cluster of scripted nodes: each has an equal part of the slots.
struct ScriptedCluster: Sendable {
  let nodes: [ScriptedRedis]
  /// Which node has a slot, by the map that all of them give out.
  let owners: NIOLockedValueBox<[Int]>

  /// - Parameter script: what a node does, by its number, beyond giving out the map.
  init(
    count: Int, _ script: @escaping @Sendable (Int, [String]) -> ScriptedRedis.Answer
  ) async throws {
    owners = NIOLockedValueBox((0..<16_384).map { $0 * count / 16_384 })
    var nodes: [ScriptedRedis] = []
    for _ in 0..<count { nodes.append(try await ScriptedRedis(isCluster: true)) }
    self.nodes = nodes
    let ports = nodes.map(\.port)
    let owners = owners
    for (number, node) in nodes.enumerated() {
      node.follow { words, _ in
        if words.first == "CLUSTER" {
          return .say(Self.map(owners.withLockedValue { $0 }, ports))
        }
        return script(number, words)
      }
    }
  }

  /// The reply to CLUSTER SLOTS.
  static func map(_ owners: [Int], _ ports: [Int]) -> [UInt8] {
    var ranges: [(Int, Int, Int)] = []
    for (slot, owner) in owners.enumerated() {
      if let last = ranges.last, last.2 == owner {
        ranges[ranges.count - 1].1 = slot
      } else {
        ranges.append((slot, slot, owner))
      }
    }
    var writer = ReplyWriter()
    writer.array(count: ranges.count)
    for (first, last, owner) in ranges {
      writer.array(count: 3)
      writer.integer(Int64(first))
      writer.integer(Int64(last))
      writer.array(count: 2)
      writer.bulk("127.0.0.1")
      writer.integer(Int64(ports[owner]))
    }
    return writer.bytes
  }

  var url: String { "redis+cluster://127.0.0.1:\(nodes[0].port)" }

  /// All data requests, in the order of the nodes.
  var requests: [[String]] {
    nodes.flatMap { $0.requests.map(\.words).filter { $0.first != "CLUSTER" } }
  }

  func stop() async {
    for node in nodes { await node.stop() }
  }
}

/// Requests made of words.
func batch(_ lines: String..., isRead: Bool = true) -> RedisBatch {
  var batch = RedisBatch()
  for line in lines {
    let words = line.split(separator: " ").map { Array($0.utf8) }
    batch.append(words, key: words.count > 1 ? 1 : nil, isRead: isRead)
  }
  return batch
}

/// Connects, with times that make a test short.
func connect(
  _ url: String, _ change: (inout RedisOptions) -> Void = { _ in }
) throws(QrrotError) -> RedisNodes {
  var options = RedisOptions(try RedisAddress(url))
  change(&options)
  return try RedisNodes.connect(options, interrupt: nil)
}

extension RedisNodes {
  /// What a batch comes to.
  func outcome(_ batch: RedisBatch) -> Result<[String], QrrotError> {
    Result { () throws(QrrotError) in
      try run(batch, interrupt: Interrupt()).map { $0.isNull ? "null" : $0.text }
    }
  }
}

extension Result where Failure == QrrotError {
  var code: QrrotError.Code? {
    if case .failure(let error) = self { return error.code }
    return nil
  }

  var values: Success? { try? get() }
}
