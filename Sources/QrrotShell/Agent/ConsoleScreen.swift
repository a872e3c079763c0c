internal import QrrotAgent
internal import QrrotCore
internal import QrrotParser

/// A request on the shell's console: steps, plan and questions on standard error, the answer on standard
/// output, where that is a terminal while it comes.
final class ConsoleScreen: AgentScreen {
  let shell: Shell
  let modelName: String
  let secrets: SecretFilter
  /// What was asked for, for the file that a plan is edited in.
  let request: String
  /// Whether only questions and troubles are shown: the rest is in the object that is printed at the end.
  let isObject: Bool
  private let streamsAnswer: Bool
  private var text = TextStream()
  /// Whether the last of the answer that was shown did not end its line.
  private var isMidLine = false
  private let start = ContinuousClock.now
  private var parser = Parser()

  var console: Console { shell.console }
  var signals: SignalState { shell.signals }

  init(_ shell: Shell, request: String, modelName: String, secrets: SecretFilter) {
    self.shell = shell
    self.request = request
    self.modelName = modelName
    self.secrets = secrets
    isObject = shell.console.mode == .json
    streamsAnswer = !isObject && shell.console.surroundings.outputIsTerminal
  }

  func show(_ event: AgentEvent) throws(QrrotError) {
    try signals.check()
    try translated { () throws(ShellStop) in
      switch event {
      case .asking, .waiting: try turnSpinner()
      case .text(let piece): try showText(text.append(secrets.redacted(piece)))
      case .step(let step): try showStep(step)
      case .plan(let plan): if !isObject { try showPlan(plan) }
      case .note(let note): try self.note(note)
      case .retrying(let seconds, let reason):
        try self.note("retrying in \(Self.seconds(seconds)): \(reason)")
      }
    }
    try signals.check()
  }

  /// Ends what is drawn: the spinner, and a line of the answer.
  func end() throws(ShellStop) {
    try breakLine()
    try console.showProgress("")
  }

  /// Whether the answer has been shown while it came.
  var hasShownAnswer: Bool { streamsAnswer }

  // MARK: - The answer

  private func showText(_ shown: [UInt8]) throws(ShellStop) {
    guard streamsAnswer, !shown.isEmpty else { return }
    try console.showProgress("")
    try console.print(bytes: shown)
    try console.flush()
    isMidLine = shown.last != UInt8(ascii: "\n")
  }

  /// Ends the line of the answer, before anything else is shown.
  private func breakLine() throws(ShellStop) {
    try showText(text.finish())
    guard isMidLine else { return }
    isMidLine = false
    try console.print(bytes: [UInt8(ascii: "\n")])
    try console.flush()
  }

  // MARK: - Steps and remarks

  private func showStep(_ step: AgentStep) throws(ShellStop) {
    try breakLine()
    // What is written shows in the plan, with what it changes.
    guard !isObject, step.error != nil || !isWrite(step.command) else { return }
    let command = Escaping.displayed(secrets.redacted(step.command))
    let lines = secrets.redacted(step.result).split(
      separator: "\n", omittingEmptySubsequences: true)
    var result = lines.first.map { Escaping.displayed(String($0)) } ?? "(nothing)"
    if lines.count > 1 { result += "  (\(Progress.grouped(lines.count)) lines)" }
    let room = columns - 4
    // A long command leaves half of the line to its result.
    let shownCommand = Self.cut(command, to: max(room / 2, room - result.count - 3))
    let line = Self.cut("\(shownCommand) → \(result)", to: room)
    try console.showLine("  · \(line)", step.error == nil ? .dim : .warning)
  }

  private func isWrite(_ text: String) -> Bool {
    var command = Command()
    let bytes = Array(text.utf8)
    let step = try? parser.parse(bytes.span, isFinal: true, into: &command)
    return step?.outcome == .command && command.name.access == .write
  }

  func note(_ text: String) throws(ShellStop) {
    try breakLine()
    try console.showLine("  " + Escaping.displayed(secrets.redacted(cut: text)), .dim)
  }

  // MARK: - The spinner

  private func turnSpinner() throws(ShellStop) {
    guard console.surroundings.errorIsTerminal, !isMidLine else { return }
    let elapsed = (ContinuousClock.now - start).inSeconds
    let frame = Self.frames[Int(elapsed * 10) % Self.frames.count]
    // However narrow it is, the seconds have room.
    let seconds = " · \(Int(elapsed)) s"
    let name = Self.cut(Escaping.displayed(modelName), to: columns - 5 - seconds.count)
    try console.showProgress("  \(frame) \(name)\(seconds)")
  }

  private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

  // MARK: - Measures

  /// The width of a line that is shown.
  var columns: Int { max(20, console.surroundings.terminalSize()?.columns ?? 120) }

  /// `text`, which is escaped, cut to so many columns.
  static func cut(_ text: String, to columns: Int) -> String {
    let bytes = Array(text.utf8)
    let whole = DisplayWidth.prefix(of: bytes, fitting: columns)
    if whole.byteCount == bytes.count { return text }
    let part = DisplayWidth.prefix(of: bytes, fitting: columns - 1)
    return String(decoding: bytes[..<part.byteCount], as: UTF8.self) + "…"
  }

  /// Seconds as a person says them: `1.9 s`, `40 s`.
  static func seconds(_ seconds: Double) -> String {
    if seconds >= 10 { return "\(Int(min(seconds, 1e9).rounded())) s" }
    let tenths = Int((max(0, seconds) * 10).rounded())
    return tenths % 10 == 0 && tenths > 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }

  /// Runs `body`, whose stops are errors to the agent: the shell looks at their reason afterwards.
  func translated<R>(_ body: () throws(ShellStop) -> R) throws(QrrotError) -> R {
    do throws(ShellStop) { return try body() } catch {
      shell.agentStop = error
      switch error {
      case .interrupted, .terminated:
        throw QrrotError(.interrupted, "stopped by a signal")
      case .exit, .outputClosed, .outputFailed:
        throw QrrotError(.io, "what the agent says can't be written")
      }
    }
  }
}
