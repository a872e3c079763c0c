import QrrotTesting
import Testing

/// Keys, whatever they hold.
@Suite("Keys")
struct KeyCommandTests {
  @Test("DEL, UNLINK, EXISTS, TOUCH")
  func removing() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MSET a 1 b 2 c 3
      +OK
      > DEL a a x
      :1
      > UNLINK b x
      :1
      > EXISTS c c x
      :2
      > TOUCH c c x
      :2
      > DBSIZE
      :1
      > DEL
      -ERR wrong number of arguments for 'del' command
      > EXISTS
      -ERR wrong number of arguments for 'exists' command
      """#)
  }

  @Test("TYPE")
  func types() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET a 1
      +OK
      > SET b x
      +OK
      > TYPE a
      +string
      > TYPE b
      +string
      > TYPE none
      +none
      > TYPE
      -ERR wrong number of arguments for 'type' command
      > TYPE a b
      -ERR wrong number of arguments for 'type' command
      """#)
  }

  @Test("KEYS")
  func listing() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MSET foo_a 1
      +OK
      > KEYS *
      *1
      $5
      foo_a
      > KEYS foo*
      *1
      $5
      foo_a
      > KEYS foo?a
      *1
      $5
      foo_a
      > KEYS 'foo[^b]a'
      *1
      $5
      foo_a
      > KEYS 'foo[a-z_]a'
      *1
      $5
      foo_a
      > KEYS 'foo[a-z]a'
      *0
      > KEYS 'f\oo_a'
      *1
      $5
      foo_a
      > KEYS b*
      *0
      > KEYS
      -ERR wrong number of arguments for 'keys' command
      > KEYS 'foo[_a'
      *0
      > KEYS '[f'
      *0
      > KEYS '*a*a*'
      *0
      > KEYS ''
      *0
      """#)
  }

  @Test("SCAN")
  func scanning() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET a 1
      +OK
      > SCAN 0
      *2
      $1
      0
      *1
      $1
      a
      > SCAN 0 MATCH b*
      *2
      $1
      0
      *0
      > SCAN 0 COUNT 100
      *2
      $1
      0
      *1
      $1
      a
      > SCAN 0 TYPE string
      *2
      $1
      0
      *1
      $1
      a
      > SCAN 0 TYPE list
      *2
      $1
      0
      *0
      > SCAN 0 MATCH a* COUNT 5 TYPE string
      *2
      $1
      0
      *1
      $1
      a
      > SCAN a
      -ERR invalid cursor
      > SCAN 0 COUNT 0
      -ERR syntax error
      > SCAN 0 COUNT a
      -ERR value is not an integer or out of range
      > SCAN 0 COUNT -1
      -ERR syntax error
      > SCAN 0 FOO
      -ERR syntax error
      > SCAN 0 COUNT
      -ERR syntax error
      > SCAN 0 FOO x
      -ERR syntax error
      > SCAN
      -ERR wrong number of arguments for 'scan' command
      """#)
  }

  @Test("RENAME, RENAMENX")
  func renaming() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > RENAME none x
      -ERR no such key
      > SET a 1
      +OK
      > RENAME a b
      +OK
      > GET b
      $1
      1
      > RENAME b b
      +OK
      > SET c 2
      +OK
      > RENAMENX b c
      :0
      > RENAMENX b d
      :1
      > EXISTS b
      :0
      > RENAMENX none x
      -ERR no such key
      > RENAMENX d d
      :0
      > RENAMENX none none
      -ERR no such key
      > SET e 1 EX 100
      +OK
      > RENAME e f
      +OK
      > TTL f
      :100
      > SET g 2
      +OK
      > RENAME f g
      +OK
      > TTL g
      :100
      > SET h 5
      +OK
      > RENAME h g
      +OK
      > TTL g
      :-1
      """#)
  }

  @Test("COPY")
  func copying() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET a 1 EX 100
      +OK
      > COPY a b
      :1
      > GET b
      $1
      1
      > TTL b
      :100
      > COPY a b
      :0
      > COPY a b REPLACE
      :1
      > COPY none c
      :0
      > COPY a a
      -ERR source and destination objects are the same
      > COPY a c DB 0
      :1
      > COPY a c DB x
      -ERR value is not an integer or out of range
      > COPY a c FOO
      -ERR syntax error
      > COPY a c DB
      -ERR syntax error
      > COPY none none
      -ERR source and destination objects are the same
      > COPY a d DB 0 REPLACE
      :1
      > COPY a
      -ERR wrong number of arguments for 'copy' command
      """#)
  }

  @Test("FLUSHALL, FLUSHDB, DBSIZE, RANDOMKEY")
  func emptying() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > RANDOMKEY
      $-1
      > SET a 1
      +OK
      > RANDOMKEY
      $1
      a
      > DBSIZE
      :1
      > FLUSHDB
      +OK
      > DBSIZE
      :0
      > SET a 1
      +OK
      > FLUSHALL ASYNC
      +OK
      > DBSIZE
      :0
      > FLUSHALL SYNC
      +OK
      > FLUSHALL FOO
      -ERR syntax error
      > FLUSHDB ASYNC SYNC
      -ERR syntax error
      > DBSIZE x
      -ERR wrong number of arguments for 'dbsize' command
      """#)
  }
}
