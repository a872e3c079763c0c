internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import QrrotAgent
internal import Synchronization

/// The network, by HTTP/1.1.
struct NetworkTransport: Transport {
  /// What a connection depends on.
  struct Settings: Hashable, Sendable {
    /// The proxy; nil for a direct connection.
    var proxy: HTTPProxy?
    /// A file of certificates that count as roots in the place of the system's.
    var certificateFile: String?
    /// How long a connection may take to be made.
    var connectSeconds: Int64 = 10
  }

  private let settings: Settings

  init(_ settings: Settings) { self.settings = settings }

  /// One client for all connections that depend on the same, made when the first request is sent: a
  /// program that asks no model pays nothing. They live as long as the program does.
  private static let clients = Mutex<[Settings: HTTPClient]>([:])

  private var client: HTTPClient {
    Self.clients.withLock { clients in
      if let client = clients[settings] { return client }
      let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: Self.configuration(settings))
      clients[settings] = client
      return client
    }
  }

  private static func configuration(_ settings: Settings) -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .fullVerification
    tls.minimumTLSVersion = .tlsv12
    if let file = settings.certificateFile { tls.trustRoots = .file(file) }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(settings.connectSeconds)), decompression: .disabled)
    configuration.httpVersion = .http1Only
    // A refused connection is to be told at once; who tries again is decided elsewhere.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.idleTimeout = .seconds(30)
    if let proxy = settings.proxy {
      let authorization = proxy.user.map {
        HTTPClient.Authorization.basic(username: $0, password: proxy.password ?? "")
      }
      configuration.proxy = .server(
        host: proxy.host, port: proxy.port, authorization: authorization)
    }
    return configuration
  }

  func exchange(
    _ request: WireRequest, _ receive: (ResponsePart) throws(WireFailure) -> Bool
  ) async throws(WireFailure) {
    var message = HTTPClientRequest(url: request.url)
    message.method = HTTPMethod(rawValue: request.method)
    for header in request.headers { message.headers.add(name: header.name, value: header.value) }
    if let key = request.key { message.headers.add(name: key.name, value: key.value.text) }
    if !request.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: request.body)) }
    do {
      // Silence is watched for by whoever reads; this only bounds what that does not see.
      let response = try await client.execute(message, timeout: .minutes(10))
      let headers = response.headers.map { WireRequest.Header($0.name.lowercased(), $0.value) }
      guard try receive(.head(status: Int(response.status.code), headers: headers)) else { return }
      for try await buffer in response.body {
        guard try receive(.body(Array(buffer.readableBytesView))) else { return }
      }
    } catch let failure as WireFailure {
      throw failure
    } catch {
      throw .connection(NetworkFailure.read(error, through: settings.proxy))
    }
  }
}
