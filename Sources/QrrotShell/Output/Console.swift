public import QrrotCore

/// The shell's two outputs: results on one, everything else on the other, both escaped as they must
/// be, and never out of order.
public final class Console {
  /// What the outputs are connected to.
  public struct Surroundings: Sendable {
    /// Whether standard output is a terminal.
    public var outputIsTerminal: Bool
    /// Whether standard error is a terminal.
    public var errorIsTerminal: Bool
    /// Whether colours are wanted where there is a terminal.
    public var allowsColor: Bool
    /// Whether a line of the terminal can be drawn anew: not on a dumb one.
    public var redrawsLines: Bool
    /// The terminal's size now, or nil where there is none.
    public var terminalSize: @Sendable () -> (columns: Int, rows: Int)?

    /// Describes what the outputs are connected to; by default no terminal.
    public init(
      outputIsTerminal: Bool = false, errorIsTerminal: Bool = false, allowsColor: Bool = false,
      redrawsLines: Bool = true,
      terminalSize: @escaping @Sendable () -> (columns: Int, rows: Int)? = { nil }
    ) {
      self.outputIsTerminal = outputIsTerminal
      self.errorIsTerminal = errorIsTerminal
      self.allowsColor = allowsColor
      self.redrawsLines = redrawsLines
      self.terminalSize = terminalSize
    }
  }

  /// How replies are printed.
  public var mode: OutputMode
  /// Whether replies are dropped: for a file that only prepares.
  public var isQuiet = false
  /// Whether results longer than the screen go through a pager.
  public var pagerCommand: String?
  /// What the outputs are connected to.
  public let surroundings: Surroundings
  private let interrupt: Interrupt
  private let output: any OutputSink
  private let errors: any OutputSink
  /// What is waiting to be written. Unchecked: only this class touches it, never from inside an
  /// access of its own, and every reply comes through here.
  @exclusivity(unchecked) private var pending: [UInt8] = []
  /// Makes sure that what the waiting results speak of lasts, before they are written; see
  /// ``Engine/settle(_:)``.
  var settle: (() throws(QrrotError) -> Void)?
  /// How many bytes of short results wait before they are written. Where writing them has to wait for a server
  /// far away, fewer and longer waits cost less.
  var heldByteCount = Console.flushByteCount
  /// Why results were dropped instead of written, until somebody takes it.
  private var settleFailure: QrrotError?
  /// What is drawn on the last line of the terminal, to be wiped before anything else is printed
  /// there; empty for nothing.
  private var shownProgress = ""
  /// A sink that takes the results instead: a pager.
  private var redirection: (any OutputSink)?

  /// Makes a console over two sinks; `interrupt` stops a long reply on its way out.
  public init(
    output: any OutputSink, errors: any OutputSink, surroundings: Surroundings, mode: OutputMode,
    interrupt: Interrupt = Interrupt()
  ) {
    self.interrupt = interrupt
    self.output = output
    self.errors = errors
    self.surroundings = surroundings
    self.mode = mode
  }

  /// Whether results have been dropped since ``takeSettleFailure()`` was last called.
  var hasSettleFailure: Bool { settleFailure != nil }

  /// Writes what is waiting and settles also what has no reply to wait for.
  ///
  /// - Returns: the error that has made results be dropped since the last call, nil if there is none.
  func takeSettleFailure() throws(ShellStop) -> QrrotError? {
    try flush()
    if settleFailure == nil {
      do throws(QrrotError) { try settle?() } catch { settleFailure = error }
    }
    defer { settleFailure = nil }
    return settleFailure
  }

  /// Whether results are coloured.
  public var colorsOutput: Bool { surroundings.allowsColor && surroundings.outputIsTerminal }
  /// Whether messages are coloured.
  public var colorsErrors: Bool { surroundings.allowsColor && surroundings.errorIsTerminal }

  /// Prints a reply in the present mode; it is on its way once ``flush()`` is called.
  public func print(_ reply: Reply) throws(ShellStop) {
    if isQuiet { return }
    if reply.shape == .ok, mode != .json {
      pending.append(contentsOf: Self.okLine)
      if pending.count >= heldByteCount { try flush() }
      return
    }
    // Asking for the terminal's size is a system call: only where the answer matters.
    let isSizeNeeded = pagerCommand != nil || (mode == .table && surroundings.outputIsTerminal)
    let size = isSizeNeeded ? surroundings.terminalSize() : nil
    let renderer = ReplyRenderer(
      mode: mode, escapesForTerminal: surroundings.outputIsTerminal, isColored: colorsOutput,
      columns: surroundings.outputIsTerminal ? size?.columns : nil)
    var parts = renderer.parts(of: reply)
    if let pagerCommand, let size {
      if try page(through: pagerCommand, size, { parts.appendNext(to: &$0) }) { return }
      parts = renderer.parts(of: reply)
    }
    while parts.appendNext(to: &pending) { try flushIfLong() }
  }

  /// Prints lines that are a result but no reply, such as help; they are shown as they are.
  public func print(lines: [String]) throws(ShellStop) {
    if isQuiet { return }
    var rest = lines[...]
    func appendNext(_ output: inout [UInt8]) -> Bool {
      guard let line = rest.popFirst() else { return false }
      output.append(contentsOf: line.utf8)
      output.append(UInt8(ascii: "\n"))
      return true
    }
    if let pagerCommand, let size = surroundings.terminalSize() {
      if try page(through: pagerCommand, size, appendNext) { return }
      rest = lines[...]
    }
    while appendNext(&pending) {}
    if pending.count >= Self.flushByteCount { try flush() }
  }

  /// Prints bytes that are a result, such as exported records, as they are.
  public func print(bytes: [UInt8]) throws(ShellStop) {
    if isQuiet { return }
    pending.append(contentsOf: bytes)
    try flushIfLong()
  }

  /// Prints what `appendNext` appends, part by part: through the pager as soon as it is more than a
  /// screen shows.
  ///
  /// - Returns: false if the pager can't be run; nothing has been printed then, and no pager is used
  ///   from now on.
  private func page(
    through command: String, _ size: (columns: Int, rows: Int),
    _ appendNext: (inout [UInt8]) -> Bool
  ) throws(ShellStop) -> Bool {
    try flush()
    var screen = ScreenMeasure(columns: size.columns)
    var hasMore = true
    while hasMore, screen.lineCount < size.rows {
      let start = pending.count
      hasMore = appendNext(&pending)
      screen.add(pending[start...])
    }
    guard hasMore || screen.lineCount >= size.rows, let pager = Pager(command: command) else {
      while hasMore {
        hasMore = appendNext(&pending)
        try flushIfLong()
      }
      return true
    }
    redirection = pager
    do {
      while hasMore {
        hasMore = appendNext(&pending)
        if pending.count >= Self.flushByteCount { try flush() }
      }
      try flush()
    } catch .outputClosed {
      // The reader of a pager has seen enough; the session goes on.
      pending.removeAll()
    }
    redirection = nil
    switch pager.finish() {
    case .finished: return true
    case .interrupted:
      try errors.write([UInt8(ascii: "\n")])
      return true
    case .notRun:
      pagerCommand = nil
      try note(
        "the pager \(command) can't be run; set PAGER to another, results are printed as they are")
      return false
    }
  }

  /// Prints an error, with the place where it happened in front: `FILE:LINE: error[code]: …`.
  public func report(_ error: QrrotError, at place: Place? = nil) throws(ShellStop) {
    let label = "error[\(error.code.rawValue)]:"
    let painted = colorsErrors ? "\u{1B}[1;31m\(label)\u{1B}[0m" : label
    let prefix = place.map { Escaping.displayed($0.description) + ": " } ?? ""
    try writeError("\(prefix)\(painted) \(Escaping.displayed(error.message))\n")
  }

  /// Prints a remark for the person, such as what was dropped, or how long something took.
  public func note(_ text: String) throws(ShellStop) {
    let shown = Escaping.displayed(text)
    try writeError(colorsErrors ? "\u{1B}[2m\(shown)\u{1B}[0m\n" : "\(shown)\n")
  }

  /// How a line for a person is coloured.
  enum LineStyle: String {
    case plain = ""
    case dim = "\u{1B}[2m"
    case warning = "\u{1B}[31m"
    case added = "\u{1B}[32m"
    case changed = "\u{1B}[33m"
  }

  /// Prints a line for the person that is escaped already, such as a line of a plan.
  ///
  /// - Parameter tail: a dim part behind it.
  func showLine(_ text: String, _ style: LineStyle, tail: String = "") throws(ShellStop) {
    func painted(_ text: String, _ style: LineStyle) -> String {
      guard colorsErrors, style != .plain, !text.isEmpty else { return text }
      return style.rawValue + text + Palette.reset
    }
    try writeError(painted(text, style) + painted(tail, .dim) + "\n")
  }

  /// Draws `text` on the terminal's last line, in place of what was drawn there before; an empty one
  /// wipes it. A dumb terminal has no such line.
  public func showProgress(_ text: String) throws(ShellStop) {
    guard surroundings.errorIsTerminal, surroundings.redrawsLines else { return }
    try flush()
    if text.isEmpty { return try wipeProgress() }
    try errors.write(Array("\r\u{1B}[K\(text)".utf8))
    shownProgress = text
  }

  /// Writes what is waiting once it is much, unless Ctrl-C came: then the rest of the reply is
  /// dropped.
  private func flushIfLong() throws(ShellStop) {
    guard pending.count >= Self.flushByteCount else { return }
    if interrupt.isRaised {
      pending.removeAll()
      throw .interrupted
    }
    try flush()
  }

  /// Writes what is waiting.
  public func flush() throws(ShellStop) {
    if pending.isEmpty { return }
    // Results that go elsewhere leave the bar where it is.
    guard surroundings.outputIsTerminal, !shownProgress.isEmpty else { return try flushOutput() }
    let progress = shownProgress
    try wipeProgress()
    try flushOutput()
    try errors.write(Array(progress.utf8))
    shownProgress = progress
  }

  private func flushOutput() throws(ShellStop) {
    if pending.isEmpty { return }
    do throws(QrrotError) {
      try settle?()
    } catch {
      // They say that something was done of which nobody knows whether it was.
      pending.removeAll()
      settleFailure = error
      return
    }
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    try (redirection ?? output).write(bytes)
  }

  private func writeError(_ text: String) throws(ShellStop) {
    try wipeProgress()
    try flushOutput()
    do {
      try errors.write(Array(text.utf8))
    } catch {
      switch error {
      // Nobody reads the messages, or they can't be written: the results may still be wanted.
      case .outputClosed, .outputFailed, .interrupted: break
      case .exit, .terminated: throw error
      }
    }
  }

  /// Takes the bar off the line, before anything else is written there.
  private func wipeProgress() throws(ShellStop) {
    guard !shownProgress.isEmpty else { return }
    shownProgress = ""
    try errors.write(Array("\r\u{1B}[K".utf8))
  }

  private static let okLine = Array("OK\n".utf8)
  static let flushByteCount = 64 << 10
}
