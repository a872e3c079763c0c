import QrrotWire
import Testing

@Suite("What a connection speaks")
struct FirstByteTests {
  private func lines(_ text: String) -> [RequestReading.Item] {
    RequestReading(text).items
  }

  private func line(_ text: String) -> RequestReading.Item { .line(Array(text.utf8)) }

  @Test("plain lines are handed over whole, without their end")
  func plain() {
    #expect(
      lines("get k\r\nput k \"a b\"\n\n# é\n  *2\nrest")
        == [line("get k"), line("put k \"a b\""), line(""), line("# é"), line("  *2")])
  }

  @Test("the first byte holds for the whole connection")
  func firstByte() {
    #expect(lines("size\n*1\r\n$4\r\nPING\r\n") == ["size", "*1", "$4", "PING"].map(line))
    #expect(lines("*0\r\nsize\n") == [.command([Array("size".utf8)])])
  }

  @Test("every first byte decides at once")
  func everyByte() throws {
    for byte in UInt8.min...UInt8.max {
      var reader = RequestReader()
      var bytes = [byte]
      _ = try? bytes.withUnsafeMutableBytes { try reader.next($0) }
      let control = byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte) || byte == 0x7F
      let expected: RequestReader.Kind? =
        byte == 0x16 ? nil : control || byte == 0x2A || byte == 0x24 ? .resp : .lines
      #expect(reader.kind == expected, "byte \(byte)")
    }
  }

  @Test("a TLS handshake ends the connection at its first byte, without an answer")
  func tls() {
    #expect(RequestReading([0x16]).error == .tls)
    #expect(RequestReading([0x16, 0x03, 0x01]).error == .tls)
    var reply: [UInt8] = []
    ProtocolError.tls.appendReply(to: &reply)
    #expect(reply.isEmpty)
  }

  @Test(
    "a line of HTTP ends the connection, and nothing behind it is a command",
    arguments: [
      "GET / HTTP/1.1", "get / HTTP/1.0", "FOO /x HTTP/2.0 ", "POST /", "post /", "HEAD",
      "OPTIONS *",
      "CONNECT a:1", "DELETE /x", "PATCH /x", "PRI * HTTP/2.0", "Host: localhost", "host: x",
      " \tPOST /", "POST\t/", "HTTP/1.1",
    ])
  func http(_ text: String) {
    #expect(lines(text + "\r\nput k v\r\n") == [.error(.http)])
    #expect(lines(text + "\nput k v\n") == [.error(.http)])
    #expect(lines("size\n" + text + "\r\nput k v\r\n") == [line("size"), .error(.http)])
  }

  @Test(
    "a line that only resembles HTTP is a line",
    arguments: [
      "post1 x", "put POST x", "Host :", "Hosts: x", "get HTTP/1.1x", "get HTTP/1", "get HTTP/11",
      "get http/1.1", "TTP/1.1", "PRIX", "OPTIONSX", "put k \"HTTP/1.1\"", "(OST /", "p\u{F}st",
    ])
  func noHTTP(_ text: String) {
    #expect(lines(text + "\r\n") == [line(text)])
  }

  @Test("a plain line has at most 1 MiB; the refusal is one line of text")
  func longLine() {
    let text = String(repeating: "x", count: 1 << 20)
    #expect(lines(text + "\r\n") == [line(text)])
    #expect(lines(text + "\n") == [line(text)])
    #expect(RequestReading(text + "\r").error == nil)
    #expect(RequestReading(text + "x").error == .lineTooLong(limit: 1 << 20))
    var reply: [UInt8] = []
    ProtocolError.lineTooLong(limit: 1 << 20).appendReply(to: &reply)
    #expect(
      String(decoding: reply, as: UTF8.self)
        == "error[too-large]: a line over the network has at most 1048576 bytes; closing the connection\n"
    )
  }
}
