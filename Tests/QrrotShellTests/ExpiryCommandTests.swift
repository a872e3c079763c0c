import Foundation
import QrrotTesting
import Testing

/// The program and the clock on the wall.
@Suite("Expiry in the program", .serialized)
struct ExpiryCommandTests {
  @Test("a key vanishes after a second, from the prompt's replies and from the size")
  func vanishes() throws {
    let run = try RunningProgram([])
    run.write("put a 1\nput b 2\nexpire a 1\n")
    #expect(run.waitForOutput("OK\nOK\n1\n"))
    // What it answers before that depends on how busy the machine is; ExpiryTests has a clock of its own.
    Thread.sleep(forTimeInterval: 1.1)
    run.write("get a\nsize\nttl a\nall\n")
    #expect(run.waitForOutput("OK\nOK\n1\n\n1\n-2\nb\tint\t2\n"))
    run.closeInput()
    #expect(run.waitForEnd().status == 0)
  }

  @Test("a time goes on while the database is closed")
  func restart() throws {
    let folder = try Folder()
    func run(_ commands: String) throws -> [String] {
      let result = try Program.run(
        ["--output", "text", "db"], input: Array((commands + "\n").utf8), in: folder)
      #expect(result.status == 0)
      return result.outputLines.map(String.init)
    }
    let lines = try run("put a 1\nput b 2\nput c 3\nexpire a 2\nexpire b 5000")
    #expect(lines == ["OK", "OK", "OK", "1", "1"])
    Thread.sleep(forTimeInterval: 2.1)
    let after = try run("get a\nsize\nttl a\nkeys")
    #expect(after == ["(nil)", "2", "-2", "b", "c"])
    let left = try #require(Int(try run("ttl b")[0]))
    #expect(left > 4_000 && left < 5_000)
  }
}
