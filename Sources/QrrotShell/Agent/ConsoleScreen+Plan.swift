internal import QrrotAgent
internal import QrrotCore

/// The plan, and the question about it.
extension ConsoleScreen {
  func ask(about plan: Plan) async throws(QrrotError) -> PlanAnswer {
    try translated { () throws(ShellStop) in try showPlan(plan) }
    if shell.options.assumesYes { return .yes }
    guard shell.canShowAndAsk else { return .no }
    while true {
      guard let answer = try readAnswer(plan) else { return .no }
      switch answer {
      case "y", "yes": return .yes
      case "s", "show", "show all":
        try translated { () throws(ShellStop) in try showPlan(plan, isWhole: true) }
      case "e", "edit":
        guard let bytes = try edit(plan) else { return .no }
        return .edited(bytes)
      default: return .no
      }
    }
  }

  /// Asks, and waits for a line that was typed after that.
  ///
  /// - Returns: nil at the end of the input.
  /// - Throws: `interrupted` after Ctrl-C and the signals that end the program.
  private func readAnswer(_ plan: Plan) throws(QrrotError) -> String? {
    try translated { () throws(ShellStop) in try end() }
    switch try translated({ () throws(ShellStop) in try shell.readTyped(plan.question) }) {
    case .line(let line): return String(decoding: line, as: UTF8.self).lowercased()
    case .endOfInput: return nil
    case .interrupted:
      // Elsewhere than at the prompt it ends the run, as it does at any other moment.
      shell.signals.interruptRequested()
      throw QrrotError(.interrupted, "stopped by Ctrl-C")
    case .terminated: throw QrrotError(.interrupted, "stopped by a signal")
    }
  }

  /// Shows what a plan changes, one line a key.
  ///
  /// - Parameter isWhole: whether every key is shown, and its values at full length.
  func showPlan(_ plan: Plan, isWhole: Bool = false) throws(ShellStop) {
    try end()
    try console.showLine("  \(plan.header)", .plain)
    let now = Today.milliseconds
    if isWhole { return try show(plan.lines(limits: .all(now: now))) }
    // On a narrow terminal a line goes on in the next row: old and new value are to be seen.
    let limits = PlanLimits(columns: max(Self.planColumns, columns - 5), now: now)
    if shell.canShowAndAsk { return try show(plan.lines(limits: limits)) }
    // Nobody can ask for more, so the value that each changed number had stands here, whole.
    let numbers = plan.changes.filter { Plan(changes: [$0]).changedNumberCount > 0 }
    let numberKeys = Set(numbers.map(\.key))
    let others = plan.changes.filter { !numberKeys.contains($0.key) }
    if !others.isEmpty { try show(Plan(changes: others).lines(limits: limits)) }
    if !numbers.isEmpty { try show(Plan(changes: numbers).lines(limits: .all(now: now))) }
  }

  /// A line of a plan has so many columns at least.
  private static let planColumns = 60

  private func show(_ lines: [PlanLine]) throws(ShellStop) {
    for line in lines {
      try signals.stopIfTerminated()
      let text = secrets.redacted(cut: line.text)
      guard console.colorsErrors, text == line.text else {
        try console.showLine("    \(text)", .plain)
        continue
      }
      try console.showLine("    \(Self.painted(line))", .plain)
    }
  }

  private static func painted(_ line: PlanLine) -> String {
    let color: Console.LineStyle =
      switch line.sign {
      case .added: .added
      case .removed: .warning
      case .changed: line.destroys ? .warning : .changed
      case .more: .dim
      }
    var text = color.rawValue + line.sign.rawValue + Palette.reset + " "
    for part in line.parts {
      let style: Console.LineStyle =
        switch part.kind {
        case .key: color
        case .before: .warning
        case .after: .added
        default: .plain
        }
      text += style == .plain ? part.text : style.rawValue + part.text + Palette.reset
    }
    return text
  }

  /// Opens the plan in an editor.
  ///
  /// - Returns: what the editor left; nil if nothing is to be done, which has been said.
  private func edit(_ plan: Plan) throws(QrrotError) -> [UInt8]? {
    var text: [UInt8] = []
    plan.appendCommandFile(request: request, to: &text)
    if secrets.holdsSecret(text) {
      try translated { () throws(ShellStop) in
        try note("the plan holds a key, so it is not written to a file; nothing was applied")
      }
      return nil
    }
    let editor = PlanEditor(
      command: shell.options.editorCommand, folder: shell.options.temporaryFolder,
      signals: shell.signals)
    do throws(QrrotError) {
      let edited = try editor.edit(text)
      if edited != text, !edited.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) {
        return edited
      }
      try translated { () throws(ShellStop) in
        try note(
          "the plan came back \(edited == text ? "unchanged" : "empty"); nothing was applied")
      }
    } catch {
      if error.code == .interrupted { throw error }
      try translated { () throws(ShellStop) in try note(error.message) }
    }
    return nil
  }
}
