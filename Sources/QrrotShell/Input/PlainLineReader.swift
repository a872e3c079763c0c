internal import QrrotCore
internal import SystemPackage

/// Reads lines without editing: where a person types but standard output is no terminal.
///
/// The prompt goes to standard error, so that results can be redirected.
public final class PlainLineReader: LineReader {
  private let source: any ByteSource
  private let signals: SignalState
  private let errors: any OutputSink
  private var buffer: [UInt8] = []
  private var isAtEnd = false
  /// Of no use here: nothing is completed.
  public var pendingText: [UInt8] = []
  /// The lines kept so far, in memory only.
  public private(set) var history: [[UInt8]] = []

  /// Reads from standard input and prompts on `errors`.
  public init(errors: any OutputSink, signals: SignalState) {
    source = DescriptorSource(.standardInput, closesDescriptor: false, signals: signals)
    self.errors = errors
    self.signals = signals
  }

  /// Shows the prompt on standard error and waits for a line.
  public func readLine(prompt: Prompt) -> LineInput {
    try? errors.write(Array(prompt.text.utf8))
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        return .line(line)
      }
      if isAtEnd {
        defer { buffer = [] }
        return buffer.isEmpty ? .endOfInput : .line(buffer)
      }
      source.waitUntilReady()
      if signals.termination != nil { return .terminated }
      if signals.interrupt.isRaised {
        signals.interrupt.clear()
        signals.drainWakeUps()
        buffer = []
        try? errors.write(Array("\n".utf8))
        return .interrupted
      }
      let count = try? source.read(64 << 10, into: &buffer)
      if count ?? 0 == 0 { isAtEnd = true }
    }
  }

  /// Reads a line without an echo.
  public func readHiddenLine(prompt: String) -> LineInput {
    discardTypedInput()
    return TypedInput.readHiddenLine(prompt: prompt, errors: errors, signals: signals)
  }

  /// Throws away what the terminal and this reader hold.
  public func discardTypedInput() {
    TypedInput.discard()
    buffer = []
  }

  /// Keeps a line, by the same rules as the history file.
  public func addToHistory(_ entry: [UInt8]) {
    if HistoryFile.keeps(entry, after: history.last) { history.append(entry) }
  }
}
