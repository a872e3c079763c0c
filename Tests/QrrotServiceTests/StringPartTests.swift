import QrrotTesting
import Testing

/// MGET and its like, and what reads or changes a part.
@Suite("Many strings, and parts of strings")
struct StringPartTests {
  @Test("MGET, MSET, MSETNX")
  func many() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MSET a 1 b 2 c x
      +OK
      > MGET a b c d
      *4
      $1
      1
      $1
      2
      $1
      x
      $-1
      > MSETNX a 1 e 2
      :0
      > EXISTS e
      :0
      > MSETNX e 1 f 2
      :1
      > MGET e f
      *2
      $1
      1
      $1
      2
      > MSET a
      -ERR wrong number of arguments for 'mset' command
      > MSET a 1 b
      -ERR wrong number of arguments for 'mset' command
      > MSETNX a 1 b
      -ERR wrong number of arguments for 'msetnx' command
      > MSET a 1 a 2
      +OK
      > GET a
      $1
      2
      > MGET
      -ERR wrong number of arguments for 'mget' command
      > MSETNX z 1 z 2
      :1
      > GET z
      $1
      2
      """#)
  }

  @Test("APPEND, STRLEN, GETRANGE, SETRANGE, SUBSTR")
  func parts() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > APPEND k hello
      :5
      > APPEND k ' world'
      :11
      > STRLEN k
      :11
      > STRLEN none
      :0
      > GETRANGE k 0 4
      $5
      hello
      > GETRANGE k -5 -1
      $5
      world
      > GETRANGE k 0 -1
      $11
      hello world
      > GETRANGE k 20 30
      $0

      > GETRANGE k 5 2
      $0

      > GETRANGE k -1 -5
      $0

      > GETRANGE k -100 2
      $3
      hel
      > GETRANGE k -3 100
      $3
      rld
      > GETRANGE k 0 -100
      $1
      h
      > GETRANGE k -100 -99
      $1
      h
      > GETRANGE k a 1
      -ERR value is not an integer or out of range
      > GETRANGE none 0 -1
      $0

      > SUBSTR k 1 3
      $3
      ell
      > SETRANGE k 6 there
      :11
      > GET k
      $11
      hello there
      > SETRANGE k 20 x
      :21
      > GET k
      $21
      hello there\x00\x00\x00\x00\x00\x00\x00\x00\x00x
      > SETRANGE none 0 ''
      :0
      > EXISTS none
      :0
      > SETRANGE none 5 ''
      :0
      > SETRANGE none 3 ab
      :5
      > GET none
      $5
      \x00\x00\x00ab
      > SETRANGE k -1 x
      -ERR offset is out of range
      > SETRANGE k 536870912 x
      -ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k 9223372036854775807 x
      -ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k a x
      -ERR value is not an integer or out of range
      > SET n 100
      +OK
      > GETRANGE n 1 1
      $1
      0
      > SETRANGE n 1 5
      :3
      > GET n
      $3
      150
      > APPEND e ''
      :0
      > EXISTS e
      :1
      > STRLEN e
      :0
      """#)
  }
}
