import QrrotTesting
import Testing

/// Reading and writing strings.
@Suite("Strings")
struct StringCommandTests {
  @Test("SET and its options")
  func set() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k v
      +OK
      > GET k
      $1
      v
      > SET k w NX
      $-1
      > SET n w NX
      +OK
      > SET n x XX
      +OK
      > SET none x XX
      $-1
      > GET n
      $1
      x
      > SET k v EX 100
      +OK
      > TTL k
      :100
      > SET k v2 KEEPTTL
      +OK
      > TTL k
      :100
      > SET k v3
      +OK
      > TTL k
      :-1
      > SET k v PX 100000
      +OK
      > TTL k
      :100
      > SET k v EXAT 9999999999
      +OK
      > EXPIRETIME k
      :9999999999
      > SET k v PXAT 9999999999999
      +OK
      > PEXPIRETIME k
      :9999999999999
      > SET k v5 GET
      $1
      v
      > SET missing v GET
      $-1
      > SET k v NX GET
      $2
      v5
      > SET k2 v NX GET
      $-1
      > SET k9 v XX GET
      $-1
      > EXISTS k9
      :0
      """#)
  }

  @Test("what SET refuses")
  func setErrors() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k
      -ERR wrong number of arguments for 'set' command
      > SET k v EX
      -ERR syntax error
      > SET k v EX 0
      -ERR invalid expire time in 'set' command
      > SET k v EX -1
      -ERR invalid expire time in 'set' command
      > SET k v PX 0
      -ERR invalid expire time in 'set' command
      > SET k v EX a
      -ERR value is not an integer or out of range
      > SET k v EX 9223372036854775807
      -ERR invalid expire time in 'set' command
      > SET k v PX 9223372036854775807
      -ERR invalid expire time in 'set' command
      > SET k v EXAT 9223372036854775807
      -ERR invalid expire time in 'set' command
      > SET k v EXAT 0
      -ERR invalid expire time in 'set' command
      > SET k v NX XX
      -ERR syntax error
      > SET k v EX 1 PX 1
      -ERR syntax error
      > SET k v EX 1 KEEPTTL
      -ERR syntax error
      > SET k v KEEPTTL EX 1
      -ERR syntax error
      > SET k v FOO
      -ERR syntax error
      > SET k v EX 10 NX FOO
      -ERR syntax error
      > SET k v EX a FOO
      -ERR syntax error
      > SET k v NX NX
      +OK
      > SET k v GET GET
      $1
      v
      > SET k v EX 10 EX 20
      +OK
      > TTL k
      :20
      > SET k v EX 10 PX 20
      -ERR syntax error
      > SET k v EX a EX 20
      +OK
      > SET k v EX 20 EX a
      -ERR value is not an integer or out of range
      > SET k v EX 1 EX
      -ERR syntax error
      > SET k v KEEPTTL KEEPTTL
      +OK
      > DEL k
      :1
      > EXISTS k
      :0
      """#)
  }

  @Test("a time that is past takes the key away")
  func past() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k v
      +OK
      > SET k w PXAT 1
      +OK
      > EXISTS k
      :0
      > SET k v
      +OK
      > GETEX k PXAT 1
      $1
      v
      > EXISTS k
      :0
      """#)
  }

  @Test("GETSET, GETDEL, GETEX")
  func getset() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > GETSET k v
      $-1
      > GETSET k w
      $1
      v
      > GETDEL k
      $1
      w
      > GETDEL k
      $-1
      > SET k v EX 100
      +OK
      > GETSET k w
      $1
      v
      > TTL k
      :-1
      > GETEX k EX 50
      $1
      w
      > TTL k
      :50
      > GETEX k PERSIST
      $1
      w
      > TTL k
      :-1
      > GETEX k PX 100000
      $1
      w
      > GETEX k EXAT 9999999999
      $1
      w
      > EXPIRETIME k
      :9999999999
      > GETEX k
      $1
      w
      > GETEX none EX 5
      $-1
      > GETEX k EX 0
      -ERR invalid expire time in 'getex' command
      > GETEX k EX
      -ERR syntax error
      > GETEX k FOO
      -ERR syntax error
      > GETEX k EX 1 PERSIST
      -ERR syntax error
      > GETEX k EX a
      -ERR value is not an integer or out of range
      > GETEX k EX 5 EX 70
      $1
      w
      > TTL k
      :70
      > GETEX k EX 5 PX 70
      -ERR syntax error
      > GETEX k PERSIST PERSIST
      $1
      w
      > GETEX k PERSIST EX 5
      -ERR syntax error
      > GETEX none EX a
      $-1
      > GETDEL
      -ERR wrong number of arguments for 'getdel' command
      > GETEX
      -ERR wrong number of arguments for 'getex' command
      """#)
  }

  @Test("SETNX, SETEX, PSETEX")
  func setters() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SETNX k v
      :1
      > SETNX k w
      :0
      > GET k
      $1
      v
      > SETEX k 100 x
      +OK
      > TTL k
      :100
      > PSETEX k 100000 y
      +OK
      > TTL k
      :100
      > SETEX k 0 x
      -ERR invalid expire time in 'setex' command
      > SETEX k -1 x
      -ERR invalid expire time in 'setex' command
      > SETEX k a x
      -ERR value is not an integer or out of range
      > PSETEX k 0 x
      -ERR invalid expire time in 'psetex' command
      > SETEX k 9223372036854775807 x
      -ERR invalid expire time in 'setex' command
      > PSETEX k 9223372036854775807 x
      -ERR invalid expire time in 'psetex' command
      > SETEX k 1
      -ERR wrong number of arguments for 'setex' command
      """#)
  }
}
