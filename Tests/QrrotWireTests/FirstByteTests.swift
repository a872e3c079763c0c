import QrrotWire
import Testing

/// Which language a connection speaks. The first byte alone once decided it; then `nc` and `PING` got the
/// error of a language that has no such word.
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

  @Test("blank lines in front decide nothing, and ask for nothing")
  func blankLines() {
    #expect(lines("\n\r\n\rsize\n\n") == [line("size"), line("")])
    #expect(lines("\r\n*1\r\n$4\r\nPING\r\n") == [.command([Array("PING".utf8)])])
    #expect(lines("\n\u{16}") == [.error(.tls)])
  }

  /// Reads as a server does whose Redis has the words PING and EXEC.
  private func served(_ text: String) -> [RequestReading.Item] {
    RequestReading(text, isInlineWord: Self.isInlineWord).items
  }

  private static let isInlineWord: @Sendable (UnsafeRawBufferPointer) -> Bool = { word in
    ["ping", "exec"].contains(String(decoding: word, as: UTF8.self).lowercased())
  }

  @Test("a first line whose word only Redis has is an inline command, and so are those behind it")
  func inlineWord() {
    let ping = RequestReading.Item.command([Array("PING".utf8)])
    #expect(served("PING\r\nsize\n") == [ping, .command([Array("size".utf8)])])
    #expect(served("\r\nPING\r\n") == [ping])
    #expect(served("PING\t'a b'\n") == [.command([Array("PING".utf8), Array("a b".utf8)])])
    #expect(served("size\nPING\n") == [line("size"), line("PING")])
    #expect(served("PINGS\n") == [line("PINGS")])
    #expect(served(" PING\n") == [line(" PING")])
    let long = String(repeating: "x", count: 40)
    #expect(served(long + "\n") == [line(long)])
  }

  @Test("a first word that is not whole decides nothing")
  func openWord() {
    var reader = RequestReader(isInlineWord: Self.isInlineWord)
    for (text, kind) in [("P", nil), ("PING", nil), ("PING ", RequestReader.Kind.resp)] {
      var bytes = Array(text.utf8)
      _ = try? bytes.withUnsafeMutableBytes { try reader.next($0) }
      #expect(reader.kind == kind, "\(text)")
    }
  }

  @Test("HTTP ends the connection in inline commands too, whatever its method is")
  func inlineHTTP() {
    #expect(served("PING / HTTP/1.1\r\nput k v\r\n") == [.error(.http)])
    #expect(served("PING\r\nHost: x\r\n").last == .error(.http))
    #expect(lines("*0\r\nPOST /\r\n") == [.error(.http)])
  }

  @Test("every first byte that begins no blank line decides at once")
  func everyByte() throws {
    for byte in UInt8.min...UInt8.max {
      var reader = RequestReader()
      var bytes = [byte]
      _ = try? bytes.withUnsafeMutableBytes { try reader.next($0) }
      let control = byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte) || byte == 0x7F
      let expected: RequestReader.Kind? =
        [0x16, 0x0A, 0x0D].contains(byte)
        ? nil : control || byte == 0x2A || byte == 0x24 ? .resp : .lines
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
