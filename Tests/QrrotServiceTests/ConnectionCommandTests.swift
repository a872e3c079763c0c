import QrrotTesting
import Testing

/// The connection itself, and what errors say.
@Suite("Connections")
struct ConnectionCommandTests {
  @Test("PING, ECHO, SELECT, QUIT")
  func basics() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > PING
      +PONG
      > PING hello
      $5
      hello
      > PING a b
      -ERR wrong number of arguments for 'ping' command
      > ECHO x
      $1
      x
      > ECHO
      -ERR wrong number of arguments for 'echo' command
      > ECHO a b
      -ERR wrong number of arguments for 'echo' command
      > SELECT 0
      +OK
      > SELECT a
      -ERR value is not an integer or out of range
      > SELECT
      -ERR wrong number of arguments for 'select' command
      > AUTH
      -ERR wrong number of arguments for 'auth' command
      > AUTH a b c
      -ERR syntax error
      > AUTH x
      -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
      > AUTH default x
      +OK
      > AUTH foo x
      -WRONGPASS invalid username-password pair or user is disabled.
      > RESET
      +RESET
      > QUIT
      +OK
      """#)
  }

  @Test("what is no command")
  func unknown() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > FOO
      -ERR unknown command 'FOO', with args beginning with: 
      > FOO bar baz
      -ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' 
      > 'foo bar' x
      -ERR unknown command 'foo bar', with args beginning with: 'x' 
      > FOO 'a b'
      -ERR unknown command 'FOO', with args beginning with: 'a b' 
      > foobar aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccc ddd
      -ERR unknown command 'foobar', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' 
      > GET
      -ERR wrong number of arguments for 'get' command
      > get a b
      -ERR wrong number of arguments for 'get' command
      > SeT
      -ERR wrong number of arguments for 'set' command
      """#)
  }

  @Test("HELLO")
  func hello() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > HELLO x
      -ERR Protocol version is not an integer or out of range
      > HELLO 4
      -NOPROTO unsupported protocol version
      > HELLO 1
      -NOPROTO unsupported protocol version
      > HELLO 2 FOO
      -ERR Syntax error in HELLO option 'FOO'
      > HELLO 3 AUTH
      -ERR Syntax error in HELLO option 'AUTH'
      > HELLO 3 SETNAME
      -ERR Syntax error in HELLO option 'SETNAME'
      > HELLO 3 SETNAME 'a b'
      -ERR Client names cannot contain spaces, newlines or special characters.
      > HELLO 2 AUTH foo bar
      -WRONGPASS invalid username-password pair or user is disabled.
      > HELLO 9223372036854775808
      -ERR Protocol version is not an integer or out of range
      """#)
  }

  @Test("CLIENT, CONFIG and COMMAND without what they need")
  func help() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > CLIENT
      -ERR wrong number of arguments for 'client' command
      > CLIENT FOO
      -ERR unknown subcommand 'FOO'. Try CLIENT HELP.
      > CLIENT ID x
      -ERR wrong number of arguments for 'client|id' command
      > CLIENT GETNAME
      $-1
      > CLIENT SETNAME foo
      +OK
      > CLIENT GETNAME
      $3
      foo
      > CLIENT SETNAME 'a b'
      -ERR Client names cannot contain spaces, newlines or special characters.
      > CLIENT SETNAME ''
      +OK
      > CLIENT GETNAME
      $-1
      > CLIENT LIST TYPE foo
      -ERR Unknown client type 'foo'
      > CLIENT LIST TYPE master
      $0

      > CLIENT LIST ID a
      -ERR Invalid client ID
      > CLIENT LIST ID 77777
      $0

      > CLIENT LIST FOO
      -ERR syntax error
      > CLIENT LIST ID
      -ERR syntax error
      > CLIENT LIST TYPE
      -ERR syntax error
      > CLIENT KILL
      -ERR wrong number of arguments for 'client|kill' command
      > CLIENT KILL 1.2.3.4:5
      -ERR No such client
      > CLIENT KILL ID 99999
      :0
      > CLIENT KILL ID abc
      -ERR client-id should be greater than 0
      > CLIENT KILL ID 0
      -ERR client-id should be greater than 0
      > CLIENT KILL TYPE foo
      -ERR Unknown client type 'foo'
      > CLIENT KILL TYPE normal SKIPME foo
      -ERR syntax error
      > CLIENT KILL USER foo
      -ERR No such user 'foo'
      > CLIENT KILL USER default SKIPME yes
      :0
      > CLIENT KILL FOO bar
      -ERR syntax error
      > CLIENT KILL ADDR 1.2.3.4:5
      :0
      > CLIENT KILL LADDR 1.2.3.4:5
      :0
      > CLIENT KILL ID 3 ADDR
      -ERR syntax error
      > CLIENT NO-EVICT on
      +OK
      > CLIENT NO-EVICT off
      +OK
      > CLIENT NO-EVICT foo
      -ERR syntax error
      > CLIENT NO-EVICT
      -ERR wrong number of arguments for 'client|no-evict' command
      > CLIENT HELP x
      -ERR wrong number of arguments for 'client|help' command
      > CLIENT REPLY foo
      -ERR syntax error
      > CLIENT REPLY ON
      +OK
      > CONFIG
      -ERR wrong number of arguments for 'config' command
      > CONFIG GET
      -ERR wrong number of arguments for 'config|get' command
      > CONFIG GET nope
      *0
      > CONFIG FOO
      -ERR unknown subcommand 'FOO'. Try CONFIG HELP.
      > CONFIG SET a
      -ERR wrong number of arguments for 'config|set' command
      > CONFIG HELP x
      -ERR wrong number of arguments for 'config|help' command
      > CONFIG RESETSTAT x
      -ERR wrong number of arguments for 'config|resetstat' command
      > COMMAND COUNT x
      -ERR wrong number of arguments for 'command|count' command
      > COMMAND FOO
      -ERR unknown subcommand 'FOO'. Try COMMAND HELP.
      > COMMAND GETKEYS
      -ERR wrong number of arguments for 'command|getkeys' command
      > COMMAND GETKEYS nope a
      -ERR Invalid command specified
      > COMMAND GETKEYS ping a
      -ERR The command has no key arguments
      > COMMAND GETKEYS get a b
      -ERR Invalid number of arguments specified for command
      > COMMAND GETKEYS mset a b c d
      *2
      $1
      a
      $1
      c
      > COMMAND GETKEYS del a b c
      *3
      $1
      a
      $1
      b
      $1
      c
      > COMMAND GETKEYS client kill a
      -ERR The command has no key arguments
      > COMMAND LIST FOO
      -ERR syntax error
      > COMMAND LIST FILTERBY FOO x
      -ERR syntax error
      > COMMAND LIST FILTERBY MODULE foo
      *0
      > COMMAND LIST FILTERBY PATTERN 'getde*'
      *1
      $6
      getdel
      > COMMAND DOCS nope
      *0
      > COMMAND INFO nope
      *1
      $-1
      > COMMAND INFO client|nope
      *1
      $-1
      > SAVE x
      -ERR wrong number of arguments for 'save' command
      > BGSAVE foo
      -ERR syntax error
      > BGSAVE SCHEDULE x
      -ERR syntax error
      > LASTSAVE x
      -ERR wrong number of arguments for 'lastsave' command
      > TIME x
      -ERR wrong number of arguments for 'time' command
      > MONITOR x
      -ERR wrong number of arguments for 'monitor' command
      > INFO nope
      $0

      > INFO cluster
      $30
      # Cluster
      cluster_enabled:0

      > INFO CLUSTER nope
      $30
      # Cluster
      cluster_enabled:0

      """#)
  }
}
