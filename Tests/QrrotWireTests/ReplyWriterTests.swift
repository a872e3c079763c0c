import QrrotWire
import Testing

@Suite("Replies as bytes")
struct ReplyWriterTests {
  private func written(
    _ version: ReplyWriter.Version, _ body: (inout ReplyWriter) -> Void
  ) -> String {
    var writer = ReplyWriter(version: version)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func expect(
    _ version2: String, _ version3: String, location: SourceLocation = #_sourceLocation,
    _ body: (inout ReplyWriter) -> Void
  ) {
    #expect(written(.resp2, body) == version2, sourceLocation: location)
    #expect(written(.resp3, body) == version3, sourceLocation: location)
  }

  @Test("what both versions have is the same in both")
  func common() {
    expect("+OK\r\n", "+OK\r\n") { $0.simple("OK") }
    expect("-ERR no\r\n", "-ERR no\r\n") { $0.error("no") }
    expect("-WRONGTYPE no\r\n", "-WRONGTYPE no\r\n") { $0.error("no", code: "WRONGTYPE") }
    expect("$0\r\n\r\n", "$0\r\n\r\n") { $0.bulk("") }
    for count in 0...1_100 {
      let text = String(repeating: "x", count: count)
      let reply = "$\(count)\r\n\(text)\r\n"
      expect(reply, reply) { writer in Array(text.utf8).withUnsafeBytes { writer.bulk($0) } }
    }
    expect("$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n") { $0.bulk("a\r\nb") }
    expect("*2\r\n:1\r\n*0\r\n", "*2\r\n:1\r\n*0\r\n") {
      $0.array(count: 2)
      $0.integer(1)
      $0.array(count: 0)
    }
  }

  @Test(
    "integers are their digits",
    arguments: [0, 9, 10, -1, -10, 1_234_567_890, .max, .min] as [Int64])
  func integers(_ value: Int64) {
    expect(":\(value)\r\n", ":\(value)\r\n") { $0.integer(value) }
  }

  @Test("what version 2 has not got is written as Redis does")
  func version3() {
    expect("$-1\r\n", "_\r\n") { $0.null() }
    expect("*-1\r\n", "_\r\n") { $0.nullArray() }
    expect("*4\r\n", "%2\r\n") { $0.map(count: 2) }
    expect("*2\r\n", "~2\r\n") { $0.set(count: 2) }
    expect("*3\r\n", ">3\r\n") { $0.push(count: 3) }
    expect(":1\r\n:0\r\n", "#t\r\n#f\r\n") {
      $0.boolean(true)
      $0.boolean(false)
    }
    expect("$3\r\n1.5\r\n", ",1.5\r\n") { $0.double(1.5) }
    expect("$2\r\n10\r\n", ",10\r\n") { $0.double(10) }
    expect("$3\r\ninf\r\n", ",inf\r\n") { $0.double(.infinity) }
    expect("$4\r\n-inf\r\n", ",-inf\r\n") { $0.double(-.infinity) }
    expect("$3\r\nnan\r\n", ",nan\r\n") { $0.double(.nan) }
    expect("$20\r\n99999999999999999999\r\n", "(99999999999999999999\r\n") {
      $0.bigNumber("99999999999999999999")
    }
    expect("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n") { $0.verbatim("hi") }
    expect("$2\r\nhi\r\n", "=6\r\nmkd:hi\r\n") { $0.verbatim("hi", format: "mkd") }
  }

  @Test("a line break in an error or a line can't begin another reply")
  func lineBreaks() {
    expect("-ERR no  +OK  \r\n", "-ERR no  +OK  \r\n") { $0.error("no\r\n+OK\r\n") }
    expect("-E X a\r\n", "-E X a\r\n") { $0.error("a", code: "E\nX") }
    expect("+a b\r\n", "+a b\r\n") { $0.simple("a\nb") }
    // Swift takes both bytes for one character.
    expect("+a  b\r\n", "+a  b\r\n") { $0.simple("a\r\nb") }
  }

  @Test("replies follow one another in one buffer, which is filled without another one")
  func oneBuffer() {
    var writer = ReplyWriter()
    writer.bytes.reserveCapacity(100_000)
    let place = writer.bytes.withUnsafeBytes { $0.baseAddress }
    for index in 0..<500 {
      writer.integer(Int64(index) &* 1_000_003)
      writer.bulk(Array("some text".utf8))
      writer.error("none")
      writer.null()
    }
    #expect(writer.bytes.withUnsafeBytes { $0.baseAddress } == place)
    #expect(ReplyReading(writer.bytes).replies.count == 2_000)
  }
}
