import QrrotCore
import QrrotService
import QrrotTesting
import Testing

@Suite("Logging in")
struct LoginTests {
  private func talk() throws -> Talk { try #require(Talk(Talk.service(password: "secret"))) }

  @Test("without the password nothing is done but logging in")
  func locked() throws {
    let talk = try talk()
    #expect(!talk.isKnown)
    for command in [["GET", "k"], ["PING"], ["INFO"], ["MULTI"], ["COMMAND"], ["QRROT", "size"]] {
      #expect(talk(command) == "-NOAUTH Authentication required.", "\(command)")
    }
    #expect(
      talk("EXEC")
        == "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.")
    #expect(talk("FOO").hasPrefix("-ERR unknown command 'FOO'"))
    #expect(
      talk("HELLO")
        == "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
    )
    #expect(talk("AUTH", "secret") == "+OK")
    #expect(talk.isKnown)
    #expect(talk("PING") == "+PONG")
    #expect(talk("RESET") == "+RESET")
    #expect(talk("PING") == "-NOAUTH Authentication required.")
    #expect(talk("HELLO", "3", "AUTH", "default", "secret").hasPrefix("%7\n"))
    #expect(talk("PING") == "+PONG")
    #expect(talk("QUIT") == "+OK")
  }

  @Test(
    "a wrong password is told after a while, and of no use",
    arguments: ["", "secre", "secrets", "secretsecret", "Secret", "\0secret"])
  func wrong(_ password: String) throws {
    let talk = try talk()
    let error = "-WRONGPASS invalid username-password pair or user is disabled."
    #expect(talk("AUTH", password) == error)
    #expect(talk.delayMilliseconds == 500)
    #expect(talk("AUTH", "other", "secret") == error)
    #expect(talk("HELLO", "3", "AUTH", "default", password) == error)
    #expect(talk.delayMilliseconds == 1_500)
    #expect(talk("PING") == "-NOAUTH Authentication required.")
  }

  /// A transport stops reading while ``Conversation/isBlocked``. It was true, and stayed so, after a wrong
  /// password behind which nothing had come: nothing was ever read again.
  @Test("a delay with nothing behind it leaves nothing to come back to")
  func delayBlocksNothing() throws {
    let talk = try talk()
    let bytes = Talk.encoded([Array("AUTH".utf8), Array("x".utf8)])
    let done = talk.receiveOnce(bytes)
    #expect(done == bytes.count && talk.currentDelay == 500)
    #expect(!talk.isBlocked)
    talk.endDelay()
    #expect(talk("AUTH", "secret").hasSuffix("+OK"))
  }

  @Test("while an answer is held back nothing behind it is done")
  func delayed() throws {
    let talk = try talk()
    let bytes = ["x", "secret"].flatMap { password in
      Talk.encoded([Array("AUTH".utf8), Array(password.utf8)])
    }
    let done = talk.receiveOnce(bytes)
    #expect(done == bytes.count / 2 - 2 || done < bytes.count)
    #expect(talk.isBlocked && !talk.isKnown)
  }

  @Test("before the login a request has 10 words of 16 KiB; behind it, what Redis allows")
  func limits() throws {
    let error = "-ERR Protocol error: unauthenticated "
    let many = try talk()
    #expect(many.raw("*11\r\n") == error + "multibulk length")
    #expect(many.ending == .fault("Protocol error: unauthenticated multibulk length"))
    let long = try talk()
    #expect(long.raw("*2\r\n$4\r\nAUTH\r\n$16385\r\n") == error + "bulk length")
    let line = try talk()
    #expect(
      line.raw(String(repeating: "x", count: 16_387)).hasPrefix("error[too-large]: a line over"))
    let known = try talk()
    #expect(known("AUTH", "secret") == "+OK")
    let words = ["DEL"] + (0..<20).map { "k\($0)" }
    #expect(known(words) == ":0")
    #expect(known("SET", "k", String(repeating: "x", count: 20_000)) == "+OK")
    #expect(known("RESET") == "+RESET")
    #expect(known.raw("*11\r\n") == error + "multibulk length")
  }

  @Test("in plain lines, too, in quotes or without")
  func lines() throws {
    let talk = try talk()
    #expect(talk.raw("size\n") == "error[auth]: this server wants a password first: auth PASSWORD")
    #expect(talk.raw("\n  \n") == "")
    #expect(talk.raw("auth\n") == "error[arity]: usage: auth PASSWORD")
    #expect(talk.raw("auth wrong\n") == "error[auth]: wrong password")
    #expect(talk.delayMilliseconds == 500)
    #expect(talk.raw("AUTH 'secret'\r\n") == "OK")
    #expect(talk.raw("size\n") == "0")
    let open = try #require(Talk())
    #expect(
      open.raw("auth x\n") == "error[auth]: this server has no password, so there is none to give")
  }
}
