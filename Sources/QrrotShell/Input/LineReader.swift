/// Where the interactive shell gets its lines from: readline on a terminal, a script in tests.
public protocol LineReader: AnyObject {
  /// What of the command was typed on earlier lines, without the last line feed: set before each
  /// ``readLine(prompt:)``, so that completion sees the whole command.
  var pendingText: [UInt8] { get set }

  /// Shows `prompt` and waits for a line.
  ///
  /// - Parameter prompt: the prompt; a reader leaves its colour out where there is none.
  func readLine(prompt: Prompt) -> LineInput

  /// Shows `prompt` and waits for a line that the terminal does not show. It is never kept.
  func readHiddenLine(prompt: String) -> LineInput

  /// Throws away what has been typed or pasted and not been read yet, so that it can't answer a
  /// question that nobody has seen.
  func discardTypedInput()

  /// Keeps `entry`, which may hold line feeds, as the newest line of the history.
  func addToHistory(_ entry: [UInt8])

  /// The lines kept so far, oldest first.
  var history: [[UInt8]] { get }
}

extension LineReader {
  /// For readers without a terminal: nobody types.
  public func readHiddenLine(prompt: String) -> LineInput { .endOfInput }

  /// For readers that keep nothing.
  public func discardTypedInput() {}
}

/// What came of waiting for a line.
public enum LineInput: Equatable, Sendable {
  /// A line without its line feed. A paste may hold line feeds inside.
  case line([UInt8])
  /// Ctrl-C: the line is gone, and with it what stood on the lines before it.
  case interrupted
  /// Ctrl-D, or the end of the input.
  case endOfInput
  /// SIGTERM or SIGHUP came: leave now.
  case terminated
}

/// A prompt; each reader colours it its own way.
public struct Prompt: Equatable, Sendable {
  /// The text, without escapes: `qrrot> `.
  public var text: String
  /// Whether it is coloured.
  public var isColored: Bool

  /// Makes a prompt.
  public init(text: String, isColored: Bool) {
    self.text = text
    self.isColored = isColored
  }
}

/// Says what could stand at the cursor.
public protocol Completer: AnyObject {
  /// The ways to complete the token that ends at byte `cursor` of `line`, where `line` is the whole
  /// command so far. Answers within 50 ms.
  func completions(for line: [UInt8], cursor: Int) -> Completions
}

/// The ways to complete one token.
public struct Completions: Equatable, Sendable {
  /// Where the token begins, in bytes of the line, its opening quote included.
  public var tokenOffset: Int
  /// Whole tokens, as they would be typed, quotes included where they are needed; sorted.
  public var candidates: [[UInt8]]
  /// Whether file names complete here; the reader knows how.
  public var completesFileNames: Bool
  /// Whether there may be candidates that were not looked at.
  public var isPartial: Bool
  /// Whether a blank follows a candidate that is the only one: what is completed is whole then.
  public var endsToken = true

  /// Makes a list of candidates.
  public init(
    tokenOffset: Int, candidates: [[UInt8]] = [], completesFileNames: Bool = false,
    isPartial: Bool = false
  ) {
    self.tokenOffset = tokenOffset
    self.candidates = candidates
    self.completesFileNames = completesFileNames
    self.isPartial = isPartial
  }
}
