import Foundation
import QrrotCore
import QrrotTesting
import Testing

/// What those see who run `qrrot serve`.
@Suite("qrrot serve")
struct ServeCommandTests {
  @Test("a database is served in both protocols, and what was written is there afterwards")
  func serves() throws {
    let folder = try Folder()
    let server = try ServedProgram(["data"], in: folder)
    #expect(try server.ask("SET a 1\r\nGET a\r\nQUIT\r\n") == "+OK\r\n$1\r\n1\r\n+OK\r\n")
    #expect(try server.ask("put b 'x y'\nget b\n") == "OK\n\"x y\"\n")
    #expect(server.stop().status == 0)
    #expect(try Program.run(["data", "-c", "get a\nget b"], in: folder).outputText == "1\nx y\n")
  }

  @Test("SIGTERM and SIGINT end it with 0, and clients have the replies to what they have sent")
  func signals() throws {
    for signal in [SIGTERM, SIGINT] {
      let folder = try Folder()
      let server = try ServedProgram(["data"], in: folder)
      let socket = try TestSocket(port: server.port)
      let count = 2_000
      try socket.send((0..<count).map { "SET k\($0) \($0)\r\n" }.joined())
      server.program.send(signal)
      let reply = try socket.readToEnd()
      #expect(reply == String(repeating: "+OK\r\n", count: count))
      let result = server.program.waitForEnd()
      #expect(result.status == 0)
      let log = result.errorText
      #expect(log.contains("event=stopping signal=\(signal == SIGTERM ? "SIGTERM" : "SIGINT")"))
      #expect(log.contains("event=stopped database=data"))
      #expect(try Program.run(["data", "-c", "size"], in: folder).outputText == "\(count)\n")
    }
  }

  @Test("clients that don't take their replies are cut off when the time is up")
  func drainTimeout() throws {
    let server = try ServedProgram(["--drain-timeout", "1"])
    let socket = try TestSocket(port: server.port, receiveByteCount: 4_096)
    try socket.send("SET a \(String(repeating: "v", count: 60_000))\r\n")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    try socket.send(String(repeating: "GET a\r\n", count: 500))
    let result = server.stop()
    #expect(result.status == 0)
    #expect(result.errorText.contains("event=clients-cut-off count=1"))
    socket.waitForEnd()
  }

  @Test("a second signal ends it at once")
  func secondSignal() throws {
    let server = try ServedProgram(["--drain-timeout", "3600"])
    let socket = try TestSocket(port: server.port, receiveByteCount: 4_096)
    try socket.send("SET a \(String(repeating: "v", count: 60_000))\r\n")
    #expect(try socket.readText(like: "+OK\r\n") == "+OK\r\n")
    try socket.send(String(repeating: "GET a\r\n", count: 500))
    server.program.send(SIGTERM)
    let patience = Patience()
    var isOver = false
    // One that comes right behind the first is the same wish; so it is sent until it is heard.
    while !isOver, !patience.isOver {
      Thread.sleep(forTimeInterval: 0.2)
      server.program.send(SIGTERM)
      isOver = server.program.hasEnded
    }
    let result = server.program.waitForEnd()
    #expect(result.status == 0)
    #expect(result.errorText.contains("event=stopping-at-once"))
  }

  @Test("SIGHUP opens the log file anew and ends nothing")
  func hangUp() throws {
    let folder = try Folder()
    let server = try ServedProgram(["--log-file", "log", "--log-level", "debug"], in: folder)
    let log = folder.url.appendingPathComponent("log")
    #expect(try permissions(of: log) == 0o600)
    try FileManager.default.moveItem(at: log, to: folder.url.appendingPathComponent("log.1"))
    server.program.send(SIGHUP)
    #expect(wait { (try? folder.read("log"))?.contains("event=log-reopened") == true })
    #expect(try server.ask("PING\r\n") == "+PONG\r\n")
    let result = server.stop()
    #expect(result.status == 0)
    #expect(result.errorText == "", "all of it goes to the file")
    #expect(try folder.read("log.1").contains("event=started"))
    #expect(!(try folder.read("log.1").contains("event=client-connected")))
    let rest = try folder.read("log")
    #expect(rest.contains("event=client-connected") && rest.contains("event=stopped"))
  }

  @Test("what stands in the place of the log file and is none is refused with 3")
  func logFiles() throws {
    let folder = try Folder()
    try folder.write("", to: "file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "file")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    for (name, words) in [
      ("link", "symbolic link"), ("pipe", "not a regular file"), ("no/where", "can't open"),
      (".", "can't open"),
    ] {
      let result = try Program.run(["serve", "--port", "0", "--log-file", name], in: folder)
      #expect(result.status == 3 && result.errorText.contains(words), "\(name)")
      #expect(result.outputText == "")
    }
  }

  @Test("the log is one line of JSON an event where that is asked for, and holds no control")
  func json() throws {
    let folder = try Folder()
    let server = try ServedProgram(
      ["--log-format", "json", "--log-level", "debug", "da\u{1B}[31m\nta"], in: folder)
    #expect(try server.ask("*1\r\n$-5\r\n").hasPrefix("-ERR Protocol error"))
    let result = server.stop()
    for line in result.errorLines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["time"] is String && object?["level"] is String)
      #expect(object?["event"] is String)
    }
    #expect(result.errorLines.count >= 5)
    #expect(!result.errors.contains(0x1B))
    #expect(result.errorText.contains(#""event":"protocol-fault""#))
  }

  @Test("wrong usage is told with 2, and nothing is served")
  func usage() throws {
    for (arguments, words) in [
      (["--port", "65536"], "from 0 to 65535"), (["--threads", "0"], "from 1 to 64"),
      (["--max-clients", "0"], "from 1 to"), (["--idle-timeout", "x"], "number of seconds"),
      (["--log-level", "loud"], "one of debug"), (["--log-format", "xml"], "logfmt, json"),
      (["--tls-cert", "c"], "go together"), (["--max-line", "12"], "a size"), (["a", "b"], "b"),
      (["--no-such"], "--no-such"),
      (["--max-reply-buffer", "2M", "--max-reply-memory", "1M"], "can't be more"),
    ] {
      let result = try Program.run(["serve"] + arguments)
      #expect(result.status == 2 && result.errorText.contains(words), "\(result.errorText)")
      #expect(result.outputText == "")
    }
  }

  @Test("settings come from flags, the environment and the file, in this order")
  func settings() throws {
    let folder = try Folder()
    let path = try folder.write(
      "max-clients = 7\nlog-level = debug\nlog-format = json\n", to: "config")
    let server = try ServedProgram(
      ["--config", path, "--log-level", "info"], environment: ["QRROT_LOG_FORMAT": "logfmt"])
    _ = try server.ask("PING\r\n")
    let log = server.stop().errorText
    #expect(log.contains("max-clients=7") && log.contains(" event=started "))
    #expect(!log.contains("client-connected"))
    for (name, value) in [("QRROT_PORT", "tcp://10.0.0.1:7379"), ("QRROT_INSECURE", "1")] {
      let result = try Program.run(["serve"], environment: [name: value])
      #expect(result.status == 2 && result.errorText.contains(name))
    }
    let shell = try Program.run(["--config", path, "-c", "size"])
    #expect(shell.status == 0, "the shell knows the server's settings and passes over them")
  }

  @Test("metrics and health are served on this machine alone; all else is 404")
  func metrics() throws {
    let folder = try Folder()
    let server = try ServedProgram(["--metrics-port", "0", "data"], in: folder)
    _ = try server.ask("SET a 1\r\nGET a\r\nGET b\r\nINCR a b\r\n")
    let text = try server.http("GET /metrics")
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    for line in [
      "qrrot_keys 1", "qrrot_commands_by_name_total{command=\"get\"} 2",
      "qrrot_keyspace_misses_total 1", "qrrot_errors_total 1", "qrrot_connections_total 1",
      "qrrot_writable 1", "qrrot_info{version=\"\(Version.current)\",policy=\"always\",",
    ] {
      #expect(text.contains("\n\(line)"), "\(line)")
    }
    #expect(try server.http("GET /health").hasSuffix("\r\n\r\nok\n"))
    #expect(try server.http("HEAD /metrics").hasSuffix("\r\n\r\n"))
    #expect(try server.http("GET /").hasPrefix("HTTP/1.1 404 "))
    #expect(try server.http("POST /metrics").hasPrefix("HTTP/1.1 405 "))
    #expect(server.stop().status == 0)
  }

  private func permissions(of file: URL) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
  }
}

/// Waits for something that has to come about.
func wait(until condition: () -> Bool) -> Bool {
  let patience = Patience()
  while !patience.isOver {
    if condition() { return true }
    Thread.sleep(forTimeInterval: 0.01)
  }
  return false
}
