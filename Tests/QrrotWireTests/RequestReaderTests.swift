import QrrotTesting
import QrrotWire
import Testing

@Suite("Requests as arrays")
struct RequestReaderTests {
  private func texts(_ reading: RequestReading) -> [[String]] {
    reading.commands.map { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test("a command is its arguments, whatever bytes they hold")
  func command() {
    let text = "*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n"
    let reading = RequestReading(text)
    #expect(texts(reading) == [["SET", "\r\n", ""], ["PING"]])
    #expect(reading.error == nil && reading.byteCount == text.utf8.count)
  }

  @Test(
    "what asks for nothing is passed over", arguments: ["*0\r\n", "*-1\r\n", "*-10\r\n", "\r\n"])
  func nothing(_ text: String) {
    let reading = RequestReading("*1\r\n$1\r\na\r\n" + text + "*1\r\n$1\r\nb\r\n")
    #expect(texts(reading) == [["a"], ["b"]])
  }

  @Test("a command that is not complete takes nothing")
  func incomplete() {
    let bytes = Array("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".utf8)
    for count in 0..<bytes.count {
      #expect(RequestReading(Array(bytes[..<count])).byteCount == 0)
      #expect(RequestReading(Array(bytes[..<count])).items.isEmpty)
    }
  }

  @Test(
    "what is wrong has the words that Redis has for it",
    arguments: [
      ("*x\r\n", "invalid multibulk length"),
      ("*3000000000\r\n", "invalid multibulk length"),
      ("*01\r\n", "invalid multibulk length"),
      ("*\r\n", "invalid multibulk length"),
      ("*1\rx", "invalid multibulk length"),
      ("*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", "expected '$', got 'f'"),
      ("*1\r\n\rx", "expected '$', got ' '"),
      ("*1\r\n$-10\r\n", "invalid bulk length"),
      ("*1\r\n$2000000000\r\n", "invalid bulk length"),
      ("*1\r\n$blabla\r\n", "invalid bulk length"),
      ("*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
      ("*1\r\n$1\r\nabc", "invalid bulk length"),
      ("*1\r\n$1\r\na\rb", "invalid bulk length"),
      ("$3\r\nGET \"a\r\n", "unbalanced quotes in request"),
      ("\0" + "PING\r\n", "too big inline request"),
    ])
  func wrong(_ text: String, _ message: String) throws {
    // The first words may be a command already: the error is what comes last.
    let error = try #require(RequestReading(text).error)
    var reply: [UInt8] = []
    error.appendReply(to: &reply)
    #expect(String(decoding: reply, as: UTF8.self) == "-ERR Protocol error: \(message)\r\n")
  }

  @Test("a count or a length whose line does not end is refused after 64 KiB")
  func endlessNumber() {
    let zeros = String(repeating: "0", count: 64 << 10)
    #expect(RequestReading("*" + zeros.dropLast()).error == nil)
    #expect(RequestReading("*" + zeros).error == .countTooLong)
    #expect(RequestReading("*" + zeros + "\r\n").error == .countTooLong)
    #expect(RequestReading("*1\r\n$" + zeros.dropLast()).error == nil)
    #expect(RequestReading("*1\r\n$" + zeros).error == .lengthTooLong)
  }

  @Test("a byte that is no text comes back as it is")
  func rawByte() {
    var reply: [UInt8] = []
    ProtocolError.expectedBulk(0xFF).appendReply(to: &reply)
    #expect(
      reply == Array("-ERR Protocol error: expected '$', got '".utf8) + [0xFF] + Array("'\r\n".utf8)
    )
  }

  @Test("before the password there are ten arguments of 16 KiB, and the refusal says why")
  func beforeLogin() {
    let word = [UInt8](repeating: 0x61, count: 16 << 10)
    let most = RequestReading.encoded(Array(repeating: word, count: 10))
    #expect(RequestReading(most, limits: .beforeLogin).commands.count == 1)
    #expect(RequestReading("*11\r\n", limits: .beforeLogin).error == .countBeforeLogin)
    #expect(RequestReading("*1\r\n$16385\r\n", limits: .beforeLogin).error == .lengthBeforeLogin)
    let words = "$ 2 3 4 5 6 7 8 9 10"
    #expect(RequestReading(words + "\r\n", limits: .beforeLogin).commands.count == 1)
    #expect(RequestReading(words + " 11\r\n", limits: .beforeLogin).error == .countBeforeLogin)
  }

  @Test("arguments that are together too long are refused before they come")
  func longRequest() {
    let limits = RequestLimits(requestByteCount: 100)
    #expect(RequestReading("*2\r\n$1\r\na\r\n$90\r\n", limits: limits).error == .requestTooLong)
    #expect(RequestReading("*2\r\n$1\r\na\r\n$80\r\n", limits: limits).error == nil)
  }

  @Test("what is declared and has not come takes no memory")
  func declared() throws {
    var reader = RequestReader()
    var bytes = Array("*2147483647\r\n$536870912\r\nabc".utf8)
    let step = try bytes.withUnsafeMutableBytes { try reader.next($0) }
    #expect(step.outcome == .more && step.byteCount == 0)
    #expect(reader.arguments.capacity == 0)
  }

  @Test("room for very many arguments is given back")
  func room() throws {
    var reader = RequestReader()
    var bytes = RequestReading.encoded(Array(repeating: [0x61], count: 5_000))
    _ = try bytes.withUnsafeMutableBytes { try reader.next($0) }
    #expect(reader.arguments.count == 5_000)
    _ = try reader.next(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    #expect(reader.arguments.capacity == 0)
  }

  @Test("a warm reader allocates nothing: the arguments stay where they were")
  func warm() throws {
    var reader = RequestReader()
    var bytes = RequestReading.encoded([Array("GET".utf8), Array("k".utf8)])
    var places: Set<UnsafeRawPointer?> = []
    for _ in 0..<100 {
      _ = try bytes.withUnsafeMutableBytes { try reader.next($0) }
      reader.arguments.withUnsafeBytes { _ = places.insert($0.baseAddress) }
    }
    #expect(places.count == 1)
  }

  @Test("after an error there is nothing but the error")
  func final() {
    var reader = RequestReader()
    var bytes = Array("*x\r\n".utf8)
    var good = Array("*1\r\n$4\r\nPING\r\n".utf8)
    #expect(throws: ProtocolError.invalidCount) {
      try bytes.withUnsafeMutableBytes { try reader.next($0) }
    }
    #expect(throws: ProtocolError.invalidCount) {
      try good.withUnsafeMutableBytes { try reader.next($0) }
    }
  }
}
