import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotRemote

/// What is said first, and whom one may find in the place of Redis.
@Suite("The beginning of a connection to Redis")
struct RedisGreetingTests {
  private func refusal(
    _ url: String, _ change: (inout RedisOptions) -> Void = { _ in }
  ) -> QrrotError? {
    do throws(QrrotError) {
      _ = try connect(url, change)
      return nil
    } catch {
      return error
    }
  }

  @Test("version 3: who is there and what it can do")
  func version3() async throws {
    let server = try await ScriptedRedis { words, _ in
      words == ["HELLO", "3", "AUTH", "ivan", "geheim", "SETNAME", "qrrot"] || words[0] != "HELLO"
        ? .ordinary : "-ERR not what was expected\r\n"
    }
    let nodes = try connect("redis://ivan@127.0.0.1:\(server.port)/3") {
      $0.password = Array("geheim".utf8)
    }
    let facts = nodes.facts
    #expect(facts.version == "7.0.15" && facts.product == "redis" && !facts.isCluster)
    #expect(!facts.hasJSON && facts.hasDeadlines)
    // The server lives in 2001.
    let serverTime: Int64 = facts.clockOffset + ServerClock.here
    #expect((999_999_900_000...1_000_000_100_000).contains(serverTime))
    #expect(server.requests.map(\.words) == [["SELECT", "3"]])
    nodes.close()
    await server.stop()
  }

  /// Once that was hidden together with the secret.
  @Test("a password that stands in the error's own words does not hide what it is about")
  func secretInSentence() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "HELLO"
        ? "-WRONGPASS invalid username-password pair or user is disabled.\r\n" : .ordinary
    }
    for secret in ["password", "user", "rd", "W"] {
      let error = refusal(server.url) { $0.password = Array(secret.utf8) }
      #expect(error?.code == .auth, "\(secret)")
    }
    await server.stop()
  }

  @Test("a server that does not know HELLO is spoken to in version 2")
  func version2() async throws {
    let server = try await ScriptedRedis { words, _ in
      switch words[0] {
      case "HELLO": "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, \r\n"
      case "INFO": "$44\r\nredis_version:5.0.7\r\nredis_mode:standalone\r\n\r\n"
      case "COMMAND": "*2\r\n*-1\r\n*-1\r\n"
      case "GET": "$-1\r\n"
      default: .ordinary
      }
    }
    let nodes = try connect(server.url) { $0.password = Array("geheim".utf8) }
    #expect(nodes.facts.version == "5.0.7" && !nodes.facts.hasDeadlines)
    #expect(server.requests.map(\.words) == [["AUTH", "geheim"], ["CLIENT", "SETNAME", "qrrot"]])
    #expect(nodes.outcome(batch("GET a")).values == ["null"])
    nodes.close()
    await server.stop()
  }

  @Test(
    "what a server says instead",
    arguments: [
      (
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n", .auth,
        "wrong password"
      ),
      (
        "-NOAUTH HELLO must be called with the client already authenticated\r\n", .auth,
        "wants a password"
      ),
      ("-ERR max number of clients reached\r\n", .network, "as many clients as it takes"),
      ("-DENIED Redis is running in protected mode because\r\n", .auth, "protected mode"),
      (
        "HTTP/1.1 400 Bad Request\r\n\r\n", .network,
        "is a web server, not a Redis or Valkey server"
      ),
      ("\u{15}\u{3}\u{1}\0\u{2}\u{2}F", .network, "speaks TLS; connect to rediss://"),
      ("220 mail.example ESMTP\r\n", .network, "is not a Redis or Valkey server; it says"),
      ("$99999999999\r\n", .network, "is not a Redis or Valkey server; it says"),
      ("you say geheim\r\n", .network, "it says \"what it was sent\""),
      ("-ERR unknown user ivan with geheim\r\n", .refused, "ERR (with what it was sent)"),
      ("", .network, "closed the connection before it answered; rediss://"),
    ] as [(String, QrrotError.Code, String)])
  func others(says: String, code: QrrotError.Code, sentence: String) async throws {
    let server = try await ScriptedRedis { _, _ in .sayAndClose(Array(says.utf8)) }
    let error = refusal("redis://ivan@127.0.0.1:\(server.port)") {
      $0.password = Array("geheim".utf8)
    }
    #expect(error?.code == code)
    let message = error?.message ?? "it works"
    #expect(message.contains(sentence), "\(message)")
    #expect(!message.contains("geheim") && !message.contains("ivan"), "\(message)")
    await server.stop()
  }

  @Test("nobody, no such host, silence")
  func nobody() async throws {
    let server = try await ScriptedRedis { _, _ in .nothing }
    let silent = refusal(server.url) { $0.connectMilliseconds = 100 }
    #expect(silent?.message.hasSuffix("in time") == true)
    let url = server.url
    await server.stop()
    #expect(refusal(url)?.message.hasPrefix("nobody listens at ") == true)
    #expect(refusal("redis://no-such-host.invalid")?.message.hasPrefix("there is no host") == true)
  }

  @Test("an error that was said before anything was asked is heard")
  func early() async throws {
    let line = RedisLine()
    let text = Array("-ERR max number of clients reached\r\n".utf8)
    #expect(line.deliver(try #require(RedisChunk(reading: text))))
    let mailbox = Mailbox<RedisLetter>()
    #expect(line.ask(mailbox, part: 7, count: 1))
    guard case .replies(let chunk, 0..<1, part: 7)? = mailbox.take(milliseconds: 0) else {
      Issue.record("nothing came")
      return
    }
    #expect(chunk[0].error?.hasPrefix("ERR max") == true)
    // But nothing else is.
    #expect(!RedisLine().deliver(try #require(RedisChunk(reading: Array("+OK\r\n".utf8)))))
    #expect(!line.deliver(chunk))
  }

  @Test("Ctrl-C ends an attempt to connect")
  func interrupt() async throws {
    let server = try await ScriptedRedis { _, _ in .nothing }
    let interrupt = Interrupt()
    interrupt.raise()
    let options = RedisOptions(try RedisAddress(server.url))
    #expect {
      try RedisNodes.connect(options, interrupt: interrupt)
    } throws: {
      ($0 as? QrrotError)?.code == .interrupted
    }
    await server.stop()
  }

  @Test(
    "error replies are sentences",
    arguments: [
      ("WRONGPASS x", .auth), ("NOAUTH x", .auth),
      ("NOPERM this user has no permissions", .refused),
      ("READONLY You can't write against a read only replica.", .readOnly), ("LOADING x", .busy),
      ("CLUSTERDOWN Hash slot not served", .network), ("OOM command not allowed", .tooLarge),
      ("WRONGTYPE Operation against a key", .type), ("MISCONF x", .io), ("BUSY x", .busy),
      ("NOREPLICAS Not enough good replicas to write.", .refused), ("CROSSSLOT x", .refused),
      ("ERR unknown command 'JSON.SET', with args", .refused), ("MASTERDOWN x", .network),
      ("EXECABORT x", .refused), ("MOVED 1 h:1", .network),
      ("ERR DB index is out of range", .refused),
      ("ERR something else", .refused), ("", .refused),
    ] as [(String, QrrotError.Code)])
  func sentences(text: String, code: QrrotError.Code) {
    let error = RedisError.sentence(text, name: "h:1")
    #expect(error.code == code)
    #expect(error.message.contains("h:1") || code == .type || text.hasPrefix("CROSSSLOT"))
  }
}
