internal import QrrotCore
internal import QrrotParser

/// The prompt.
extension Shell {
  /// Reads lines and runs them until the person leaves.
  ///
  /// - Throws: `.terminated` after SIGTERM or SIGHUP, `.outputClosed` and `.outputFailed`. Ctrl-C
  ///   never ends it.
  public func interact(reader: any LineReader) async throws(ShellStop) {
    self.reader = reader
    defer { self.reader = nil }
    var pending: [UInt8] = []
    while true {
      if let signal = signals.termination { throw .terminated(signal) }
      signals.interrupt.clear()
      signals.drainWakeUps()
      reader.pendingText = pending
      switch reader.readLine(prompt: prompt(isContinuation: !pending.isEmpty)) {
      case .terminated:
        throw .terminated(signals.termination ?? 0)
      case .interrupted:
        pending = []
      case .endOfInput:
        if !pending.isEmpty { try reportUnclosed(pending) }
        return
      case .line(let line):
        if !pending.isEmpty { pending.append(UInt8(ascii: "\n")) }
        pending += line
        if try await runTyped(&pending) == .left { return }
      }
    }
  }

  private enum Continuation { case goesOn, interrupted, left }

  /// Runs the whole commands at the front of `text`, which may be a paste of many, and leaves what
  /// is not complete yet in it.
  private func runTyped(_ text: inout [UInt8]) async throws(ShellStop) -> Continuation {
    var parser = Parser()
    var command = Command()
    text.append(UInt8(ascii: "\n"))
    var start = 0
    while start < text.count {
      let result = Result { () throws(ParseFailure) in
        try parser.parse(text.span.extracting(start...), isFinal: false, into: &command)
      }
      let end: Int
      switch result {
      case .failure(let failure):
        end = start + failure.byteCount
        remember(text[start..<end])
        _ = try fail(failure.error, at: nil)
      case .success(let step):
        if case .incomplete = step.outcome {
          text.removeSubrange(..<start)
          text.removeLast()
          return .goesOn
        }
        end = start + step.byteCount
        remember(text[start..<end])
        guard step.outcome == .command else { break }
        hasAsked = false
        switch try await runOne(command) {
        case .goesOn:
          guard hasAsked, end < text.count else { break }
          // It was written before the question could be seen, so it neither answers it nor runs.
          try console.note("what was pasted behind the question was dropped")
          text = []
          return .goesOn
        case .left: return .left
        case .interrupted:
          // Ctrl-C drops what was pasted behind the command that it stopped.
          text = []
          return .goesOn
        }
      }
      start = end
    }
    text = []
    return .goesOn
  }

  private func runOne(_ command: Command) async throws(ShellStop) -> Continuation {
    do throws(ShellStop) {
      _ = try await execute(command, at: nil)
      if let failure = try console.takeSettleFailure() { _ = try fail(failure, at: nil) }
    } catch {
      switch error {
      case .exit: return .left
      case .interrupted:
        // A file that was being sourced, or a long reply, stops; the session does not.
        signals.interrupt.clear()
        try console.showProgress("")
        _ = try fail(QrrotError(.interrupted, "stopped by Ctrl-C"), at: nil)
        return .interrupted
      case .outputClosed, .outputFailed, .terminated: throw error
      }
    }
    return signals.interrupt.isRaised ? .interrupted : .goesOn
  }

  private func remember(_ entry: ArraySlice<UInt8>) {
    var entry = entry
    while let last = entry.last, last == 0x0A || last == 0x0D { entry.removeLast() }
    if !entry.isEmpty, !holdsSecret(Array(entry)) { reader?.addToHistory(Array(entry)) }
  }

  private func reportUnclosed(_ text: [UInt8]) throws(ShellStop) {
    var parser = Parser()
    var command = Command()
    do throws(ParseFailure) {
      _ = try parser.parse(text.span, isFinal: true, into: &command)
    } catch {
      _ = try fail(error.error, at: nil)
    }
  }

  private func prompt(isContinuation: Bool) -> Prompt {
    let name = options.databaseName.map { " \(Escaping.displayed($0))" } ?? ""
    let mark = session.transaction == nil ? "" : "*"
    let main = "\(Escaping.displayed(options.promptWord))\(name)\(mark)> "
    let indent = String(repeating: " ", count: max(0, main.count - 5))
    return Prompt(
      text: isContinuation ? "\(indent)...> " : main, isColored: console.colorsOutput)
  }

  /// The one line that greets.
  public func printBanner() throws(ShellStop) {
    var place = options.databaseName.map { Escaping.displayed($0) } ?? "in memory, gone at exit"
    if let server = options.serverVersion { place = "\(Escaping.displayed(server)) at \(place)" }
    try console.note(
      "qrrot \(Version.current) · \(place) · help lists the commands, Tab completes, exit leaves")
  }
}
