import QrrotWire
import Testing

@Suite("Inline commands")
struct InlineCommandTests {
  /// Reads one inline command on a connection that speaks RESP.
  private func read(_ text: String) -> RequestReading { RequestReading("*0\r\n" + text) }

  @Test(
    "words stand between blanks, in quotes if they hold some",
    arguments: [
      ("PING\r\n", ["PING"]),
      ("PING\n", ["PING"]),
      ("  SET\tk   v  \r\n", ["SET", "k", "v"]),
      (#"SET "a b" 'c d'"# + "\r\n", ["SET", "a b", "c d"]),
      (#"SET "" ''"# + "\r\n", ["SET", "", ""]),
      (#"ECHO "\x41\n\r\t\b\a\"\\\q\xZ""# + "\r\n", ["ECHO", "A\n\r\t\u{8}\u{7}\"\\qxZ"]),
      (#"ECHO 'it\'s \n'"# + "\r\n", ["ECHO", #"it's \n"#]),
      (#"ECHO a"b c" d'e f'"# + "\r\n", ["ECHO", "ab c", "de f"]),
      ("ECHO a\rb\r\n", ["ECHO", "a", "b"]),
      ("ECHO a\u{B}b\r\n", ["ECHO", "a\u{B}b"]),
      (#"ECHO a\"b""# + "\r\n", ["ECHO", #"a\b"#]),
    ])
  func words(_ text: String, _ expected: [String]) {
    #expect(read(text).items == [.command(expected.map { Array($0.utf8) })])
  }

  @Test("bytes that are written as hexadecimal are any bytes")
  func hexadecimal() {
    #expect(
      read(#"ECHO "\x00\xff\xFE""# + "\n").commands == [[Array("ECHO".utf8), [0, 255, 254]]])
  }

  @Test(
    "a quote that does not close, or closes inside of a word, is an error",
    arguments: [
      #"SET "a"#, #"SET 'a"#, #"SET "a"b"#, #"SET 'a'b"#, #"SET "a\""#, #"SET 'a\'"#, #"SET "a\"#,
      #"set """test-key""" test-value"#,
    ])
  func unbalanced(_ text: String) {
    #expect(read(text + "\r\n").error == .unbalancedQuotes)
  }

  @Test("a blank line asks for nothing", arguments: ["\r\n", "\n", "  \t \r\n"])
  func blank(_ text: String) {
    let reading = read(text)
    #expect(reading.items.isEmpty && reading.byteCount == 4 + text.utf8.count)
  }

  @Test("an inline command has at most 64 KiB")
  func limit() {
    let word = String(repeating: "x", count: 64 << 10)
    #expect(read(word + "\n").commands.count == 1)
    #expect(read(word + "\r\n").commands.count == 1)
    #expect(read(word).error == nil)
    #expect(read(word + "\r").error == nil)
    #expect(read(word + "x").error == .inlineTooLong)
    #expect(read(word + "x\n").error == .inlineTooLong)
    #expect(read(word + "x\r\n").error == .inlineTooLong)
  }

  @Test("a line with a zero byte never ends for Redis, and here is an error at its end")
  func zero() {
    #expect(read("PING\0").error == nil)
    #expect(read("PING\0\r\n").error == .inlineTooLong)
  }
}
