import QrrotCore
import QrrotService
import QrrotTesting
import Testing

@testable import QrrotServer

@Suite("Metrics", .ownThread)
struct MetricsTests {
  @Test("each number has its help and its kind, and labels are escaped")
  func text() {
    var text = MetricsText()
    text.add("a_total", .counter, "How many.", 7)
    text.add("b", .gauge, "By name.", by: "name", [("x\"y\\z\nw\u{1B}", 1), ("q", 2)])
    text.add("c", "What it is.", labels: [("v", "1.0"), ("p", "always")])
    #expect(
      text.bytes.text == #"""
        # HELP a_total How many.
        # TYPE a_total counter
        a_total 7
        # HELP b By name.
        # TYPE b gauge
        b{name="x\"y\\z\\nw\\x1B"} 1
        b{name="q"} 2
        # HELP c What it is.
        # TYPE c gauge
        c{v="1.0",p="always"} 1

        """#)
  }

  @Test("no name is there twice, and all are in the form that Prometheus reads")
  func form() async throws {
    let server = try await TestServer()
    let socket = try server.connect()
    try socket.send("SET a 1\r\nGET a\r\n")
    #expect(try socket.readText(like: "+OK\r\n$1\r\n1\r\n") == "+OK\r\n$1\r\n1\r\n")
    let text = server.server.metrics().text
    let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
    #expect(names.count > 20 && Set(names).count == names.count)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(
        line.wholeMatch(of: /[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-0-9.e]+/) != nil,
        "\(line)")
    }
    #expect(text.contains("\nqrrot_clients 1\n"))
    await server.stop()
  }

  @Test(
    "who is connected and says nothing does not keep others away for ever; there are 16 at most")
  func bounded() async throws {
    let source = MetricsServer.Source(metrics: { Array("x 1\n".utf8) }, illness: { "sick\n\u{1B}" })
    let server = try await MetricsServer(port: 0, source)
    let idle = try (0..<16).map { _ in try TestSocket(port: server.port) }
    // The next one is closed without a word, once all of them have been accepted.
    let next = try TestSocket(port: server.port)
    next.waitForEnd()
    idle[0].endSending()
    for socket in idle { socket.reset() }
    #expect(
      await eventually {
        let answer = try? Self.get(server.port, "/health")
        return answer?.hasPrefix("HTTP/1.1 503 ") == true
          && answer?.hasSuffix(#"sick\n\x1B"# + "\n") == true
      })
    #expect(try Self.get(server.port, "/metrics?x").hasSuffix("\r\n\r\nx 1\n"))
    await server.stop()
  }

  private static func get(_ port: Int, _ path: String) throws -> String {
    let socket = try TestSocket(port: port)
    try socket.send("GET \(path) HTTP/1.1\r\n\r\n")
    return try socket.readToEnd()
  }
}

@Suite("Addresses to listen on", .ownThread)
struct ListenAddressTests {
  @Test(
    "loopback is loopback, in every form",
    arguments: [
      ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("localhost", true),
      ("::ffff:127.0.0.1", true), ("0.0.0.0", false), ("::", false), ("192.0.2.1", false),
      ("::ffff:192.0.2.1", false),
    ])
  func loopback(host: String, isLoopback: Bool) throws {
    let address = try ListenAddress(host: host, port: 1)
    #expect(address.isLoopback == isLoopback)
    for (password, tls) in [(false, false), (true, false), (false, true), (true, true)] {
      let isAllowed = isLoopback || (password && tls)
      let error = Result { try address.requireProtection(hasPassword: password, hasTLS: tls) }
      #expect(((try? error.get()) != nil) == isAllowed)
    }
  }

  @Test("a server refuses by itself to listen where others can reach it")
  func server() async throws {
    var options = ServerOptions()
    options.host = "0.0.0.0"
    let error = await #expect(throws: QrrotError.self) { try await TestServer(options: options) }
    #expect(error?.code == .refused)
    options.allowsExposure = true
    let server = try await TestServer(options: options)
    #expect(!server.server.isProtected)
    await server.stop()
  }
}
