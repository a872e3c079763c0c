import QrrotService
import QrrotTesting
import Testing

/// Transactions of one client; see the others for two.
@Suite("MULTI and WATCH")
struct TransactionCommandTests {
  @Test("MULTI, EXEC, DISCARD")
  func multi() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MULTI
      +OK
      > SET a 1
      +QUEUED
      > INCR a
      +QUEUED
      > GET a
      +QUEUED
      > EXEC
      *3
      +OK
      :2
      $1
      2
      > EXEC
      -ERR EXEC without MULTI
      > DISCARD
      -ERR DISCARD without MULTI
      > MULTI
      +OK
      > MULTI
      -ERR MULTI calls can not be nested
      > DISCARD
      +OK
      > MULTI
      +OK
      > EXEC
      *0
      > MULTI
      +OK
      > SET b 1
      +QUEUED
      > DISCARD
      +OK
      > EXISTS b
      :0
      > MULTI x
      -ERR wrong number of arguments for 'multi' command
      """#)
  }

  @Test("a command that fails while it is queued fails the transaction; later it does not")
  func failing() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MULTI
      +OK
      > SET a 1
      +QUEUED
      > FOO
      -ERR unknown command 'FOO', with args beginning with: 
      > EXEC
      -EXECABORT Transaction discarded because of previous errors.
      > EXISTS a
      :0
      > MULTI
      +OK
      > SET a
      -ERR wrong number of arguments for 'set' command
      > EXEC
      -EXECABORT Transaction discarded because of previous errors.
      > MULTI
      +OK
      > SET a abc
      +QUEUED
      > INCR a
      +QUEUED
      > SET b 1
      +QUEUED
      > EXEC
      *3
      +OK
      -ERR value is not an integer or out of range
      +OK
      > MGET a b
      *2
      $3
      abc
      $1
      1
      > MULTI
      +OK
      > CLIENT FOO
      -ERR unknown subcommand 'FOO'. Try CLIENT HELP.
      > EXEC
      -EXECABORT Transaction discarded because of previous errors.
      > MULTI
      +OK
      > WATCH a
      -ERR WATCH inside MULTI is not allowed
      > SET c 1
      +QUEUED
      > EXEC
      *1
      +OK
      > MULTI
      +OK
      > CONFIG GET
      -ERR wrong number of arguments for 'config|get' command
      > EXEC
      -EXECABORT Transaction discarded because of previous errors.
      > MULTI
      +OK
      > GET
      -ERR wrong number of arguments for 'get' command
      > DISCARD
      +OK
      > EXEC
      -ERR EXEC without MULTI
      """#)
  }

  @Test("EXEC with words too many ends the transaction")
  func execWords() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > EXEC x
      -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
      > MULTI
      +OK
      > SET a 1
      +QUEUED
      > EXEC x
      -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
      > EXEC
      -ERR EXEC without MULTI
      > EXISTS a
      :0
      """#)
  }

  @Test("a transaction of everything")
  func nested() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MULTI
      +OK
      > PING
      +QUEUED
      > ECHO x
      +QUEUED
      > SELECT 0
      +QUEUED
      > TYPE none
      +QUEUED
      > TTL none
      +QUEUED
      > DBSIZE
      +QUEUED
      > MGET a b
      +QUEUED
      > SET k v EX 0
      +QUEUED
      > EXPIRE k 5
      +QUEUED
      > UNWATCH
      +QUEUED
      > EXEC
      *10
      +PONG
      $1
      x
      +OK
      +none
      :-2
      :0
      *2
      $-1
      $-1
      -ERR invalid expire time in 'set' command
      :0
      +OK
      """#)
  }

  /// Nothing of the key had changed, so the transaction went through.
  @Test(
    "who watches a key is told of a write of the value that is there, as in Redis",
    arguments: [
      "SET a 30", "SET s text", "INCRBY a 0", "APPEND s ", "MSET s text other 1",
      "MULTI;SET s text;EXEC",
    ])
  func watchingTheSame(commands: String) throws {
    let service = Talk.service()
    let (one, two) = (try #require(Talk(service)), try #require(Talk(service)))
    #expect(one("MSET", "a", "30", "s", "text") == "+OK")
    #expect(one("WATCH", "a", "s") == "+OK")
    for command in commands.split(separator: ";") {
      let words = command.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      #expect(!two(words).hasPrefix("-"))
    }
    #expect(one("MULTI") == "+OK")
    #expect(one("PING") == "+QUEUED")
    #expect(one("EXEC") == "*-1")
    let lines = try #require(Talk(service))
    #expect(lines.raw("begin\nget s\n") == "OK\n\"text\"")
    let other = try #require(Talk(service))
    #expect(other.raw("put s text\nput s \"text\" \n") == "OK\nOK")
    #expect(lines.raw("put x 1\ncommit\n") == "OK\nOK", "in our language nothing has changed")
  }

  /// What came before the command without room was done.
  @Test("EXEC without memory for all of it does nothing")
  func outOfMemory() throws {
    let talk = try #require(Talk(Talk.service(memoryLimit: 2 << 20)))
    let big = String(repeating: "v", count: 1_400_000)
    #expect(talk("SET", "from", "100") == "+OK")
    #expect(talk("SET", "big", big) == "+OK")
    for last in [["SET", "to", big], ["QRROT", "put to \(big)"], ["COPY", "big", "to"]] {
      #expect(talk("MULTI") == "+OK")
      #expect(talk("DECRBY", "from", "10") == "+QUEUED")
      #expect(talk(last) == "+QUEUED")
      #expect(talk("PING") == "+QUEUED")
      #expect(talk("EXEC").hasPrefix("-EXECABORT Transaction discarded because of: OOM "))
      #expect(talk("GET", "from") == "$3\n100")
      #expect(talk("EXISTS", "to") == ":0")
    }
  }

  @Test("what can't be done between MULTI and EXEC is refused at once, and EXEC with it")
  func refusedAtOnce() throws {
    let talk = try #require(Talk())
    for line in ["begin", "commit", "rollback", "undo", "get", "nonsense"] {
      #expect(talk("MULTI") == "+OK")
      #expect(talk("QRROT", line).hasPrefix("-"), "\(line)")
      #expect(talk("SET", "a", "1") == "+QUEUED")
      #expect(talk("EXEC").hasPrefix("-EXECABORT "))
    }
    #expect(talk("EXISTS", "a") == ":0")
    let reader = try #require(Talk(Talk.service { $0.isReadOnly = true }))
    #expect(reader("MULTI") == "+OK")
    #expect(reader("SET", "a", "1").hasPrefix("-READONLY "))
    #expect(reader("EXEC").hasPrefix("-EXECABORT "))
  }

  @Test("in a transaction of our language DBSIZE and RANDOMKEY look at all keys")
  func looksAtAll() throws {
    let service = Talk.service()
    let (one, two) = (try #require(Talk(service)), try #require(Talk(service)))
    for (index, look) in ["DBSIZE", "RANDOMKEY"].enumerated() {
      #expect(one("QRROT", "begin") == "+OK")
      _ = one(look)
      #expect(two("SET", "new\(index)", "9") == "+OK")
      #expect(one("SET", "b", "1") == "+OK")
      #expect(one("QRROT", "commit").hasPrefix("-CONFLICT "), "\(look)")
    }
  }

  @Test("WATCH and UNWATCH")
  func watching() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > WATCH a
      +OK
      > SET a 1
      +OK
      > MULTI
      +OK
      > SET a 2
      +QUEUED
      > EXEC
      *-1
      > GET a
      $1
      1
      > WATCH a
      +OK
      > UNWATCH
      +OK
      > SET a 3
      +OK
      > MULTI
      +OK
      > GET a
      +QUEUED
      > EXEC
      *1
      $1
      3
      > WATCH a
      +OK
      > MULTI
      +OK
      > GET a
      +QUEUED
      > EXEC
      *1
      $1
      3
      > WATCH a
      +OK
      > SET a 4
      +OK
      > MULTI
      +OK
      > DISCARD
      +OK
      > MULTI
      +OK
      > GET a
      +QUEUED
      > EXEC
      *1
      $1
      4
      > WATCH
      -ERR wrong number of arguments for 'watch' command
      > UNWATCH x
      -ERR wrong number of arguments for 'unwatch' command
      > WATCH none
      +OK
      > MULTI
      +OK
      > PING
      +QUEUED
      > EXEC
      *1
      +PONG
      > WATCH none
      +OK
      > DEL none
      :0
      > MULTI
      +OK
      > PING
      +QUEUED
      > EXEC
      *1
      +PONG
      > WATCH x
      +OK
      > SET x 1
      +OK
      > DEL x
      :1
      > MULTI
      +OK
      > PING
      +QUEUED
      > EXEC
      *-1
      """#)
  }
}
