import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

/// What those who run a server are told of its clients.
@Suite("What a service tells its journal")
struct JournalTests {
  /// Keeps events as text.
  private final class Notes: ServiceJournal {
    let lines = Guarded<[String]>([])

    func note(_ event: ServiceEvent) { lines.withLock { $0.append("\(event)") } }
  }

  private func talk(_ notes: Notes) throws -> Talk {
    var configuration = ServiceConfiguration()
    configuration.password = Array("secret".utf8)
    return try #require(
      Talk(Service(engine: LocalEngine(), configuration: configuration, journal: notes)))
  }

  @Test("who has removed everything is told")
  func removals() throws {
    let notes = Notes()
    let talk = try talk(notes)
    _ = talk("AUTH", "secret")
    let before = notes.lines.value.count
    for command in [["FLUSHALL"], ["FLUSHDB", "ASYNC"], ["QRROT", "clear"], ["FLUSHALL", "x"]] {
      _ = talk(command)
    }
    let lines = notes.lines.value.dropFirst(before)
    #expect(lines.count == 3 && lines.allSatisfy { $0.contains("127.0.0.1:50001") })
    for (line, word) in zip(lines, ["flushall", "flushdb", "clear"]) {
      #expect(line.contains(word))
    }
  }

  @Test("commands of those who run the server are told with who gave them, what tools ask is not")
  func adminCommands() throws {
    let notes = Notes()
    let talk = try talk(notes)
    _ = talk("SAVE")
    #expect(notes.lines.value.isEmpty, "nobody has logged in")
    _ = talk("AUTH", "secret")
    for command in [
      ["SAVE"], ["CONFIG", "SET", "maxmemory", "secret"], ["CLIENT", "KILL", "ID", "9"],
      ["MONITOR"],
      ["CONFIG", "GET", "*"], ["CLIENT", "LIST"], ["CLIENT", "ID"], ["INFO"],
      ["SET", "k", "secret"],
    ] {
      _ = talk(command)
    }
    let lines = notes.lines.value.dropFirst()
    #expect(lines.count == 4 && lines.allSatisfy { $0.contains("127.0.0.1:50001") })
    for (line, name) in zip(lines, ["save", "config|set", "client|kill", "monitor"]) {
      #expect(line.contains("adminCommand") && line.contains("\"\(name)\""), "\(line)")
    }
    #expect(!lines.contains { $0.contains("secret") || $0.contains("maxmemory") })
  }

  @Test("logging in is told, and failing to, never with the password")
  func logins() throws {
    let notes = Notes()
    let talk = try talk(notes)
    _ = talk("AUTH", "wrong")
    _ = talk("AUTH", "secret")
    _ = talk.raw("*x\r\n")
    let lines = notes.lines.value
    #expect(lines.count == 3)
    #expect(lines[0].contains("loginFailed") && lines[1].contains("loggedIn"))
    #expect(lines[2].contains("protocolFault") && lines[2].contains("invalid multibulk length"))
    #expect(!lines.contains { $0.contains("secret") || $0.contains("wrong") })
  }
}
