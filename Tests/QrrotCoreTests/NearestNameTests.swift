import Testing

@testable import QrrotCore

/// "Did you mean": the commands that people mistype.
@Suite("The nearest name")
struct NearestNameTests {
  private static let commands = CommandName.allCases.map(\.text)

  @Test(
    "a slip of the fingers finds the command",
    arguments: [
      ("gett", "get"), ("gte", "get"), ("ge", "get"), ("PUTT", "put"), ("pt", "put"),
      ("dele", "del"),
      ("exsits", "exists"), ("exist", "exists"), ("key", "keys"), ("kyes", "keys"),
      ("incrr", "incr"),
      ("inc", "incr"), ("deccr", "decr"), ("siez", "size"), ("comit", "commit"),
      ("roll", "rollback"),
      ("rolback", "rollback"), ("begn", "begin"), ("unod", "undo"), ("hlep", "help"),
      ("outptu", "output"),
      ("quti", "quit"), ("exti", "exit"), ("histroy", "history"), ("claer", "clear"),
    ])
  func slips(typed: String, expected: String) {
    #expect(NearestName.nearest(to: typed.utf8, among: Self.commands) == expected)
  }

  @Test(
    "what is like no command finds none",
    arguments: [
      "", "x", "qq", "select", "insert", "xyzzy", "日本", String(repeating: "get", count: 20),
    ])
  func strangers(typed: String) {
    #expect(NearestName.nearest(to: typed.utf8, among: Self.commands) == nil)
  }

  @Test("every command is its own nearest name, and finds itself with two letters swapped")
  func swaps() {
    for name in Self.commands {
      #expect(NearestName.nearest(to: name.utf8, among: Self.commands) == name)
      guard name.count > 3 else { continue }
      var letters = Array(name.utf8)
      letters.swapAt(1, 2)
      #expect(NearestName.nearest(to: letters, among: Self.commands) == name)
    }
  }

  @Test("bytes that are not UTF-8 do no harm, and no candidates find none")
  func strangeInput() {
    #expect(NearestName.nearest(to: [0xFF, 0x00, 0x80], among: Self.commands) == nil)
    #expect(NearestName.nearest(to: "get".utf8, among: []) == nil)
  }
}
