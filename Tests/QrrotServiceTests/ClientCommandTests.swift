import QrrotCore
import QrrotService
import QrrotTesting
import Testing

@Suite("CLIENT")
struct ClientCommandTests {
  @Test("SETNAME, SETINFO and what others see of a client")
  func list() throws {
    let clock = TestClock()
    let service = Talk.service(clock: clock)
    let one = try #require(Talk(service))
    clock.advance(milliseconds: 2_500)
    let two = try #require(Talk(service, address: "127.0.0.1:50002"))
    #expect(one("CLIENT", "ID") == ":1")
    #expect(two("CLIENT", "ID") == ":2")
    #expect(one("CLIENT", "SETNAME", "first") == "+OK")
    #expect(one("CLIENT", "SETINFO", "LIB-NAME", "redis-py") == "+OK")
    #expect(one("CLIENT", "SETINFO", "lib-ver", "5.0") == "+OK")
    #expect(one("CLIENT", "SETINFO", "lib-foo", "x") == "-ERR Unrecognized option 'lib-foo'")
    #expect(
      one("CLIENT", "SETINFO", "lib-name", "a b")
        == "-ERR lib-name cannot contain spaces, newlines or special characters.")
    let lines = two("CLIENT", "LIST").split(separator: "\n").dropFirst()
    #expect(
      lines.first
        == "id=1 addr=127.0.0.1:50001 laddr=127.0.0.1:7379 fd=-1 name=first age=2 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=client|setinfo user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0 watch=0"
    )
    #expect(lines.count == 2 && lines.last?.contains(" cmd=client|list ") == true)
    #expect(two("CLIENT", "LIST", "ID", "2", "9").contains("id=2 "))
    #expect(!two("CLIENT", "LIST", "ID", "2").contains("id=1 "))
    #expect(one("CLIENT", "INFO").contains("id=1 "))
    #expect(two("CLIENT", "LIST", "TYPE", "normal").split(separator: "\n").count == 3)
  }

  @Test("flags, queued commands, watched keys, the version and the last command are shown")
  func states() throws {
    let service = Talk.service()
    let one = try #require(Talk(service))
    let two = try #require(Talk(service))
    func line() -> String { two("CLIENT", "LIST", "ID", "1") }
    #expect(line().contains(" cmd=NULL "))
    _ = one("HELLO", "3")
    _ = one("WATCH", "a", "b")
    _ = one("MULTI")
    _ = one("GET", "a")
    #expect(line().contains(" flags=x ") && line().contains(" multi=1 "))
    #expect(line().contains(" resp=3 ") && line().contains(" watch=2"))
    #expect(line().contains(" cmd=get "))
    _ = one("DISCARD")
    #expect(line().contains(" multi=-1 ") && line().contains(" watch=0"))
    _ = one("MONITOR")
    _ = one("CLIENT", "NO-EVICT", "ON")
    #expect(line().contains(" flags=Oe "))
    _ = one("RESET")
    #expect(line().contains(" flags=e ") && line().contains(" resp=2 "))
  }

  @Test("KILL closes those who are meant, oneself last and with an answer")
  func kill() throws {
    let service = Talk.service()
    let talks = try (1...4).map { try #require(Talk(service, address: "127.0.0.1:\(50_000 + $0)")) }
    #expect(talks[0]("CLIENT", "KILL", "127.0.0.1:50002") == "+OK")
    #expect(talks[1].isClosed && !talks[2].isClosed)
    #expect(talks[0]("CLIENT", "KILL", "ID", "3") == ":1")
    #expect(talks[2].isClosed && !talks[3].isClosed)
    #expect(talks[0]("CLIENT", "KILL", "ID", "1") == ":0")
    #expect(talks[0].ending == nil)
    #expect(talks[0]("CLIENT", "KILL", "TYPE", "normal", "ADDR", "127.0.0.1:50004") == ":1")
    #expect(talks[3].isClosed)
    #expect(talks[0]("CLIENT", "KILL", "ID", "1", "SKIPME", "no") == ":1")
    #expect(talks[0].ending == .quit && !talks[0].isClosed)
  }

  @Test("KILL by the own address answers, too, before the connection is closed")
  func killSelf() throws {
    let talk = try #require(Talk())
    #expect(talk("CLIENT", "KILL", "127.0.0.1:50001") == "+OK")
    #expect(talk.ending == .quit)
  }

  @Test("REPLY OFF, SKIP and ON")
  func reply() throws {
    let talk = try #require(Talk())
    #expect(talk("CLIENT", "REPLY", "OFF") == "")
    #expect(talk("SET", "k", "1") == "")
    #expect(talk("NOPE") == "")
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("GET", "k") == "")
    #expect(talk("CLIENT", "REPLY", "ON") == "+OK")
    #expect(talk("GET", "k") == "$1\n1")
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("INCR", "k") == "")
    #expect(talk("GET", "k") == "$1\n2")
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("INCR", "k") == "")
    #expect(talk("INCR", "k") == ":4")
    #expect(talk("CLIENT", "REPLY", "SKIP") == "")
    #expect(talk("CLIENT", "REPLY", "ON") == "+OK")
    #expect(talk("CLIENT", "REPLY", "FOO") == "-ERR syntax error")
  }

  /// The array that EXEC announces would have had one reply less.
  @Test("REPLY is refused in a transaction")
  func replyInMulti() throws {
    let talk = try #require(Talk())
    _ = talk("MULTI")
    #expect(talk("CLIENT", "REPLY", "OFF") == "-ERR Command not allowed inside a transaction")
    #expect(talk("EXEC") == "-EXECABORT Transaction discarded because of previous errors.")
  }

  @Test("what is not sent is not counted as replies either")
  func quietCount() throws {
    let talk = try #require(Talk())
    _ = talk("CLIENT", "REPLY", "OFF")
    _ = talk("PING")
    #expect(talk.replyCount == 0)
  }

  @Test("HELP lists what there is")
  func help() throws {
    let talk = try #require(Talk())
    let lines = talk("CLIENT", "HELP").split(separator: "\n")
    #expect(lines[1] == "+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
    #expect(
      lines.contains("+SETNAME <name>") && lines.suffix(2) == ["+HELP", "+    Prints this help."])
    #expect(lines.first == "*\(lines.count - 1)")
    #expect(talk("CONFIG", "HELP").contains("\n+GET <pattern>\n"))
    #expect(talk("COMMAND", "HELP").contains("\n+(no subcommand)\n"))
  }

  @Test("NO-TOUCH is taken, for clients that give it")
  func noTouch() throws {
    let talk = try #require(Talk())
    #expect(talk("CLIENT", "NO-TOUCH", "on") == "+OK")
    #expect(talk("CLIENT", "NO-TOUCH", "maybe") == "-ERR syntax error")
  }
}
