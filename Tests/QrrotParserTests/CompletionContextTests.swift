import QrrotCore
import Testing

@testable import QrrotParser

/// What could stand at the end of a line that is being typed.
@Suite("Completion contexts")
struct CompletionContextTests {
  private static let commands = CompletionContext.Expected.words(CommandName.allCases.map(\.text))

  private func context(_ text: String) -> CompletionContext { CompletionContext(text.utf8) }

  @Test("a line begins with a command")
  func names() {
    for (text, offset, content) in [
      ("", 0, ""), ("  ", 2, ""), ("pu", 0, "pu"), (" \tPU", 2, "PU"),
    ] {
      let context = context(text)
      #expect(context.expected == Self.commands, "\(text)")
      #expect(context.tokenOffset == offset, "\(text)")
      #expect(context.content == Array(content.utf8), "\(text)")
      #expect(context.quote == nil)
    }
    #expect(context("help ").expected == Self.commands)
    #expect(context("help pu").expected == Self.commands)
  }

  @Test("keys stand where keys and patterns are taken, with the blank before the cursor or not")
  func keys() {
    for text in [
      "get ", "get us", "GET us", "del a b us", "put us", "incr us", "keys us", "exists a us",
    ] {
      #expect(context(text).expected == .key, "\(text)")
    }
    for text in ["get a us", "put a us", "incr a 1", "size us", "type a us", "xyzzy us", "undo "] {
      #expect(context(text).expected == .nothing, "\(text)")
    }
    #expect(context("get").expected == Self.commands)
    #expect(context("get us").tokenOffset == 4)
    #expect(context("get us").content == Array("us".utf8))
  }

  @Test(
    "members stand behind the dots and brackets of a path",
    arguments: [
      ("get k $.", "$", 7, "", nil), ("get k $.na", "$", 7, "na", nil),
      ("GET k $.a.b.", "$.a.b", 11, "", nil), ("put k $.a[0].x", "$.a[0]", 12, "x", nil),
      ("del k $['", "$", 7, "", "'"), ("del k $['fi rst", "$", 7, "fi rst", "'"),
      ("del k $.a[\"q", "$.a", 9, "q", "\""), ("incr k $['a b'].", "$['a b']", 15, "", nil),
      ("decr k $[*].n", "$[*]", 11, "n", nil), ("get k $..na", "$..*", 8, "na", nil),
      ("get k $..['na", "$..*", 9, "na", "'"), ("get k $.l[?@.", "$.l[*]", 12, "", nil),
      ("get k $.l[?@.a > 1 && @.b", "$.l[*]", 23, "b", nil),
      ("get k $.l[?@ == $.m", "$", 17, "m", nil),
      ("get k $.l[?@.x == \"[\"].", "$.l[*]", 22, "", nil),
      ("get k $.l[?@.m[?@.", "$.l[*].m[*]", 17, "", nil), ("get k $['a','b", "$", 7, "b", "'"),
      ("get \"a b\" $.é", "$", 11, "é", nil),
    ] as [(String, String, Int, String, String?)])
  func members(text: String, container: String, offset: Int, name: String, quote: String?) throws {
    let context = context(text)
    guard case .memberOfKey(let key, let path) = context.expected else {
      Issue.record("\(text): \(context.expected)")
      return
    }
    #expect(key == Array((text.contains("\"a b\"") ? "a b" : "k").utf8))
    #expect(String(decoding: path.container, as: UTF8.self) == container)
    #expect(String(decoding: path.name, as: UTF8.self) == name)
    #expect(path.segmentOffset == offset && context.tokenOffset == offset)
    #expect(path.quote == quote?.utf8.first)
    #expect(throws: Never.self) { try JSONPath(path.container) }
  }

  @Test(
    "no members stand elsewhere",
    arguments: [
      "get k $", "get k $.a ", "get k $.a[", "get k $.a[0", "get k $['a'", "get k $['a'] ",
      "put k $.a $.", "put k $.a {\"x\": \"$.", "get k \"$.", "exists k $.", "get $.", "get k @.",
      "get k $.l[?@.x == '@.",
    ])
  func noMembers(text: String) {
    if case .memberOfKey = context(text).expected { Issue.record("\(text)") }
  }

  @Test("words and file names stand where the table says so")
  func words() {
    #expect(context("output ").expected == .words(["text", "raw", "json", "csv", "table"]))
    #expect(context("timing o").expected == .words(["on", "off"]))
    #expect(context("output text ").expected == .nothing)
    #expect(context("source ").expected == .file)
    #expect(context("source 'my fi").expected == .file)
  }

  @Test("a quote that is open is part of the token, and its escapes are read")
  func quotes() {
    let double = context("get \"a\\x20b")
    #expect(double.expected == .key)
    #expect(double.quote == UInt8(ascii: "\""))
    #expect(double.tokenOffset == 4)
    #expect(double.content == Array("a b".utf8))
    let single = context("del x 'a b\\n")
    #expect(single.quote == UInt8(ascii: "'"))
    #expect(single.tokenOffset == 6)
    #expect(single.content == Array("a b\\n".utf8))
    let unfinished = context("get \"a\\x2")
    #expect(unfinished.expected == .key)
    #expect(context("get \"").content == [])
    #expect(context("\"pu").expected == .nothing)
  }

  @Test("what is wrong before the cursor leaves nothing to complete")
  func wrong() {
    for text in ["get it's ", "get it's", "put a [1, ", "put a {\"x\": \"", "put a [1}x"] {
      #expect(context(text).expected == .nothing, "\(text)")
    }
    #expect(context("del 'x\ny' us").expected == .key)
    #expect(context("put a {\"x\":\n1} ").expected == .nothing)
  }
}
