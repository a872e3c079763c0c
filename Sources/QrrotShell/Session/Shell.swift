public import QrrotAgent
public import QrrotCore
internal import QrrotParser

/// One run of the shell: a session with an engine, and the words that only the shell knows.
///
/// Commands come from a prompt (``Shell/interact(reader:)``) or from command files
/// (``Shell/replay(_:)``); both end here, in ``execute(_:at:)``.
public final class Shell {
  /// What may differ from one run to another.
  public struct Options: Sendable {
    /// Whether a failed command does not end the run.
    public var keepsGoing = false
    /// Whether questions are answered with yes.
    public var assumesYes = false
    /// What `~` stands for at the front of a file's name; nil if that is not known.
    public var homeFolder: String?
    /// What the prompt begins with: what kind of database it is.
    public var promptWord = "qrrot"
    /// What serves the database, and its version, for the banner; nil for one of this program's own.
    public var serverVersion: String?
    /// The folder's name for the prompt and the banner; nil in memory.
    public var databaseName: String?
    /// Whose model `ask` and `ai` talk to, and within what limits.
    public var agent = AgentSettings()
    /// The command that a plan is edited with; nil if there is none.
    public var editorCommand: String?
    /// Where a file for the editor can be made.
    public var temporaryFolder = "/tmp"

    /// The defaults.
    public init() {}
  }

  /// What became of a command.
  public enum Outcome: Equatable, Sendable {
    /// It was done.
    case succeeded
    /// It failed, and the error has been printed.
    case failed
  }

  let engine: any Engine
  /// Prints results and messages.
  public let console: Console
  let signals: SignalState
  let options: Options
  /// The state of this client.
  ///
  /// Unchecked, like `reply`: a shell runs one command at a time on one task, and the check
  /// of an access that lasts over an asynchronous call costs more than a look-up.
  @exclusivity(unchecked) public internal(set) var session: Session
  var printsTiming = false
  /// The prompt's reader while there is one: for questions and for `history`.
  var reader: (any LineReader)?
  /// Who is asked where there is a person but no prompt: commands of the command line, on a terminal.
  public var questionReader: (any LineReader)?
  /// Where `ask` and `ai` find their models; without it they are refused.
  public var models: (any ModelDirectory)?
  /// What `ask` and `ai` keep, once one was used.
  var desk: AgentDesk?
  /// Why the run has to end, found out while the agent was at work.
  var agentStop: ShellStop?
  /// Whether the command at the prompt has asked a question, so that what was pasted behind it is
  /// dropped: it was written before the question.
  var hasAsked = false
  /// The files being run, outermost first.
  var openFiles: [OpenFile] = []
  @exclusivity(unchecked) private var reply = Reply()

  /// Makes a shell over an engine.
  public init(
    engine: any Engine, console: Console, signals: SignalState, isReadOnly: Bool = false,
    options: Options = Options()
  ) {
    self.engine = engine
    self.console = console
    self.signals = signals
    self.options = options
    session = Session(isReadOnly: isReadOnly, interrupt: signals.interrupt)
    session.allowsWritesBeyondUndo = false
    console.settle = { [unowned self] () throws(QrrotError) in
      try self.engine.settle(&self.session)
    }
  }

  /// Whether somebody sits at a prompt.
  var isInteractive: Bool { reader != nil }

  /// Runs one command and prints what it answers.
  ///
  /// - Parameter place: where it stands, for errors; nil at the prompt.
  /// - Throws: why the run has to end, whatever its input still holds.
  func execute(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    // What was answered before must not wait for something that may take its time.
    let bar = command.name.cost == .scan ? try beginScan(command) : nil
    let start = printsTiming || isInteractive ? ContinuousClock.now : nil
    var outcome = Outcome.succeeded
    if command.name.access == .shell {
      outcome = try await executeWord(command, at: place)
    } else {
      // Not a function of its own: a replay comes through here a million times a second, and each
      // further asynchronous call costs as much as a look-up.
      var failure: QrrotError?
      do throws(QrrotError) {
        try await engine.execute(command, in: &session, into: &reply)
      } catch {
        failure = error
      }
      if let bar { endScan(bar) }
      if let failure { return try await recover(from: failure, command, at: place) }
      // What a person spends in a pager is not what the command took.
      let elapsed = start.map { ContinuousClock.now - $0 }
      try console.print(reply)
      for note in reply.notes { try console.note(note) }
      if let elapsed { try reportTime(elapsed, of: command) }
      return outcome
    }
    if let start { try reportTime(ContinuousClock.now - start, of: command) }
    return outcome
  }

  /// Begins a command that looks at all keys: one that takes long says how far it has come.
  private func beginScan(_ command: Command) throws(ShellStop) -> WorkBar? {
    try console.flush()
    guard command.name.access != .shell else { return nil }
    let bar = WorkBar(
      command.name.text, unit: "keys", on: console, interrupt: signals.interrupt)
    // Unsafe: a session goes anywhere, so what it holds has to be Sendable, which a bar and its console are not. An
    // engine calls this from inside `execute` alone, on the thread that waits there and owns them.
    nonisolated(unsafe) let shown = bar
    session.onProgress = { count in try? shown.update(done: count, total: 0) }
    return bar
  }

  private func endScan(_ bar: WorkBar) {
    session.onProgress = nil
    bar.end()
  }

  private func reportTime(_ duration: Duration, of command: Command) throws(ShellStop) {
    try console.flush()
    let elapsed = duration.inSeconds
    // A file reports its own commands' times, a request its own; what matters of these is asked for
    // with timing.
    let reportsItself = command.name == .source || command.name == .ask || command.name == .ai
    if printsTiming || (elapsed >= Self.slowSeconds && !reportsItself) {
      try console.note("took \(Progress.duration(elapsed))")
    }
  }

  /// From this on, a command at the prompt is told how long it took.
  private static let slowSeconds = 0.5

  private func recover(
    from error: QrrotError, _ command: Command, at place: Place?
  ) async throws(ShellStop) -> Outcome {
    guard case .exceedsUndo(let byteCount) = error.detail else {
      return try fail(error, at: place)
    }
    return try await executeBeyondUndo(command, byteCount, at: place)
  }

  /// A write that undo can't take back: said beforehand, and asked for `clear`.
  private func executeBeyondUndo(
    _ command: Command, _ byteCount: Int, at place: Place?
  ) async throws(ShellStop) -> Outcome {
    let size = Progress.grouped(byteCount)
    if command.name == .clear, !options.assumesYes {
      let question = "clear removes \(size) bytes; undo can't bring them back. Clear? [y]es [n]o "
      guard try ask(question) else {
        let advice = canAsk ? "" : "; without a terminal it needs --yes"
        return try fail(
          QrrotError(.refused, "clear was not confirmed, nothing was removed\(advice)"), at: place)
      }
    } else {
      try console.note(
        "\(command.name.text) replaces or removes \(size) bytes, more than undo keeps: it can't be undone"
      )
    }
    session.allowsWritesBeyondUndo = true
    defer { session.allowsWritesBeyondUndo = false }
    return try await execute(command, at: place)
  }

  /// Whether there is somebody to answer a question.
  var canAsk: Bool { reader ?? questionReader != nil }

  /// Asks a question; only a yes is a yes.
  func ask(_ question: String) throws(ShellStop) -> Bool {
    guard let reader = reader ?? questionReader else { return false }
    try console.flush()
    let prompt = Prompt(text: question, isColored: false)
    guard case .line(let answer) = reader.readLine(prompt: prompt) else { return false }
    return ["y", "yes"].contains(String(decoding: answer, as: UTF8.self).lowercased())
  }

  /// Prints an error and says what it means for an open transaction.
  func fail(_ error: QrrotError, at place: Place?) throws(ShellStop) -> Outcome {
    try console.report(error, at: place)
    if session.transaction?.isLost == false, openFiles.isEmpty || options.keepsGoing {
      try console.note("the transaction is still open; commit or rollback ends it")
    }
    return .failed
  }

  /// Drops a transaction that is open at the end, and says what is lost.
  ///
  /// - Returns: whether there was one.
  func dropOpenTransaction() throws(ShellStop) -> Bool {
    guard let transaction = session.transaction else { return false }
    session.transaction = nil
    let keys = transaction.writtenKeys
    let names = keys.prefix(3).map { QrrotError.excerpt($0) }.joined(separator: ", ")
    let what =
      keys.isEmpty
      ? "nothing was written in it"
      : "\(keys.count) changed key\(keys.count == 1 ? "" : "s") not applied (\(names)\(keys.count > 3 ? ", …" : ""))"
    try console.note("the open transaction was dropped: \(what)")
    return true
  }
}
