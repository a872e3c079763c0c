import QrrotCore
import QrrotShell

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One run of the program, from its first input to its exit status.
struct Run {
  let shell: Shell
  let engine: any OpenedEngine
  let setup: Setup

  /// Opens the prompt.
  func interact(after initialFile: String?) async -> Int32 {
    close(await prompt(after: initialFile))
  }

  /// Runs command files.
  func replay(_ inputs: [ReplayInput], after initialFile: String?) async -> Int32 {
    close(await run(inputs, after: initialFile))
  }

  /// Runs one word of the shell.
  func one(
    _ body: (Shell) async throws(ShellStop) -> Shell.Outcome
  ) async -> Int32 {
    close(await status(of: body))
  }

  private func status(
    of body: (Shell) async throws(ShellStop) -> Shell.Outcome
  ) async -> Int32 {
    do throws(ShellStop) {
      let outcome = try shell.finish(try await body(shell))
      if let signal = setup.signals.termination { return 128 + signal }
      // What Ctrl-C has stopped has failed; what it came too late for has not.
      if setup.signals.interrupt.isRaised, outcome == .failed { return 128 + SIGINT }
      return outcome == .succeeded ? 0 : 1
    } catch {
      return status(of: error, outcome: .succeeded)
    }
  }

  /// Closes the database, whatever came before; a status of 0 becomes 1 if that fails.
  private func close(_ status: Int32) -> Int32 {
    do throws(QrrotError) {
      try engine.close()
      return status
    } catch {
      try? shell.console.report(error)
      return status == 0 ? 1 : status
    }
  }

  private func prompt(after initialFile: String?) async -> Int32 {
    do throws(ShellStop) {
      _ = try await prepare(initialFile)
      try shell.console.flush()
      try shell.printBanner()
      try await shell.interact(reader: makeReader())
      _ = try shell.finish(.succeeded)
      return 0
    } catch {
      return status(of: error, outcome: .succeeded)
    }
  }

  private func run(_ inputs: [ReplayInput], after initialFile: String?) async -> Int32 {
    do throws(ShellStop) {
      guard try await prepare(initialFile) == .succeeded else { return 1 }
      let outcome = try shell.finish(try await shell.replay(inputs))
      return outcome == .succeeded ? 0 : 1
    } catch {
      return status(of: error, outcome: .succeeded)
    }
  }

  private func prepare(_ initialFile: String?) async throws(ShellStop) -> Shell.Outcome {
    guard let initialFile else { return .succeeded }
    shell.console.isQuiet = true
    defer { shell.console.isQuiet = false }
    return try await shell.replay([.file(RawArgument.path(of: initialFile))])
  }

  private func makeReader() -> any LineReader {
    guard setup.terminal.outputIsTerminal else {
      return PlainLineReader(errors: setup.errors, signals: setup.signals)
    }
    if let pager = Environment.pager { shell.console.pagerCommand = pager }
    let console = shell.console
    let history = HistoryFile.defaultPath(environment: Environment.variables).map { path in
      HistoryFile(path: path) { try? console.note($0) }
    }
    return ReadlineReader(
      signals: setup.signals, completer: ShellCompleter(shell), history: history,
      errors: setup.errors)
  }

  /// What was answered before the end is written, as far as it can be; then the status.
  private func status(of stop: ShellStop, outcome: Shell.Outcome) -> Int32 {
    switch stop {
    case .exit, .outputClosed:
      return 0
    case .outputFailed(let reason):
      try? shell.console.report(QrrotError(.io, "can't write standard output: \(reason)"))
      return 1
    case .terminated(let signal):
      _ = try? shell.finish(outcome)
      return 128 + signal
    case .interrupted:
      _ = try? shell.finish(outcome)
      return 128 + SIGINT
    }
  }
}
