import QrrotTesting
import Testing

/// When keys expire.
@Suite("Expiry over the network")
struct ExpiryCommandTests {
  @Test("EXPIRE and its like")
  func expire() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > EXPIRE none 10
      :0
      > SET k v
      +OK
      > EXPIRE k 100
      :1
      > TTL k
      :100
      > EXPIRE k 200 NX
      :0
      > EXPIRE k 200 XX
      :1
      > TTL k
      :200
      > EXPIRE k 100 GT
      :0
      > EXPIRE k 300 GT
      :1
      > EXPIRE k 400 LT
      :0
      > EXPIRE k 50 LT
      :1
      > TTL k
      :50
      > PERSIST k
      :1
      > PERSIST k
      :0
      > TTL k
      :-1
      > EXPIRE k 100 GT
      :0
      > EXPIRE k 100 XX
      :0
      > EXPIRE k 150 LT
      :1
      > TTL k
      :150
      > EXPIRE k 100 NX XX
      -ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE k 100 NX GT
      -ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE k 100 GT LT
      -ERR GT and LT options at the same time are not compatible
      > EXPIRE k 50 XX GT
      :0
      > EXPIRE k 200 XX GT
      :1
      > EXPIRE k 100 FOO
      -ERR Unsupported option FOO
      > EXPIRE k 100 NX FOO
      -ERR Unsupported option FOO
      > EXPIRE k a
      -ERR value is not an integer or out of range
      > EXPIRE k 100 100
      -ERR Unsupported option 100
      > EXPIRE k a FOO
      -ERR Unsupported option FOO
      > EXPIRE k a NX XX
      -ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE k
      -ERR wrong number of arguments for 'expire' command
      > PEXPIRE k 100000
      :1
      > TTL k
      :100
      > EXPIREAT k 9999999999
      :1
      > EXPIRETIME k
      :9999999999
      > PEXPIRETIME k
      :9999999999000
      > PEXPIREAT k 9999999999500
      :1
      > EXPIRETIME k
      :10000000000
      > PEXPIRETIME k
      :9999999999500
      > EXPIRE none a
      -ERR value is not an integer or out of range
      """#)
  }

  @Test("what is past goes at once")
  func past() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k v
      +OK
      > EXPIRE k 0
      :1
      > EXISTS k
      :0
      > SET k v
      +OK
      > EXPIRE k -1
      :1
      > EXISTS k
      :0
      > SET k v
      +OK
      > PEXPIREAT k 1
      :1
      > EXISTS k
      :0
      > SET k v
      +OK
      > EXPIREAT k -5
      :1
      > EXISTS k
      :0
      """#)
  }

  @Test("times that don't fit")
  func limits() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k v
      +OK
      > EXPIRE k 9223372036854775807
      -ERR invalid expire time in 'expire' command
      > EXPIRE k -9223372036854775807
      -ERR invalid expire time in 'expire' command
      > EXPIRE k 9223372036854775
      -ERR invalid expire time in 'expire' command
      > PEXPIRE k 9223372036854775807
      -ERR invalid expire time in 'pexpire' command
      > PEXPIRE k 9223372036854770000
      -ERR invalid expire time in 'pexpire' command
      > EXPIREAT k 9223372036854775807
      -ERR invalid expire time in 'expireat' command
      > EXPIREAT k 9223372036854775
      :1
      > PEXPIREAT k 9223372036854775807
      :1
      > PEXPIREAT k 9223372036854775808
      -ERR value is not an integer or out of range
      > EXPIRE none 9223372036854775807
      -ERR invalid expire time in 'expire' command
      """#)
  }

  @Test("TTL and its like")
  func asking() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > TTL none
      :-2
      > PTTL none
      :-2
      > EXPIRETIME none
      :-2
      > PEXPIRETIME none
      :-2
      > SET k v
      +OK
      > TTL k
      :-1
      > PTTL k
      :-1
      > EXPIRETIME k
      :-1
      > PEXPIRETIME k
      :-1
      > TTL
      -ERR wrong number of arguments for 'ttl' command
      > PERSIST none
      :0
      """#)
  }

  @Test("what keeps an expiry and what ends it")
  func keeping() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET k 1 EX 100
      +OK
      > INCR k
      :2
      > TTL k
      :100
      > APPEND k 5
      :2
      > TTL k
      :100
      > SETRANGE k 0 9
      :2
      > TTL k
      :100
      > INCRBYFLOAT k 1.5
      $4
      96.5
      > TTL k
      :100
      > GETSET k 5
      $4
      96.5
      > TTL k
      :-1
      > SET k 1 EX 100
      +OK
      > MSET k 2
      +OK
      > TTL k
      :-1
      """#)
  }
}
