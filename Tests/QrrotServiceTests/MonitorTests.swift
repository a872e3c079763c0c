import QrrotService
import QrrotTesting
import Testing

@Suite("MONITOR")
struct MonitorTests {
  @Test("commands are shown as Redis shows them, those of a transaction when they are carried out")
  func lines() throws {
    let service = Talk.service()
    let monitor = try #require(Talk(service, address: "127.0.0.1:50009"))
    let talk = try #require(Talk(service))
    #expect(monitor("MONITOR") == "+OK")
    let head = "+1000000000.000025 [0 127.0.0.1:50001] "
    _ = talk.send(
      Talk.encoded([Array("SeT".utf8), Array("a\n\"\\".utf8) + [0, 0xFF, 0x7F, 9, 7, 8], [0x27]]))
    #expect(monitor.takePushed() == head + #""SeT" "a\n\"\\\x00\xff\x7f\t\a\b" "'""#)
    _ = talk("MULTI")
    _ = talk("GET", "a")
    _ = talk("NOPE")
    _ = talk("EXEC")
    #expect(monitor.takePushed() == head + "\"MULTI\"\n" + head + "\"EXEC\"")
    _ = talk("MULTI")
    _ = talk("GET", "a")
    _ = talk("EXEC")
    #expect(
      monitor.takePushed()
        == ["\"MULTI\"", "\"GET\" \"a\"", "\"EXEC\""].map { head + $0 }
        .joined(separator: "\n"))
    _ = talk("RESET")
    #expect(monitor.takePushed() == head + "\"RESET\"")
  }

  @Test("what is wrong, what is for those who run the server, and secrets are not shown")
  func hidden() throws {
    let service = Talk.service(password: "secret")
    let monitor = try #require(Talk(service, address: "127.0.0.1:50009"))
    #expect(monitor("AUTH", "secret") == "+OK")
    #expect(monitor("MONITOR") == "+OK")
    let talk = try #require(Talk(service))
    _ = talk("AUTH", "wrong")
    _ = talk("AUTH", "default", "secret")
    _ = talk("HELLO", "3", "AUTH", "default", "secret")
    _ = talk("QRROT", " auth secret")
    _ = talk("CONFIG", "SET", "requirepass", "secret")
    _ = talk("CLIENT", "KILL", "ID", "99")
    _ = talk("NOPE", "secret")
    _ = talk("GET")
    let shown = monitor.takePushed()
    #expect(!shown.contains("secret") && !shown.contains("wrong"))
    #expect(
      shown.split(separator: "\n").map { $0.dropFirst(39) } == [
        #""AUTH" "(redacted)""#, #""AUTH" "(redacted)" "(redacted)""#,
        #""HELLO" "(redacted)" "(redacted)" "(redacted)" "(redacted)""#, #""QRROT" "(redacted)""#,
      ])
  }

  @Test("plain lines are shown, logging in is not")
  func plainLines() throws {
    let service = Talk.service(password: "secret")
    let monitor = try #require(Talk(service, address: "127.0.0.1:50009"))
    _ = monitor("AUTH", "secret")
    _ = monitor("MONITOR")
    let talk = try #require(Talk(service))
    #expect(talk.raw("auth secret\nput k \"v w\"\n") == "OK\nOK")
    #expect(monitor.takePushed() == #"+1000000000.000025 [0 127.0.0.1:50001] "put k \"v w\"""#)
  }

  @Test("one who watches may go on giving commands, and RESET ends it")
  func ending() throws {
    let service = Talk.service()
    let monitor = try #require(Talk(service))
    let talk = try #require(Talk(service))
    #expect(monitor("MONITOR") == "+OK")
    #expect(monitor.client.mayBeSilent)
    #expect(monitor("PING") == "+PONG")
    #expect(monitor.takePushed().hasSuffix("\"PING\""))
    #expect(monitor("RESET") == "+RESET")
    _ = monitor.takePushed()
    _ = talk("PING")
    #expect(monitor.takePushed() == "" && !monitor.client.mayBeSilent)
    #expect(monitor("MULTI") == "+OK")
    #expect(monitor("MONITOR") == "-ERR Command not allowed inside a transaction")
  }
}
