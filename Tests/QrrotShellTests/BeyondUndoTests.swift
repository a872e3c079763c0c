import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// Writes that undo can't take back are said beforehand; `clear` asks.
@Suite("Writes beyond undo")
struct BeyondUndoTests {
  /// A shell over a database with one value of 64 MiB, and what it prints.
  private func shell(assumesYes: Bool = false) throws -> (Shell, ArraySink) {
    let engine = LocalEngine()
    var session = Session()
    var reply = Reply()
    var command = Command(.put)
    command.append(.key, Array("big".utf8))
    command.append(.string([UInt8](repeating: 0x78, count: Limits.undoByteCount)))
    try engine.execute(command, in: &session, into: &reply)
    let sink = ArraySink()
    var options = Shell.Options()
    options.assumesYes = assumesYes
    options.keepsGoing = true
    let console = Console(output: sink, errors: sink, surroundings: .init(), mode: .text)
    return (Shell(engine: engine, console: console, signals: SignalState(), options: options), sink)
  }

  private func run(_ shell: Shell, _ sink: ArraySink, _ lines: String) async throws -> [Substring] {
    let stream = CommandStream(MemorySource(Array(lines.utf8)), isFile: false)
    _ = try await shell.run(stream, as: OpenFile(name: "-c"), stopsAtFirstError: false)
    try shell.console.flush()
    return String(decoding: sink.take(), as: UTF8.self).split(separator: "\n")
  }

  @Test("clear is refused where nobody can be asked, and nothing is removed")
  func refused() async throws {
    let (shell, sink) = try shell()
    let lines = try await run(shell, sink, "clear\nsize")
    #expect(lines.count == 2 && lines.last == "1")
    #expect(lines.first?.hasPrefix("-c:1: error[refused]: ") == true)
    #expect(lines.first?.contains("--yes") == true)
  }

  @Test("clear goes through with --yes")
  func confirmed() async throws {
    let (shell, sink) = try shell(assumesYes: true)
    let lines = try await run(shell, sink, "clear\nsize\nundo")
    #expect(lines.contains("1") && lines.contains("0"))
    #expect(lines.last?.contains("error[refused]") == true)
  }

  @Test("clear asks a person, and only a yes is a yes", arguments: ["y", "YES", "", "n", "yeah"])
  func asked(answer: String) async throws {
    let (shell, sink) = try shell()
    let reader = ScriptedReader(["clear", answer, "size"])
    try await shell.interact(reader: reader)
    let text = String(decoding: sink.take(), as: UTF8.self)
    let isYes = ["y", "yes"].contains(answer.lowercased())
    #expect(text.split(separator: "\n").last == (isYes ? "0" : "1"))
    #expect(reader.prompts.count == 4 && reader.prompts[1].contains("undo"))
    #expect(reader.prompts[1].contains("67,108,8"), "it says how much: \(reader.prompts[1])")
  }

  @Test("other writes go through and say so beforehand", arguments: ["put big 1", "del big"])
  func notes(line: String) async throws {
    let (shell, sink) = try shell()
    let lines = try await run(shell, sink, line)
    #expect(lines.count == 2)
    #expect(lines.first?.contains("undo") == true && lines.first?.contains("error") == false)
    #expect(try await run(shell, sink, "undo").first?.contains("error[refused]") == true)
  }

  @Test("a commit beyond undo goes through and says so beforehand")
  func commit() async throws {
    let (shell, sink) = try shell()
    let lines = try await run(shell, sink, "begin\ndel big\ncommit\nsize")
    #expect(lines.first == "OK" && lines.last == "0")
    #expect(lines.contains { $0.contains("undo") })
    #expect(!lines.contains { $0.contains("error") })
  }

  @Test("clear does not ask where undo can bring everything back")
  func small() async throws {
    let (shell, sink) = try shell(assumesYes: true)
    _ = try await run(shell, sink, "del big\nput a 1")
    #expect(try await run(shell, sink, "clear\nundo") == ["1", "a int 1"])
  }
}

/// A prompt with somebody who types what the script says, then leaves.
final class ScriptedReader: LineReader {
  private var lines: ArraySlice<String>
  private(set) var prompts: [String] = []
  var pendingText: [UInt8] = []
  private(set) var history: [[UInt8]] = []

  init(_ lines: [String]) { self.lines = lines[...] }

  func readLine(prompt: Prompt) -> LineInput {
    prompts.append(prompt.text)
    guard let line = lines.popFirst() else { return .endOfInput }
    return .line(Array(line.utf8))
  }

  func addToHistory(_ entry: [UInt8]) { history.append(entry) }
}
