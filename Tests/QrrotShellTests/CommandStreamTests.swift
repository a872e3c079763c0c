import QrrotCore
import Testing

@testable import QrrotShell

/// Commands out of text that arrives in parts of any size.
@Suite("Command streams")
struct CommandStreamTests {
  /// All that comes out of a stream, in words: `LINE: NAME`, `LINE: error[code]`, `wait`, `end`.
  private func events(_ stream: CommandStream) throws -> [String] {
    var command = Command()
    var events: [String] = []
    while events.count < 10_000 {
      switch try stream.next(into: &command) {
      case .command:
        let key = command.text(0).prefix(10)
        events.append("\(stream.line): \(command.name.text)\(key.isEmpty ? "" : " \(key)")")
      case .failure(let error): events.append("\(stream.line): error[\(error.code.rawValue)]")
      case .reading: break
      case .wouldWait:
        events.append("wait")
        stream.wait()
      case .end: return events + ["end"]
      }
    }
    return events
  }

  private func events(
    _ parts: [ScriptedSource.Part], limit: Int = Limits.commandByteCount, isFile: Bool = true
  ) throws -> [String] {
    try events(
      CommandStream(ScriptedSource(parts), isFile: isFile, commandByteLimit: limit))
  }

  @Test("whatever the parts, the commands and their lines are the same")
  func everyCut() throws {
    let text =
      "put a \"x\ny\" \r\n# c\nput b {\"q\": [1,\n\"]\"]}\nnope\nput c 'z'z\n\nkeys\nput d \"open"
    let bytes = Array(text.utf8)
    let whole = try events([.bytes(bytes)])
    #expect(
      whole == [
        "1: put a", "4: put b", "6: error[unknown-command]", "7: error[syntax]", "9: keys",
        "10: error[syntax]", "end",
      ])
    for cut in 0...bytes.count {
      for pauses in [[], [ScriptedSource.Part.pause]] {
        let parts = [.bytes(Array(bytes[..<cut]))] + pauses + [.bytes(Array(bytes[cut...]))]
        #expect(try events(parts).filter { $0 != "wait" } == whole, "cut at \(cut)")
      }
    }
    let single = bytes.flatMap { [ScriptedSource.Part.bytes([$0]), .pause] }
    #expect(try events(single).filter { $0 != "wait" } == whole)
  }

  @Test("a whole command is given before the stream would wait, wherever its parts end")
  func promptness() throws {
    func parts(_ texts: [String]) -> [ScriptedSource.Part] {
      texts.map { .bytes(Array($0.utf8)) } + [.pause]
    }
    for texts in [
      ["put a {\"x\":", "1}", "\n"], ["put a {\"x\":", "1}\n"],
      ["put a [", "[1", "]", "]", " ", "\n"],
      ["put a \"x", "\"", "\n"], ["put a 'x", "\n'", "\n"], ["put a", " 1", "\n"],
      ["put a [\"", "]", "\"", "]", "\n"], ["# x", "\nput a 1", "\r", "\n"],
    ] {
      let events = try events(parts(texts))
      let line = texts[0].hasPrefix("#") ? 2 : 1
      #expect(events == ["\(line): put a", "wait", "end"], "\(texts)")
    }
  }

  /// Every part of a large literal holds brackets; looking at all of it again for each part took
  /// minutes for some megabytes from a slow pipe. For so many parts it would take hours, and once takes
  /// seconds.
  @Test("a large literal in small parts is looked at once", .timeLimit(.minutes(15)))
  func manyParts() throws {
    let part = Array("[1, {\"a]\": [2]}],\n".utf8)
    let parts: [ScriptedSource.Part] = Array(repeating: .bytes(part), count: 100_000)
    let open = ScriptedSource.Part.bytes(Array("put a [".utf8))
    let close = ScriptedSource.Part.bytes(Array("0]\nsize\n".utf8))
    let events = try events([open] + parts + [close])
    #expect(events.filter { $0 != "wait" } == ["1: put a", "100002: size", "end"])
  }

  @Test("a byte order mark is passed at the start of a file, in parts too, and nowhere else")
  func byteOrderMark() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let size = Array("size\n".utf8)
    #expect(try events([.bytes(mark + size)]) == ["1: size", "end"])
    #expect(try events([.bytes(mark), .pause, .bytes(size)]) == ["wait", "1: size", "end"])
    #expect(
      try events([.bytes([0xEF]), .bytes([0xBB]), .bytes([0xBF]), .bytes(size)])
        == ["1: size", "end"])
    #expect(try events([.bytes(mark)]) == ["end"])
    #expect(
      try events([.bytes(size + mark + size)]) == ["1: size", "2: error[unknown-command]", "end"])
    #expect(
      try events([.bytes(mark + size)], isFile: false) == ["1: error[unknown-command]", "end"])
  }

  @Test("a command beyond the limit is passed over to the end of its line")
  func tooLarge() throws {
    func parts(_ text: String) -> [ScriptedSource.Part] {
      let bytes = Array(text.utf8)
      return stride(from: 0, to: bytes.count, by: 7).map {
        .bytes(Array(bytes[$0..<min($0 + 7, bytes.count)]))
      }
    }
    let long = String(repeating: "x", count: 200)
    for (text, expected) in [
      ("put a \(long)\nsize\n", ["1: error[too-large]", "2: size"]),
      ("size\nput a \(long)\nsize", ["1: size", "2: error[too-large]", "3: size"]),
      ("put a \"\(long)\nput b 1\n\"\nsize\n", ["1: error[too-large]", "4: size"]),
      ("put a \"\(long)\\\"\nput b 1\"\nsize\n", ["1: error[too-large]", "3: size"]),
      ("put a 'x\ny\(long)\nput b 1\n' z\nsize\n", ["1: error[too-large]", "5: size"]),
      ("put a [\"\(long)\"]\nsize\n", ["1: error[too-large]", "2: size"]),
      ("# \(long)\nsize\n", ["1: error[too-large]", "2: size"]),
      ("put a \(long)", ["1: error[too-large]"]),
      ("put a \"\(long)\nsize\n", ["1: error[too-large]"]),
      (
        "put a \(long)\nput b \(long)\nsize",
        ["1: error[too-large]", "2: error[too-large]", "3: size"]
      ),
    ] {
      let stream = CommandStream(ScriptedSource(parts(text)), isFile: true, commandByteLimit: 60)
      #expect(try events(stream) == expected + ["end"], "\(text.prefix(20))")
      #expect(stream.doneByteCount == text.utf8.count)
    }
  }

  @Test("what was read before the source failed is not lost, and the failure is told")
  func failingSource() throws {
    let stream = CommandStream(
      ScriptedSource([.bytes(Array("size\nkeys".utf8)), .failure]), isFile: true)
    var command = Command()
    guard case .command = try stream.next(into: &command) else {
      Issue.record("the first line is whole")
      return
    }
    let error = #expect(throws: QrrotError.self) { try stream.next(into: &command) }
    #expect(error?.code == .io)
  }
}

/// A source that gives its parts one by one, and waits where it is told to.
final class ScriptedSource: ByteSource {
  enum Part {
    case bytes([UInt8])
    /// Nothing is there until somebody waits.
    case pause
    case failure
  }

  private var parts: ArraySlice<Part>
  let totalByteCount: Int? = nil

  init(_ parts: [Part]) {
    self.parts =
      parts.filter { if case .bytes(let bytes) = $0 { !bytes.isEmpty } else { true } }[...]
  }

  var isReady: Bool { if case .pause = parts.first { false } else { true } }

  func waitUntilReady() {
    if case .pause = parts.first { parts.removeFirst() }
  }

  func read(_ count: Int, into buffer: inout [UInt8]) throws(QrrotError) -> Int {
    waitUntilReady()
    switch parts.first {
    case .bytes(let bytes):
      parts.removeFirst()
      buffer += bytes
      return bytes.count
    case .failure: throw QrrotError(.io, "broken on purpose")
    case .pause, nil: return 0
    }
  }
}
