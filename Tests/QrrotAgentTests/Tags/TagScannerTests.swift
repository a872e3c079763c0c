import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotAgent

@Suite("The tag scanner")
struct TagScannerTests {
  /// What a reply holds: its text, and its tags as `R` or `W` with the command.
  private static func scan(_ reply: String, pieceLength: Int = .max) throws -> (
    text: String, tags: [String]
  ) {
    var scanner = TagScanner()
    var events: [TagScanner.Event] = []
    var rest = reply[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieceLength)
      rest = rest.dropFirst(piece.count)
      events += try scanner.append(String(piece))
    }
    events += try scanner.finish()
    var result = (text: "", tags: [String]())
    for event in events {
      switch event {
      case .text(let text): result.text += text
      case .tag(let tag): result.tags.append((tag.claim == .read ? "R " : "W ") + tag.command)
      }
    }
    return result
  }

  private static let replies: [(reply: String, text: String, tags: [String])] = [
    ("QUERY READ: get ivan", "", ["R get ivan"]),
    ("QUERY WRITE: incr ivan $.age\n", "", ["W incr ivan $.age"]),
    ("query read: get a\r\nQuery Write:put b 1\r\n", "", ["R get a", "W put b 1"]),
    ("  \t QUERY   READ \t:   get a  \t", "", ["R get a"]),
    ("`QUERY READ: get a`", "", ["R get a"]),
    ("```QUERY READ: get a```", "", ["R get a"]),
    ("`QUERY READ`: `get a`", "", ["R get a"]),
    ("QUERY READ: `get a`", "", ["R get a"]),
    ("**QUERY READ: get a**", "", ["R get a"]),
    ("**QUERY READ:** get a", "", ["R get a"]),
    ("**QUERY READ**: `get a`", "", ["R get a"]),
    ("__QUERY READ:__ keys user_*", "", ["R keys user_*"]),
    ("**`QUERY READ: keys *`**", "", ["R keys *"]),
    ("**QUERY READ: keys ***", "", ["R keys *"]),
    ("QUERY READ: keys *", "", ["R keys *"]),
    ("* QUERY READ: keys *", "", ["R keys *"]),
    (
      "- QUERY READ: get a\n+ QUERY READ: get b\n• QUERY READ: get c", "",
      ["R get a", "R get b", "R get c"]
    ),
    ("1. QUERY READ: get a\n12) `QUERY WRITE: del b`", "", ["R get a", "W del b"]),
    ("> QUERY READ: get a\n> - **QUERY READ:** get b", "", ["R get a", "R get b"]),
    ("Look:\n\nQUERY READ: get a\n\nThen more.", "Look:\n\n\nThen more.", ["R get a"]),
    ("```\nQUERY READ: get a\nQUERY READ: get b\n```\n", "", ["R get a", "R get b"]),
    ("Look:\n```text\nQUERY READ: get a\n```\nDone.", "Look:\nDone.", ["R get a"]),
    ("~~~\nQUERY READ: get a\n~~~", "", ["R get a"]),
    (
      "Look:\n```\n\nlet x = 1\nQUERY READ: get a\n```\nDone.",
      "Look:\n```\n\nlet x = 1\n```\nDone.", ["R get a"]
    ),
    ("```json\n{\"a\":1}\n```", "```json\n{\"a\":1}\n```", []),
    // Text that only looks like it.
    ("I would run QUERY READ: get a", "I would run QUERY READ: get a", []),
    ("The tag is `QUERY READ: get a`.", "The tag is `QUERY READ: get a`.", []),
    ("QUERY: get a", "QUERY: get a", []),
    ("QUERY DELETE: get a", "QUERY DELETE: get a", []),
    ("QUERYREAD: get a", "QUERYREAD: get a", []),
    ("QUERY READ get a", "QUERY READ get a", []),
    ("QUERY READS: get a", "QUERY READS: get a", []),
    ("-QUERY READ: get a", "-QUERY READ: get a", []),
    ("1QUERY READ: get a", "1QUERY READ: get a", []),
    ("1234. QUERY READ: get a", "1234. QUERY READ: get a", []),
    ("text\rQUERY WRITE: clear", "text\rQUERY WRITE: clear", []),
    ("text\u{2028}QUERY WRITE: clear", "text\u{2028}QUERY WRITE: clear", []),
    ("\u{200B}QUERY WRITE: clear", "\u{200B}QUERY WRITE: clear", []),
    ("QUERY\u{A0}WRITE: clear", "QUERY\u{A0}WRITE: clear", []),
    ("Ｑuery write: clear", "Ｑuery write: clear", []),
    ("ＱUERY READ： x", "ＱUERY READ： x", []),
    ("QUERY", "QUERY", []), ("- ", "- ", []), ("**", "**", []), ("QUERY READ", "QUERY READ", []),
    // Commands of several lines.
    ("QUERY WRITE: put a {\n  \"b\": [1,\n  2]\n}\nOK", "OK", ["W put a {\n  \"b\": [1,\n  2]\n}"]),
    ("`QUERY WRITE: put a {\n\"b\": 1\n}`\nOK", "OK", ["W put a {\n\"b\": 1\n}"]),
    ("QUERY WRITE: put a \"one\ntwo\"\nOK", "OK", ["W put a \"one\ntwo\""]),
    (
      "QUERY WRITE: put a \"one\ntwo\" \"three\nfour\"\nOK", "OK",
      ["W put a \"one\ntwo\" \"three\nfour\""]
    ),
    ("QUERY WRITE: put a {\nQUERY READ: get b", "", ["W put a {", "R get b"]),
    ("QUERY WRITE: put a {\n\nHello", "Hello", ["W put a {"]),
    ("```\nQUERY WRITE: put a {\n```\nHello", "Hello", ["W put a {"]),
    ("QUERY WRITE: put a 'it", "", ["W put a 'it"]),
    ("QUERY READ: get it's\nHello", "Hello", ["R get it's"]),
    ("QUERY READ:\nget a", "get a", ["R "]),
    // Line breaks of text.
    ("\n\n A\n\n\n\n\n\nB \n\n", " A\n\n\nB ", []),
    ("A\r\nB\rC\r\n", "A\nB\rC", []),
    ("", "", []), ("\n \n", "", []),
  ]

  @Test("finds tags however they are dressed, and nothing else; wherever the pieces end")
  func replies() throws {
    for (reply, text, tags) in Self.replies {
      for pieceLength in [Int.max, 1, 2, 3, 7] {
        let found = try Self.scan(reply, pieceLength: pieceLength)
        #expect(found.text == text, "\(reply.debugDescription), in pieces of \(pieceLength)")
        #expect(found.tags == tags, "\(reply.debugDescription), in pieces of \(pieceLength)")
      }
    }
  }

  @Test("text that can't become a tag is given out at once")
  func streams() throws {
    var scanner = TagScanner()
    #expect(try scanner.append("He") == [.text("He")])
    #expect(try scanner.append("llo\nQUER") == [.text("llo")])
    #expect(try scanner.append("Y me.\n\n") == [.text("\nQUERY me.")])
    #expect(try scanner.append("1. ") == [])
    #expect(try scanner.append("One\n``") == [.text("\n\n1. One")])
    #expect(try scanner.append("` tags") == [])
    #expect(
      try scanner.append("\nQUERY READ: get a\n```\nEnd") == [
        .tag(ModelTag(claim: .read, command: "get a")), .text("\nEnd"),
      ])
    #expect(try scanner.finish() == [])
  }

  @Test("100 tags and 1 MiB are read, and not one more")
  func limits() throws {
    let tags = String(repeating: "QUERY READ: get a\n", count: 100)
    #expect(try Self.scan(tags).tags.count == 100)
    var scanner = TagScanner()
    #expect(throws: QrrotError.self) {
      _ = try scanner.append(tags + "QUERY READ: get a\n")
    }
    let text = String(repeating: "x", count: TagScanner.byteLimit)
    #expect(try Self.scan(text).text.utf8.count == TagScanner.byteLimit)
    var second = TagScanner()
    do {
      _ = try second.append(text)
      _ = try second.append("y")
      Issue.record("more than 1 MiB was read")
    } catch {
      #expect(error.code == .budget)
    }
  }

  @Test("a reply that is made to be slow is not")
  func hostileShapes() throws {
    let count = TagScanner.byteLimit / 8
    let shapes = [
      "QUERY WRITE: put a {" + String(repeating: "\n\"b\":[1]", count: count - 10),
      "QUERY WRITE: put a \"" + String(repeating: "\n\" \"", count: count),
      String(repeating: " ", count: 8 * count - 20) + "QUERY READ: get a",
      String(repeating: "`", count: 8 * count), String(repeating: "> ", count: 4 * count),
      String(repeating: "\n", count: 8 * count), String(repeating: "```\n", count: 2 * count),
      "QUERY WRITE: put a " + String(repeating: "[", count: 7 * count),
    ]
    for shape in shapes {
      _ = try Self.scan(shape, pieceLength: 4_096)
    }
  }

  @Test("in random texts the tags are the same however they are cut into pieces")
  func randomPieces() throws {
    var generator = SeededGenerator(seed: TestSettings.seed(61))
    let parts = [
      "QUERY READ: ", "query write:", "get a", "put a {", "}", "\"", "'", "\n", "\n\n", "\r\n",
      "```", "`", "**", "- ", "1. ", "> ", " ", "text", "é", "QUERY", "#",
    ]
    var tagCount = 0
    var textCount = 0
    for _ in 0..<TestSettings.count(500, long: 20_000) {
      let reply = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
        parts.randomElement(using: &generator) ?? ""
      }.joined()
      let whole = try Self.scan(reply)
      tagCount += whole.tags.count
      textCount += whole.text.isEmpty ? 0 : 1
      for length in 1...3 {
        let cut = try Self.scan(reply, pieceLength: length)
        #expect(cut.text == whole.text && cut.tags == whole.tags, "\(reply.debugDescription)")
      }
    }
    #expect(tagCount > 0 && textCount > 0)
  }
}
