internal import QrrotCore
public import SystemPackage

/// A command file that is being run.
struct OpenFile {
  /// As errors name it.
  var name: String
  /// What relative names in it start from; nil for the current folder.
  var folder: FilePath?
  /// Which file it is, to notice one that includes itself.
  var identity: DescriptorSource.Identity?
  /// Whether a `source` command opened it.
  var isSourced = false
}

/// One input of a run, in the order of the command line.
public enum ReplayInput: Equatable, Sendable {
  /// `-c COMMAND`: one line or several, any bytes.
  case command([UInt8])
  /// `-f FILE`.
  case file(FilePath)
  /// `-f -`, or standard input where neither is given.
  case standardInput
}

extension Shell {
  /// Runs inputs one after another in this session.
  ///
  /// All files are opened before anything runs, so that a missing one changes nothing.
  ///
  /// - Returns: whether all commands succeeded and no transaction was left open.
  /// - Throws: why the run ends early.
  public func replay(_ inputs: [ReplayInput]) async throws(ShellStop) -> Outcome {
    var streams: [(CommandStream, OpenFile)] = []
    for input in inputs {
      do throws(QrrotError) {
        streams.append(try open(input))
      } catch {
        try console.report(error)
        return .failed
      }
    }
    var outcome = Outcome.succeeded
    for (stream, file) in streams {
      if try await run(stream, as: file, stopsAtFirstError: !options.keepsGoing) == .failed {
        outcome = .failed
        if !options.keepsGoing { break }
      }
    }
    return outcome
  }

  /// Ends a run: what was answered is written, an open transaction is dropped, which is a failure.
  public func finish(_ outcome: Outcome) throws(ShellStop) -> Outcome {
    try console.showProgress("")
    var outcome = outcome
    if let failure = try console.takeSettleFailure() { outcome = try fail(failure, at: nil) }
    return try dropOpenTransaction() ? .failed : outcome
  }

  private func open(_ input: ReplayInput) throws(QrrotError) -> (CommandStream, OpenFile) {
    switch input {
    case .command(let text):
      return (CommandStream(MemorySource(text), isFile: false), OpenFile(name: "-c"))
    case .standardInput:
      let source = DescriptorSource(.standardInput, closesDescriptor: false, signals: signals)
      return (
        CommandStream(source, isFile: true), OpenFile(name: "-", identity: source.identity)
      )
    case .file(let path):
      let source = try DescriptorSource.open(path, signals: signals)
      return (
        CommandStream(source, isFile: true),
        OpenFile(
          name: path.string, folder: path.removingLastComponent(), identity: source.identity)
      )
    }
  }

  /// Runs the commands of one stream.
  ///
  /// - Returns: `.failed` if one of them failed; with `stopsAtFirstError` the rest is then not run.
  func run(
    _ stream: CommandStream, as file: OpenFile, stopsAtFirstError: Bool
  ) async throws(ShellStop) -> Outcome {
    openFiles.append(file)
    // Nobody waits for the reply of one line before the next is read. Where each failure is to be told with
    // its line, each line has to be waited for.
    let sentAhead = session.sendsAhead
    session.sendsAhead = stopsAtFirstError
    defer {
      console.heldByteCount = Console.flushByteCount
      openFiles.removeLast()
      session.sendsAhead = sentAhead
    }
    var monitor = ReplayMonitor(file.name, total: stream.source.totalByteCount)
    var command = Command()
    var outcome = Outcome.succeeded
    while true {
      try stopIfAsked()
      let event: CommandStream.Event
      do throws(QrrotError) {
        event = try stream.next(into: &command)
      } catch {
        return try fail(error, at: Place(file: file.name))
      }
      var result = Outcome.succeeded
      switch event {
      case .command:
        // `exit` ends the file it stands in, not what is around it.
        if command.name == .exit || command.name == .quit { return outcome }
        if session.hasWritesAhead, command.name != .put,
          let failure = try console.takeSettleFailure()
        {
          try stopIfAsked()
          return try fail(failure, at: Place(file: file.name, line: stream.line))
        }
        result = try await execute(command, at: Place(file: file.name, line: stream.line))
      case .failure(let error):
        result = try fail(error, at: Place(file: file.name, line: stream.line))
      case .reading: break
      case .wouldWait:
        try console.flush()
        stream.wait()
      case .end:
        if session.hasWritesAhead, let failure = try console.takeSettleFailure() {
          try stopIfAsked()
          return try fail(failure, at: Place(file: file.name, line: stream.line))
        }
        try console.showProgress("")
        return outcome
      }
      if result == .failed {
        // A command that Ctrl-C stopped ends the run as Ctrl-C does, not as an error does.
        try stopIfAsked()
        outcome = .failed
        if stopsAtFirstError { return .failed }
      }
      if case .command = event { monitor.commandCount += 1 }
      if session.hasWritesAhead { console.heldByteCount = Self.heldByteCountAhead }
      try monitor.look(at: stream, on: console, hasWritesAhead: session.hasWritesAhead)
      if console.hasSettleFailure, let failure = try console.takeSettleFailure() {
        if failure.code == .interrupted { try stopIfAsked() }
        outcome = try fail(failure, at: Place(file: file.name, line: stream.line))
        if stopsAtFirstError { return outcome }
      }
    }
  }

  /// What may wait to be written while writes are on their way.
  private static let heldByteCountAhead = 1 << 20

  /// Ends the run if a signal has come.
  private func stopIfAsked() throws(ShellStop) {
    if let signal = signals.termination { throw .terminated(signal) }
    if signals.interrupt.isRaised { throw .interrupted }
  }
}

/// What is looked at between the commands of a file: how long replies have waited, and the bar.
struct ReplayMonitor {
  /// How many commands have been run.
  var commandCount = 0
  private var progress: Progress
  private var lookCount = 0
  private var lastFlush = ContinuousClock.now

  init(_ name: String, total: Int?) {
    progress = Progress(name == "-" ? "standard input" : name, total: total)
  }

  /// Flushes replies that have waited for 10 ms and draws the bar. The clock is read for every 16th
  /// command only: they take microseconds.
  ///
  /// - Parameter hasWritesAhead: whether flushing has to wait for a server far away: then it is done ten times
  ///   a second, so that most of the time both work.
  mutating func look(
    at stream: CommandStream, on console: Console, hasWritesAhead: Bool
  ) throws(ShellStop) {
    lookCount += 1
    guard lookCount & 15 == 0 else { return }
    let now = ContinuousClock.now
    guard now - lastFlush >= .milliseconds(hasWritesAhead ? 100 : 5) else { return }
    lastFlush = now
    try console.flush()
    guard console.surroundings.errorIsTerminal else { return }
    let columns = console.surroundings.terminalSize()?.columns ?? 80
    if let line = progress.line(
      done: stream.doneByteCount, count: commandCount, columns: columns)
    {
      try console.showProgress(line)
    }
  }
}
