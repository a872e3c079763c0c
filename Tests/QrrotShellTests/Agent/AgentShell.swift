import QrrotAgent
import QrrotCore
import QrrotStore

@testable import QrrotShell

/// A shell whose agent talks to a script, with all that it prints.
final class AgentShell {
  let shell: Shell
  let signals = SignalState()
  let output = ArraySink()
  let errors = ArraySink()
  /// What came on both outputs, in order.
  let both = ArraySink()

  init(
    _ directory: any ModelDirectory, data: String = "put ivan {\"name\":\"ivan\",\"age\":30}",
    mode: OutputMode = .text, isTerminal: Bool = false, columns: Int = 80, isReadOnly: Bool = false,
    options: Shell.Options = Shell.Options(), engine: any Engine = LocalEngine()
  ) async throws {
    let console = Console(
      output: TeeSink(output, both), errors: TeeSink(errors, both),
      surroundings: Console.Surroundings(
        outputIsTerminal: isTerminal, errorIsTerminal: isTerminal,
        terminalSize: { isTerminal ? (columns, 24) : nil }),
      mode: mode, interrupt: signals.interrupt)
    let setUp = Shell(engine: engine, console: console, signals: signals)
    console.isQuiet = true
    _ = try await Self.run(setUp, data)
    console.isQuiet = false
    shell = Shell(
      engine: engine, console: console, signals: signals, isReadOnly: isReadOnly, options: options)
    shell.models = directory
  }

  /// Runs lines as a command of the command line does.
  ///
  /// - Returns: whether all succeeded.
  func run(_ lines: String) async throws -> Bool {
    let outcome = try await Self.run(shell, lines)
    try shell.console.flush()
    return outcome == .succeeded
  }

  /// Types lines at a prompt.
  func type(_ lines: [String]) async throws -> TypingReader {
    let reader = TypingReader(lines)
    try await shell.interact(reader: reader)
    try shell.console.flush()
    return reader
  }

  private static func run(_ shell: Shell, _ lines: String) async throws -> Shell.Outcome {
    let stream = CommandStream(MemorySource(Array(lines.utf8)), isFile: false)
    return try await shell.run(
      stream, as: OpenFile(name: "-c"), stopsAtFirstError: !shell.options.keepsGoing)
  }

  /// What a command answers, in text form, without the agent.
  func reply(_ line: String) async throws -> String {
    _ = output.take()
    let mode = shell.console.mode
    shell.console.mode = .text
    _ = try await run(line)
    shell.console.mode = mode
    return String(decoding: output.take(), as: UTF8.self)
  }

  var outputText: String { String(decoding: output.bytes, as: UTF8.self) }
  var errorText: String { String(decoding: errors.bytes, as: UTF8.self) }
}

/// Writes to two sinks.
private final class TeeSink: OutputSink {
  private let sinks: [ArraySink]

  init(_ sinks: ArraySink...) { self.sinks = sinks }

  func write(_ bytes: [UInt8]) { for sink in sinks { sink.write(bytes) } }
}

/// Somebody who types what the script says, then leaves. `^C` is Ctrl-C, `^D` the end of the input.
final class TypingReader: LineReader {
  private var lines: ArraySlice<String>
  private(set) var prompts: [String] = []
  private(set) var discardCount = 0
  var pendingText: [UInt8] = []
  private(set) var history: [[UInt8]] = []

  init(_ lines: [String]) { self.lines = lines[...] }

  func readLine(prompt: Prompt) -> LineInput {
    prompts.append(prompt.text)
    return next()
  }

  func readHiddenLine(prompt: String) -> LineInput {
    prompts.append("hidden: \(prompt)")
    return next()
  }

  private func next() -> LineInput {
    switch lines.popFirst() {
    case "^C": .interrupted
    case "^D", nil: .endOfInput
    case let line?: .line(Array(line.utf8))
    }
  }

  func discardTypedInput() { discardCount += 1 }

  func addToHistory(_ entry: [UInt8]) { history.append(entry) }

  /// The prompts that are questions.
  var questions: [String] { prompts.filter { !$0.hasPrefix("qrrot") } }
}
