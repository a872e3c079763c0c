import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@Suite("Plain lines and QRROT over the network")
struct PlainLineTests {
  @Test("each line has its reply in text form; a list ends with an empty line")
  func lines() throws {
    let talk = try #require(Talk())
    #expect(talk.raw("put a 1\n") == "OK")
    #expect(talk.raw("put b \"x y\"\r\nget b\r\n") == "OK\n\"x y\"")
    #expect(talk.raw("keys\n") == "a\nb\n")
    #expect(Talk.text(talk.send("keys z*\n".utf8)) == "")
    #expect(talk.send("keys z*\n".utf8) == [0x0A])
    #expect(talk.raw("all\n") == "a int 1\nb string \"x y\"\n")
    #expect(talk.raw("# a comment\n\n") == "")
    #expect(talk.raw("nope\n").hasPrefix("error[unknown-command]: "))
    #expect(talk.raw("get\n").hasPrefix("error[arity]: "))
    #expect(talk.raw("incr b\n").hasPrefix("error[type]: "))
    #expect(talk.raw("put a \"x\n").hasPrefix("error[syntax]: "))
    #expect(talk.raw("size\n") == "2")
  }

  @Test("what is a word of the shell, and two commands in a line, are refused")
  func refused() throws {
    let talk = try #require(Talk())
    for word in ["ask who", "save", "source f", "exit", "help"] {
      #expect(talk.raw(word + "\n").hasPrefix("error[refused]: "), "\(word)")
    }
    #expect(talk.raw("import x.csv\n").hasPrefix("error[refused]: "))
  }

  @Test("begin, commit, rollback and undo are each client's own")
  func transactions() throws {
    let service = Talk.service()
    let (one, two) = (try #require(Talk(service)), try #require(Talk(service)))
    #expect(one.raw("begin\nput k 1\nget k\n") == "OK\nOK\n1")
    #expect(two.raw("get k\n") == "(nil)")
    #expect(one.raw("commit\n") == "OK")
    #expect(two.raw("get k\nput k 2\n") == "1\nOK")
    #expect(one.raw("undo\n").hasPrefix("error[conflict]: "))
    #expect(two.raw("undo\nget k\n") == "k int 1\n\n1")
    #expect(two.raw("undo\n").hasPrefix("error[refused]: "))
  }

  @Test("what a client can undo and has staged counts as memory of clients, and is given back")
  func keptMemory() throws {
    let service = Talk.service(memoryLimit: 12 << 20)
    let value = String(repeating: "v", count: 600_000)
    let before = service.clientByteCount
    func write(_ talk: Talk) -> [String] {
      (0..<30).map { talk.raw("put k\($0 % 2) n\($0)\(value)\n") }
    }
    do {
      let talk = try #require(Talk(service))
      let replies = write(talk)
      #expect(replies.first == "OK" && replies.last?.hasPrefix("error[too-large]: ") == true)
      #expect(service.clientByteCount > before + (4 << 20))
      #expect(talk.raw("get none\nsize\n") == "(nil)\n2")
    }
    #expect(service.clientByteCount == before)
    let talk = try #require(Talk(service))
    #expect(talk("QRROT", "begin") == "+OK")
    let replies = (0..<30).map { talk("QRROT", "put s\($0) \(value)") }
    #expect(replies.first == "+OK" && replies.last?.hasPrefix("-TOO-LARGE ") == true)
    #expect(service.clientByteCount > before + (4 << 20))
    #expect(talk("RESET") == "+RESET")
    #expect(service.clientByteCount == before)
  }

  @Test("a line of more than 1 MiB ends the connection")
  func long() throws {
    let talk = try #require(Talk())
    #expect(
      talk.raw("put k " + String(repeating: "x", count: 1 << 20) + "\n")
        == "error[too-large]: a line over the network has at most 1048576 bytes; closing the connection"
    )
    #expect(talk.ending != nil)
  }

  @Test(
    "HTTP and TLS end the connection without a word",
    arguments: ["GET / HTTP/1.1\r\n", "\u{16}\u{3}"])
  func foreign(_ text: String) throws {
    let talk = try #require(Talk())
    #expect(talk.raw(text + "put k v\r\n") == "")
    #expect(talk.ending != nil)
    #expect(talk.service.engine.lastCommit == 0)
  }

  @Test("a first word that only Redis has makes it inline commands")
  func inline() throws {
    let talk = try #require(Talk())
    #expect(talk.raw("PING\r\n") == "+PONG")
    #expect(talk.raw("SET k 'a b'\r\nget k\r\n") == "+OK\n$3\na b")
    #expect(talk.raw("SET \"k\r\n") == "-ERR Protocol error: unbalanced quotes in request")
    #expect(talk.ending != nil)
    let other = try #require(Talk())
    #expect(other.raw("\r\nkeys\nPING\n").hasPrefix("\nerror[unknown-command]: "))
  }

  @Test("QRROT answers in Redis' types, in both versions")
  func qrrot() throws {
    let talk = try #require(Talk())
    #expect(talk("QRROT", "put a 1") == "+OK")
    #expect(talk("QRROT", "put", "j", #"{"x":[1,2]}"#) == "+OK")
    #expect(talk("QRROT", "get a") == ":1")
    #expect(talk("QRROT", "get j $.x") == "$5\n[1,2]")
    #expect(talk("QRROT", "get none") == "$-1")
    #expect(talk("QRROT", "keys") == "*2\n$1\na\n$1\nj")
    #expect(talk("QRROT", "all a") == "*1\n*3\n$1\na\n$3\nint\n:1")
    #expect(talk("QRROT", "# nothing") == "$-1")
    #expect(talk("QRROT", "nope").hasPrefix("-UNKNOWN-COMMAND "))
    #expect(talk("QRROT", "incr j").hasPrefix("-TYPE "))
    #expect(talk("QRROT", "save").hasPrefix("-REFUSED "))
    #expect(talk("QRROT") == "-ERR wrong number of arguments for 'qrrot' command")
    _ = talk("HELLO", "3")
    #expect(
      talk("QRROT", "all a") == "*1\n%3\n$3\nkey\n$1\na\n$4\ntype\n$3\nint\n$5\nvalue\n:1")
    #expect(talk("QRROT", "get none") == "_")
  }

  @Test("QRROT in MULTI, and undo of what it did")
  func qrrotInMulti() throws {
    let talk = try #require(Talk())
    #expect(talk("QRROT", "put k 1") == "+OK")
    #expect(talk("MULTI") == "+OK")
    #expect(talk("QRROT", "incr k 5") == "+QUEUED")
    #expect(talk("INCR", "k") == "+QUEUED")
    #expect(talk("QRROT", "get none") == "+QUEUED")
    #expect(talk("EXEC") == "*3\n:6\n:7\n$-1")
    #expect(talk("GET", "k") == "$1\n7")
    #expect(talk("QRROT", "undo") == "*1\n*3\n$1\nk\n$3\nint\n:1")
  }
}
