import NIOCore
import NIOPosix
import NIOSSL
import QrrotTesting
import Synchronization

/// A provider on this machine that a test scripts byte by byte: it reads whole requests and answers each
/// with the next turn.
final class SceneServer: Sendable {
  /// A request as it came.
  struct Request: Sendable {
    var line: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  }

  /// One thing that the server does.
  enum Step: Sendable {
    /// Sends these bytes.
    case send([UInt8])
    /// Ends the connection, all that was sent before comes across.
    case close
    /// Waits until the test calls ``SceneServer/release()``.
    case hold
  }

  /// What the server has seen, in order.
  enum Event: Sendable {
    case request(Request)
    case closed
  }

  let events: AsyncStream<Event>
  private let seen: AsyncStream<Event>.Continuation
  private let state: Mutex<State>
  private let channel: any Channel

  private struct State {
    var turns: [[Step]]
    var requests: [Request] = []
    var tunnelStatus: Int
    var isReleased = false
    var held: [EventLoopPromise<Void>] = []
  }

  /// Starts a server on a free port of 127.0.0.1.
  ///
  /// - Parameters:
  ///   - turns: what each request is answered with; a request beyond them is answered by closing.
  ///   - isSecure: whether it speaks TLS, with the test certificate.
  ///   - tunnelStatus: what it answers to CONNECT.
  init(_ turns: [[Step]], isSecure: Bool = false, tunnelStatus: Int = 200) async throws {
    let state = Mutex(State(turns: turns, tunnelStatus: tunnelStatus))
    self.state = state
    (events, seen) = AsyncStream.makeStream(of: Event.self)
    let box = Box()
    let tls = isSecure ? try Self.tls() : nil
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
          }
          try channel.pipeline.syncOperations.addHandler(SceneHandler(box))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    box.server.withLock { $0 = self }
  }

  /// What the handlers reach the server by.
  final class Box: Sendable {
    let server = Mutex<SceneServer?>(nil)
  }

  static func tls() throws -> NIOSSLContext {
    let folder = ProviderScene.folder + "/tls/"
    let certificates = try NIOSSLCertificate.fromPEMFile(folder + "test-only-certificate.pem")
    let key = try NIOSSLPrivateKey(file: folder + "test-only-key.pem", format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)))
  }

  /// The file of the test certificate.
  static var certificateFile: String { ProviderScene.folder + "/tls/test-only-certificate.pem" }

  var port: Int { channel.localAddress?.port ?? 0 }

  /// All requests so far.
  var requests: [Request] { state.withLock { $0.requests } }

  /// Lets everything go on that holds, now and later.
  func release() {
    let held = state.withLock { state in
      state.isReleased = true
      defer { state.held = [] }
      return state.held
    }
    for promise in held { promise.succeed() }
  }

  func stop() async {
    release()
    try? await channel.close()
    seen.finish()
  }

  fileprivate func note(_ event: Event) {
    if case .request(let request) = event { state.withLock { $0.requests.append(request) } }
    seen.yield(event)
  }

  fileprivate var tunnelStatus: Int { state.withLock { $0.tunnelStatus } }

  fileprivate func takeTurn() -> [Step] {
    state.withLock { $0.turns.isEmpty ? [.close] : $0.turns.removeFirst() }
  }

  fileprivate func hold(_ promise: EventLoopPromise<Void>) {
    let isReleased = state.withLock { state in
      if !state.isReleased { state.held.append(promise) }
      return state.isReleased
    }
    if isReleased { promise.succeed() }
  }
}

/// Reads requests and runs their turns, one after the other.
private final class SceneHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let box: SceneServer.Box
  private var bytes: [UInt8] = []
  private var server: SceneServer? { box.server.withLock { $0 } }

  init(_ box: SceneServer.Box) { self.box = box }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += Array(unwrapInboundIn(data).readableBytesView)
    while let request = takeRequest() {
      if request.line.hasPrefix("CONNECT ") {
        beTunnel(request, context)
      } else {
        server?.note(.request(request))
        run((server?.takeTurn() ?? [.close])[...], context)
      }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    server?.note(.closed)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func run(_ steps: ArraySlice<SceneServer.Step>, _ context: ChannelHandlerContext) {
    guard let step = steps.first else { return }
    let rest = steps.dropFirst()
    switch step {
    case .send(let bytes):
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
      run(rest, context)
    case .close:
      context.close(promise: nil)
    case .hold:
      let promise = context.eventLoop.makePromise(of: Void.self)
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      promise.futureResult.whenSuccess { bound.value.0.run(rest, bound.value.1) }
      server?.hold(promise)
    }
  }

  /// A proxy's answer to CONNECT; what comes behind is TLS for the host that it wants, which is us too.
  private func beTunnel(_ request: SceneServer.Request, _ context: ChannelHandlerContext) {
    server?.note(.request(request))
    let status = server?.tunnelStatus ?? 200
    // It hangs up.
    guard status != 0 else { return context.close(promise: nil) }
    let answer = "HTTP/1.1 \(status) X\r\n\(status == 200 ? "" : "content-length: 0\r\n")\r\n"
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    guard status == 200 else { return }
    do {
      let handler = NIOSSLServerHandler(context: try SceneServer.tls())
      try context.pipeline.syncOperations.addHandler(handler, position: .first)
    } catch {
      context.close(promise: nil)
    }
  }

  private func takeRequest() -> SceneServer.Request? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let headers = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (
        name: line[..<colon].lowercased(),
        value: String(line[colon...].dropFirst().drop { $0 == " " })
      )
    }
    let count = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
    guard bytes.count - end.upperBound >= count else { return nil }
    let body = Array(bytes[end.upperBound..<(end.upperBound + count)])
    bytes.removeFirst(end.upperBound + count)
    return SceneServer.Request(line: String(lines.first ?? ""), headers: headers, body: body)
  }
}
