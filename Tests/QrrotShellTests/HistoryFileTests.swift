import Foundation
import QrrotTesting
import SystemPackage
import Testing

@testable import QrrotShell

/// The history file: its text, its modes, what it refuses, and shells that run at the same time.
@Suite("The history file")
struct HistoryFileTests {
  // MARK: - The text

  @Test("entries come back as they were typed, line feeds and all")
  func entriesComeBack() throws {
    let place = try Place()
    let entries = [
      "put a 1", "put note \"first\nsecond\n\n\tfourth\"", "über:ß 'x'", "a\\nb", "{\n}",
    ]
    let file = place.history()
    for entry in entries { file.append(Array(entry.utf8)) }
    #expect(place.history().load() == entries.map { Array($0.utf8) })
    #expect(place.warnings.texts.isEmpty)
  }

  @Test("random bytes come back too, but for NUL")
  func randomEntriesComeBack() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    var expected: [[UInt8]] = []
    var multiline = 0
    let place = try Place()
    let file = place.history()
    for _ in 0..<300 {
      let alphabet: [UInt8] = [0, 9, 10, 13, 27, 32, 34, 97, 0xC3, 0xBC, 0xFF]
      let count = Int.random(in: 0...12, using: &generator)
      let entry = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      file.append(entry)
      let kept = entry.filter { $0 != 0 }
      if HistoryFile.keeps(kept, after: nil) {
        expected.append(kept)
        if kept.contains(10) { multiline += 1 }
      }
    }
    #expect(multiline > 0 && expected.count < 300, "seed \(seed)")
    #expect(place.history().load() == expected, "seed \(seed)")
  }

  @Test(
    "what begins with a blank, is empty, too long or the same again is not kept",
    arguments: [
      ("get a", nil, true), ("get a", "get b", true), ("get a", "get a", false), ("", nil, false),
      (" get a", nil, false), ("\tget a", nil, false), ("\nget a", nil, false),
    ] as [(String, String?, Bool)])
  func keeping(entry: String, previous: String?, isKept: Bool) {
    #expect(HistoryFile.keeps(Array(entry.utf8), after: previous.map { Array($0.utf8) }) == isKept)
    let long = [UInt8](repeating: 0x61, count: HistoryFile.maximumEntryByteCount + 1)
    #expect(!HistoryFile.keeps(long, after: nil))
  }

  @Test("a continuation of nothing, empty lines and NULs in the file do no harm")
  func strangeTextIsRead() throws {
    let place = try Place()
    try place.write("\tlost\n\n\nget a\n b\nput \0x\n\tmore")
    #expect(
      place.history().load().map { String(decoding: $0, as: UTF8.self) } == [
        "get a", "put x\nmore",
      ])
  }

  @Test("an entry after a line that a crash cut short stands on its own")
  func tornLastLine() throws {
    let place = try Place()
    try place.write("get a\nget b")
    place.history().append(Array("get c".utf8))
    #expect(try place.text() == "get a\nget b\nget c\n")
  }

  // MARK: - The place

  @Test("file and folders are made for their owner alone")
  func modes() throws {
    let place = try Place(folders: "state/qrrot")
    place.history().append(Array("get a".utf8))
    #expect(try place.path.stat().permissions == [.ownerReadWrite])
    #expect(try place.path.removingLastComponent().stat().permissions == [.ownerReadWriteExecute])
    #expect(place.warnings.texts.isEmpty)
  }

  @Test("the default place follows XDG_STATE_HOME where it is absolute")
  func defaultPlace() {
    let path = { HistoryFile.defaultPath(environment: $0)?.string }
    #expect(path(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/qrrot/history")
    #expect(path(["HOME": "/h"]) == "/h/.local/state/qrrot/history")
    #expect(path(["XDG_STATE_HOME": "s", "HOME": "/h"]) == "/h/.local/state/qrrot/history")
    #expect(path(["XDG_STATE_HOME": ""]) == nil)
  }

  @Test("a link, a pipe and a folder in its place are refused, once, without waiting")
  func whatIsNoRegularFile() throws {
    for kind in ["link", "pipe", "folder"] {
      let place = try Place()
      let target = place.path.string + ".target"
      switch kind {
      case "link":
        try Data("secret\n".utf8).write(to: URL(fileURLWithPath: target))
        try FileManager.default.createSymbolicLink(
          atPath: place.path.string, withDestinationPath: target)
      case "pipe": #expect(mkfifo(place.path.string, 0o600) == 0)
      default: #expect(mkdir(place.path.string, 0o700) == 0)
      }
      let file = place.history()
      #expect(file.load() == [], "\(kind)")
      file.append(Array("get a".utf8))
      #expect(place.warnings.texts.count == 1, "\(kind)")
      #expect(place.warnings.texts.first?.contains(place.path.string) == true)
      if kind == "link" {
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "secret\n")
      }
    }
  }

  // MARK: - Length

  @Test("the last 10,000 entries are loaded; the file is made shorter only when well over")
  func trimming() throws {
    let place = try Place()
    try place.write((0..<11_000).map { "get \($0)\n" }.joined())
    #expect(place.history().load().first == Array("get 1000".utf8))
    #expect(try place.text().hasPrefix("get 0\n"))

    try place.write((0..<12_001).map { "get \($0)\n" }.joined())
    let old = place.history()
    old.append(Array("get last".utf8))
    #expect(place.history().load().count == HistoryFile.maximumEntryCount)
    #expect(try place.text().hasPrefix("get 2002\n"))
    #expect(try place.path.stat().permissions == [.ownerReadWrite])
    // A shell that had the longer file open finds the new one.
    old.append(Array("get more".utf8))
    #expect(try place.text().hasSuffix("get last\nget more\n"))
    #expect(try place.names() == ["history"])
  }

  @Test("two shells at once lose no line, while the file is made shorter too")
  func twoWriters() async throws {
    let place = try Place()
    try place.write(String(repeating: "old\nolder\n", count: 6_001))
    let path = place.path
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let file = HistoryFile(path: path) { Issue.record("warned: \($0)") }
          // On a busy machine one that holds the lock may not get on for long.
          file.lockTryCount = 60_000
          for number in 0..<100 {
            file.append(Array("put \(writer) \"\(number)\n\(number)\"".utf8))
            if number == 20 * writer { _ = file.load() }
          }
        }
      }
    }
    let entries = place.history().load().map { String(decoding: $0, as: UTF8.self) }
    for writer in 0..<4 {
      let own = entries.filter { $0.hasPrefix("put \(writer) ") }
      #expect(own == (0..<100).map { "put \(writer) \"\($0)\n\($0)\"" })
    }
    #expect(place.warnings.texts.isEmpty)
  }

  // MARK: - Fixtures

  /// A folder that goes away with the test.
  final class Place {
    let path: FilePath
    let warnings = Warnings()
    private let folder: URL

    init(folders: String = "") throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "qrrot-history-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      path = FilePath(folder.appendingPathComponent(folders).path).appending("history")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func history() -> HistoryFile {
      let warnings = self.warnings
      return HistoryFile(path: path) { warnings.texts.append($0) }
    }

    func write(_ text: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
      #expect(chmod(path.string, 0o600) == 0)
    }

    func text() throws -> String { try String(contentsOfFile: path.string, encoding: .utf8) }

    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: path.removingLastComponent().string)
    }
  }

  final class Warnings {
    var texts: [String] = []
  }
}
