import NIOCore
import NIOPosix
import NIOSSL
import QrrotCore
import QrrotService
import QrrotTesting
import Testing

@testable import QrrotServer

@Suite("TLS", .ownThread)
struct TLSTests {
  private static let files = ServerOptions.TLSFiles(
    certificates: ProviderScene.folder + "/tls/test-only-certificate.pem",
    key: ProviderScene.folder + "/tls/test-only-key.pem")

  private static var options: ServerOptions {
    var options = ServerOptions()
    options.tls = files
    return options
  }

  @Test("1.2 and 1.3 are spoken, and nothing older")
  func versions() async throws {
    let server = try await TestServer(options: Self.options)
    for version in [TLSVersion.tlsv12, .tlsv13] {
      let reply = try await ask(server.server.port, "PING\r\nQUIT\r\n", version)
      #expect(reply == "+PONG\r\n+OK\r\n")
    }
    for version in [TLSVersion.tlsv1, .tlsv11] {
      await #expect(throws: (any Error).self) {
        try await ask(server.server.port, "PING\r\nQUIT\r\n", version)
      }
    }
    await server.stop()
  }

  @Test("who does not speak TLS is closed, and others go on")
  func plain() async throws {
    let server = try await TestServer(options: Self.options)
    for text in ["PING\r\n", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}nonsense\r\n"] {
      let socket = try server.connect()
      try socket.send(text)
      #expect(!(try socket.readToEnd()).contains("PONG"))
    }
    #expect(await eventually { server.events.closingReasons.count == 3 })
    #expect(server.events.closingReasons.allSatisfy { $0.hasPrefix("TLS: ") })
    #expect(try await ask(server.server.port, "PING\r\nQUIT\r\n", .tlsv13) == "+PONG\r\n+OK\r\n")
    await server.stop()
  }

  @Test("who does not get to its password is closed in time, also without a handshake")
  func loginTimeout() async throws {
    let server = try await TestServer(options: Self.options) {
      $0.password = Array("secret".utf8)
    }
    let socket = try server.connect()
    #expect(await server.waitForClients(1))
    server.advance(seconds: 6)
    socket.waitForEnd()
    #expect(
      await eventually {
        server.events.closingReasons == ["it did not log in within 5 seconds"]
      })
    await server.stop()
  }

  @Test(
    "a client for which there is no room hears it over TLS, and one that does not listen is closed")
  func clientLimit() async throws {
    let server = try await TestServer(options: Self.options) { $0.clientLimit = 1 }
    let first = try server.connect()
    #expect(await server.waitForClients(1))
    let reply = try await ask(server.server.port, "PING\r\n", .tlsv13)
    #expect(reply == "-ERR max number of clients reached\r\n")
    let deaf = try server.connect()
    deaf.waitForEnd()
    first.endSending()
    await server.stop()
  }

  @Test("files that don't go together are refused with their names")
  func files() throws {
    let folder = ProviderScene.folder
    for files in [
      ServerOptions.TLSFiles(certificates: folder + "/none.pem", key: Self.files.key),
      ServerOptions.TLSFiles(certificates: Self.files.certificates, key: folder + "/none.pem"),
      ServerOptions.TLSFiles(certificates: Self.files.key, key: Self.files.key),
    ] {
      let error = #expect(throws: QrrotError.self) { try files.check() }
      #expect(error?.code == .refused && error?.message.contains(files.key) == true)
    }
  }

  /// Asks over TLS of one version, and reads up to the end.
  private func ask(_ port: Int, _ text: String, _ version: TLSVersion) async throws -> String {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(Self.files.certificates)
    // The certificate has the name of another host.
    configuration.certificateVerification = .noHostnameVerification
    configuration.minimumTLSVersion = version
    configuration.maximumTLSVersion = version
    let context = try NIOSSLContext(configuration: configuration)
    let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            NIOSSLClientHandler(context: context, serverHostname: nil), Collector(promise),
          ])
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    return try await promise.futureResult.get()
  }
}

/// All that comes up to the end.
private final class Collector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<String>
  private var text = ""

  init(_ promise: EventLoopPromise<String>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case NIOSSLError.uncleanShutdown = error { return }
    promise.fail(error)
    context.close(promise: nil)
  }
}
