import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

@Suite("TLS and proxies")
struct TLSAndProxyTests {
  static func hear(
    _ url: String, _ environment: [String: String]
  ) async throws -> Heard {
    var configuration = ModelConfiguration()
    configuration.provider = .openai
    configuration.baseURL = url
    configuration.modelName = "m"
    let directory = Asking.directory(environment: environment)
    return await Asking.hear(try await Asking.model(directory, configuration))
  }

  @Test("a certificate that nobody vouches for ends it before anything is sent")
  func unknownIssuer() async throws {
    let server = try await SceneServer([], isSecure: true)
    let heard = try await Self.hear("https://127.0.0.1:\(server.port)/v1", [:])
    #expect(heard.error?.code == .network)
    #expect(
      heard.error?.message.hasPrefix(
        "the certificate of 127.0.0.1:\(server.port) does not verify (certificate verify failed), so "
          + "nothing was sent") == true)
    #expect(heard.retries.isEmpty)
    await server.stop()
    #expect(server.requests.isEmpty)
  }

  @Test("a certificate for another host does not verify either")
  func otherHost() async throws {
    let server = try await SceneServer([], isSecure: true)
    let heard = try await Self.hear(
      "https://127.0.0.1:\(server.port)/v1", ["SSL_CERT_FILE": SceneServer.certificateFile])
    #expect(heard.error?.message.contains("does not verify") == true)
    await server.stop()
    #expect(server.requests.isEmpty)
  }

  @Test("https goes through the proxy, with its password, and TLS is with the host behind it")
  func proxy() async throws {
    let scene = try Asking.scene("openai/ok")
    let server = try await SceneServer([SceneServer.turn(scene)])
    let heard = try await Self.hear(
      "https://api.test/v1",
      [
        "HTTPS_PROXY": "http://ivan:s%65cret%2Dword@127.0.0.1:\(server.port)",
        "SSL_CERT_FILE": SceneServer.certificateFile,
      ])
    #expect(heard.isFinished)
    #expect(heard.text == "QUERY READ: get ivan — 😀")
    let requests = server.requests
    await server.stop()
    #expect(
      requests.map(\.line) == [
        "CONNECT api.test:443 HTTP/1.1", "POST /v1/chat/completions HTTP/1.1",
      ])
    // base64 of ivan:secret-word
    #expect(requests.first?.header("proxy-authorization") == "Basic aXZhbjpzZWNyZXQtd29yZA==")
    #expect(requests.first?.header("authorization") == nil)
  }

  @Test("a proxy that refuses is told from the provider", arguments: [403, 407, 502])
  func refusingProxy(status: Int) async throws {
    let server = try await SceneServer([], tunnelStatus: status)
    let heard = try await Self.hear(
      "https://api.test/v1", ["https_proxy": "http://127.0.0.1:\(server.port)"])
    #expect(heard.error?.code == .network)
    #expect(heard.retries.isEmpty)
    let words = status == 407 ? "it wants a name and a password" : "it answered with an error"
    #expect(
      heard.error?.message.hasPrefix(
        "the proxy does not let the request to api.test through: \(words)") == true,
      "\(heard.error?.message ?? "")")
    await server.stop()
  }

  @Test("a proxy that is not there is named")
  func absentProxy() async throws {
    let heard = try await Self.hear("https://api.test/v1", ["https_proxy": "http://127.0.0.1:1"])
    #expect(heard.error?.code == .network)
    #expect(
      heard.error?.message
        == "the proxy does not let the request to api.test through: nothing listens at 127.0.0.1:1; check HTTPS_PROXY"
    )
  }

  @Test("a proxy that hangs up instead of answering is no riddle")
  func silentProxy() async throws {
    let server = try await SceneServer([], tunnelStatus: 0)
    let heard = try await Self.hear(
      "https://api.test/v1", ["https_proxy": "http://127.0.0.1:\(server.port)"])
    let message = "the connection to OpenAI at api.test broke"
    #expect(heard.retries.count == 3)
    #expect(heard.reasons.allSatisfy { $0 == message }, "\(heard.reasons)")
    #expect(heard.error?.message == "\(message) (tried 4 times); try again")
    await server.stop()
  }

  @Test("nothing to this machine goes through a proxy")
  func loopback() async throws {
    let scene = try Asking.scene("openai/ok")
    let server = try await SceneServer([SceneServer.turn(scene)])
    let heard = try await Self.hear(
      "http://127.0.0.1:\(server.port)/v1",
      ["HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"])
    #expect(heard.isFinished)
    await server.stop()
  }

  @Test("what the proxies' variables mean")
  func settings() throws {
    func proxy(_ environment: [String: String], _ url: String) throws -> HTTPProxy? {
      try ProxySettings(environment: environment).proxy(for: try BaseURL(url))
    }
    let plain = HTTPProxy(host: "p.example", port: 3128)
    let environment = ["HTTPS_PROXY": "http://p.example:3128"]
    #expect(try proxy(environment, "https://api.openai.com/v1") == plain)
    #expect(try proxy(["https_proxy": "p.example:3128/"], "https://api.openai.com/v1") == plain)
    #expect(try proxy(["HTTPS_PROXY": "http://p.example"], "https://x.example")?.port == 80)
    #expect(try proxy(["HTTP_PROXY": "http://p.example:3128"], "https://x.example") == nil)
    #expect(try proxy(environment, "http://127.0.0.1:80") == nil)
    #expect(try proxy(environment, "https://localhost") == nil)
    for exceptions in ["openai.com", ".openai.com", "*.openai.com", "a, api.openai.com:443", "*"] {
      let all = environment.merging(["NO_PROXY": exceptions]) { $1 }
      #expect(try proxy(all, "https://api.openai.com/v1") == nil, "\(exceptions)")
    }
    for exceptions in ["penai.com", "api.openai.com:444", "openai.com.example", ",", "."] {
      let all = environment.merging(["no_proxy": exceptions]) { $1 }
      #expect(try proxy(all, "https://api.openai.com/v1") == plain, "\(exceptions)")
    }
    for text in ["socks5://p.example", "https://p.example", "http://p.example/path", "http://a b"] {
      let error = #expect(throws: QrrotError.self) {
        try proxy(["HTTPS_PROXY": text], "https://x.example")
      }
      #expect(error?.code == .syntax)
    }
    let secret = ProxySettings(environment: ["HTTPS_PROXY": "http://u:p%40ss:w@p.example"])
    #expect(secret.password == "p@ss:w")
  }
}
