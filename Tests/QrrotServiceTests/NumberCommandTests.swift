import QrrotTesting
import Testing

/// Counting, and what is a number to Redis.
@Suite("Numbers in strings")
struct NumberCommandTests {
  @Test("numbers are strings")
  func integers() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET n 10
      +OK
      > GET n
      $2
      10
      > TYPE n
      +string
      > STRLEN n
      :2
      > APPEND n 5
      :3
      > GET n
      $3
      105
      > INCR n
      :106
      > INCRBY n 10
      :116
      > DECR n
      :115
      > DECRBY n 200
      :-85
      > SET n 007
      +OK
      > INCR n
      -ERR value is not an integer or out of range
      > GET n
      $3
      007
      > SET n ' 1'
      +OK
      > INCR n
      -ERR value is not an integer or out of range
      > SET n 1.5
      +OK
      > INCR n
      -ERR value is not an integer or out of range
      > SET n -0
      +OK
      > INCR n
      -ERR value is not an integer or out of range
      > SET n 9223372036854775807
      +OK
      > INCR n
      -ERR increment or decrement would overflow
      > GET n
      $19
      9223372036854775807
      > DECRBY n -1
      -ERR increment or decrement would overflow
      > SET n -9223372036854775808
      +OK
      > DECR n
      -ERR increment or decrement would overflow
      > INCRBY n a
      -ERR value is not an integer or out of range
      > INCRBY n 9223372036854775808
      -ERR value is not an integer or out of range
      > DECRBY n -9223372036854775808
      -ERR decrement would overflow
      > INCRBY new 5
      :5
      > DECRBY new2 5
      :-5
      > SET n 0012
      +OK
      > GET n
      $4
      0012
      > SET n -5
      +OK
      > GETRANGE n 0 0
      $1
      -
      > SETRANGE n 0 7
      :2
      > GET n
      $2
      75
      """#)
  }

  @Test("INCRBYFLOAT")
  func floats() throws {
    let talk = try #require(Talk())
    talk.replay(
      #"""
      > SET f 10.50
      +OK
      > INCRBYFLOAT f 0.1
      $4
      10.6
      > INCRBYFLOAT f -5
      $3
      5.6
      > SET f 5.0e3
      +OK
      > INCRBYFLOAT f 2.0e2
      $4
      5200
      > INCRBYFLOAT f a
      -ERR value is not a valid float
      > INCRBYFLOAT f inf
      -ERR increment would produce NaN or Infinity
      > SET f abc
      +OK
      > INCRBYFLOAT f 1
      -ERR value is not a valid float
      > SET f 3
      +OK
      > INCRBYFLOAT f 1.1
      $3
      4.1
      > INCRBYFLOAT new 1.5
      $3
      1.5
      > GET new
      $3
      1.5
      > INCRBYFLOAT new 0.5
      $1
      2
      > GET new
      $1
      2
      > SET f 1e400
      +OK
      > INCRBYFLOAT f 1
      $401
      10000000000000000000281880683947586514586453433629052038625910693539685534008629862039363994848324160522094053927317616200295822777259255734023828976593340661017797447434546173917862448116674971723778943824391593338047470675026246684401359237513603830343735485505244955964979021825038280091068414947402456898653040951017512658092615827588920183472511643316591362664138176309734806343732497430221946880
      > SET f 0.1
      +OK
      > INCRBYFLOAT f 0.2
      $3
      0.3
      > INCRBYFLOAT f 1e-20
      $3
      0.3
      > SET f ''
      +OK
      > INCRBYFLOAT f 1
      -ERR value is not a valid float
      """#)
  }
}
