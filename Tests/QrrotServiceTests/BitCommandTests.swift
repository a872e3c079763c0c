import QrrotTesting
import Testing

/// SETBIT, GETBIT, LCS.
@Suite("Bits and common sequences")
struct BitCommandTests {
  @Test("SETBIT and GETBIT")
  func bits() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SETBIT k 7 1
      :0
      > GETBIT k 7
      :1
      > GETBIT k 6
      :0
      > GETBIT k 100
      :0
      > STRLEN k
      :1
      > SETBIT k 7 0
      :1
      > SETBIT k 20 1
      :0
      > STRLEN k
      :3
      > GETBIT k 20
      :1
      > SET n 1
      +OK
      > GETBIT n 2
      :1
      > GETBIT n 3
      :1
      > SETBIT n 6 1
      :0
      > GET n
      $1
      3
      > SETBIT n 6 0
      :1
      > GET n
      $1
      1
      > GETBIT none 5
      :0
      > SETBIT new 3 0
      :0
      > STRLEN new
      :1
      > SETBIT k -1 1
      -ERR bit offset is not an integer or out of range
      > SETBIT k a 1
      -ERR bit offset is not an integer or out of range
      > SETBIT k 4294967296 1
      -ERR bit offset is not an integer or out of range
      > SETBIT k 1 2
      -ERR bit is not an integer or out of range
      > SETBIT k 1 a
      -ERR bit is not an integer or out of range
      > SETBIT k 1 -1
      -ERR bit is not an integer or out of range
      > SETBIT k a b
      -ERR bit offset is not an integer or out of range
      > GETBIT k -1
      -ERR bit offset is not an integer or out of range
      > GETBIT k 4294967296
      -ERR bit offset is not an integer or out of range
      > GETBIT k 4294967295
      :0
      > SETBIT k 1
      -ERR wrong number of arguments for 'setbit' command
      > SET e a EX 100
      +OK
      > SETBIT e 6 1
      :0
      > GET e
      $1
      c
      > TTL e
      :100
      """#)
  }

  @Test("LCS in its forms")
  func lcs() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > MSET a ohmytext b mynewtext
      +OK
      > LCS a b
      $6
      mytext
      > LCS a b LEN
      :6
      > LCS a b IDX
      *4
      $7
      matches
      *2
      *2
      *2
      :4
      :7
      *2
      :5
      :8
      *2
      *2
      :2
      :3
      *2
      :0
      :1
      $3
      len
      :6
      > LCS a b IDX MINMATCHLEN 4
      *4
      $7
      matches
      *1
      *2
      *2
      :4
      :7
      *2
      :5
      :8
      $3
      len
      :6
      > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
      *4
      $7
      matches
      *1
      *3
      *2
      :4
      :7
      *2
      :5
      :8
      :4
      $3
      len
      :6
      > LCS a b IDX WITHMATCHLEN
      *4
      $7
      matches
      *2
      *3
      *2
      :4
      :7
      *2
      :5
      :8
      :4
      *3
      *2
      :2
      :3
      *2
      :0
      :1
      :2
      $3
      len
      :6
      > LCS a b MINMATCHLEN 4
      $6
      mytext
      > LCS a b WITHMATCHLEN
      $6
      mytext
      > LCS a b LEN IDX
      -ERR If you want both the length and indexes, please just use IDX.
      > LCS a b FOO
      -ERR syntax error
      > LCS a b MINMATCHLEN
      -ERR syntax error
      > LCS a b MINMATCHLEN x
      -ERR value is not an integer or out of range
      > LCS a b IDX MINMATCHLEN -3
      *4
      $7
      matches
      *2
      *2
      *2
      :4
      :7
      *2
      :5
      :8
      *2
      *2
      :2
      :3
      *2
      :0
      :1
      $3
      len
      :6
      > LCS a none
      $0

      > LCS a none LEN
      :0
      > LCS none none IDX
      *4
      $7
      matches
      *0
      $3
      len
      :0
      > LCS a a IDX
      *4
      $7
      matches
      *1
      *2
      *2
      :0
      :7
      *2
      :0
      :7
      $3
      len
      :8
      > LCS a
      -ERR wrong number of arguments for 'lcs' command
      > MSET x abcabba y cbabac
      +OK
      > LCS x y
      $4
      cbba
      > LCS x y IDX WITHMATCHLEN
      *4
      $7
      matches
      *3
      *3
      *2
      :5
      :6
      *2
      :3
      :4
      :2
      *3
      *2
      :4
      :4
      *2
      :1
      :1
      :1
      *3
      *2
      :2
      :2
      *2
      :0
      :0
      :1
      $3
      len
      :4
      > SET x 1234512
      +OK
      > SET y 24513
      +OK
      > LCS x y
      $4
      2451
      > LCS x y IDX
      *4
      $7
      matches
      *2
      *2
      *2
      :3
      :5
      *2
      :1
      :3
      *2
      *2
      :1
      :1
      *2
      :0
      :0
      $3
      len
      :4
      """#)
  }
}
