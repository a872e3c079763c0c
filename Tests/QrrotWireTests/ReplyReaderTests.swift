import QrrotWire
import Testing

@Suite("Replies that are read")
struct ReplyReaderTests {
  typealias Part = ReplyReading.Part

  private func read(_ text: String, limits: ReplyLimits = .standard) -> ReplyReading {
    ReplyReading(text, limits: limits)
  }

  private func text(_ kind: ReplyNode.Kind, _ text: String) -> Part {
    .text(kind, Array(text.utf8))
  }

  @Test("every type of both versions is read")
  func types() {
    let reading = read(
      "+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n_\r\n#t\r\n#f\r\n,1.5e3\r\n,-inf\r\n,nan\r\n"
        + "(12345678901234567890\r\n=6\r\ntxt:hi\r\n!5\r\nERR x\r\n*0\r\n")
    #expect(reading.error == nil)
    #expect(
      reading.replies == [
        [text(.simple, "OK")], [text(.error, "ERR no")], [.integer(-7)], [text(.bulk, "a\r\nb")],
        [.null], [.null], [.null], [.boolean(true)], [.boolean(false)], [.double("1500.0")],
        [.double("-inf")], [.double("nan")], [text(.bigNumber, "12345678901234567890")],
        [text(.verbatim, "hi")], [text(.bulkError, "ERR x")], [.head(.array, 0)],
      ])
  }

  @Test("parts follow the head that they belong to")
  func aggregates() {
    let reading = read("%1\r\n+k\r\n*2\r\n:1\r\n~1\r\n_\r\n>1\r\n+x\r\n")
    #expect(
      reading.replies == [
        [
          .head(.map, 2), text(.simple, "k"), .head(.array, 2), .integer(1), .head(.set, 1), .null,
        ],
        [.head(.push, 1), text(.simple, "x")],
      ])
  }

  @Test("attributes are left out, wherever they stand")
  func attributes() {
    let reading = read(
      "|1\r\n+ttl\r\n*1\r\n:5\r\n*2\r\n|1\r\n+a\r\n|1\r\n+b\r\n+c\r\n+d\r\n:1\r\n|0\r\n:2\r\n")
    #expect(reading.error == nil)
    #expect(reading.replies == [[.head(.array, 2), .integer(1), .integer(2)]])
  }

  @Test(
    "damage is an error",
    arguments: [
      ("?x\r\n", .unknownType(0x3F)), ("\0", .unknownType(0)), (":\r\n", .invalidScalar),
      (":1x\r\n", .invalidScalar), (":9223372036854775808\r\n", .invalidScalar),
      ("_x\r\n", .invalidScalar), ("#x\r\n", .invalidScalar), (",1.\r\n", .invalidScalar),
      (",0x1\r\n", .invalidScalar), ("(1.5\r\n", .invalidScalar), ("(\r\n", .invalidScalar),
      ("$-2\r\n", .invalidLength), ("$x\r\n", .invalidLength), ("$?\r\n", .invalidLength),
      ("%-1\r\n", .invalidLength), ("*01\r\n", .invalidLength), ("=3\r\ntxt\r\n", .invalidLength),
      ("=4\r\ntxtx\r\n", .invalidLength), ("$1\r\nabc", .missingLineEnd),
      ("+a\nb", .missingLineEnd),
      ("+a\rb", .missingLineEnd), ("*2147483648\r\n", .tooManyNodes),
      ("%9223372036854775807\r\n", .tooManyNodes), ("$536870913\r\n", .invalidLength),
    ] as [(String, ReplyError)])
  func damage(_ text: String, _ error: ReplyError) {
    #expect(read(text).error == error)
    #expect(read("*2\r\n:1\r\n" + text).error == error)
    #expect(!error.message.isEmpty)
  }

  @Test("replies stand in one another as deep as the limit, without recursion")
  func depth() {
    let limits = ReplyLimits(depth: 100_000)
    let text = String(repeating: "*1\r\n", count: 100_000)
    let deep = read(text + "_\r\n", limits: limits)
    #expect(deep.error == nil && deep.replies.first?.count == 100_001)
    #expect(read(text + "*1\r\n", limits: limits).error == .tooDeep)
    #expect(read(text).error == .tooDeep)
  }

  @Test("a reply keeps to the limits of its size")
  func limits() {
    let limits = ReplyLimits(nodeCount: 4, bulkByteCount: 8, lineByteCount: 8, replyByteCount: 30)
    #expect(read("*3\r\n:1\r\n:2\r\n:3\r\n", limits: limits).replies.count == 1)
    #expect(read("*4\r\n", limits: limits).error == .tooManyNodes)
    #expect(read("*3\r\n|1\r\n", limits: limits).error == nil)
    #expect(read("|0\r\n|0\r\n|0\r\n|0\r\n|0\r\n", limits: limits).error == .tooManyNodes)
    #expect(read("$8\r\n12345678\r\n", limits: limits).replies.count == 1)
    #expect(read("$9\r\n", limits: limits).error == .invalidLength)
    #expect(read("+12345678\r\n", limits: limits).replies.count == 1)
    #expect(read("+123456789", limits: limits).error == .lineTooLong)
    let half = "*2\r\n$8\r\n12345678\r\n"
    #expect(read(half + "$6\r\n123456\r\n", limits: limits).replies.count == 1)
    #expect(read(half + "$7\r\n", limits: limits).error == .replyTooLong)
    #expect(read(half + "+1234567\r\n", limits: limits).replies.count == 1)
    #expect(read(half + "+12\r\n|0\r\n", limits: limits).replies.count == 1)
    #expect(read(half + "|0\r\n+123456\r\n", limits: limits).error == .replyTooLong)
  }

  @Test("what is declared and has not come takes no memory")
  func declared() throws {
    var reader = ReplyReader()
    let bytes = Array("*16000000\r\n$500000000\r\nabc".utf8)
    let count = try bytes.withUnsafeBytes { try reader.next($0) }
    #expect(count == nil && reader.nodes.capacity < 100)
  }
}
