public import QrrotCore

/// The bar of work that is no command file: opening a database, saving it.
///
/// It shows up after a second, on standard error where that is a terminal.
public struct WorkProgress {
  private var progress: Progress
  private let console: Console
  private let interrupt: Interrupt

  /// Begins.
  ///
  /// - Parameters:
  ///   - label: what is being done.
  ///   - unit: what is counted, in the plural.
  public init(_ label: String, unit: String, total: Int, on console: Console, interrupt: Interrupt)
  {
    progress = Progress(label, total: total, unit: unit)
    self.console = console
    self.interrupt = interrupt
  }

  /// Draws the bar if it is time.
  ///
  /// - Throws: `interrupted` after Ctrl-C.
  public mutating func update(done: Int) throws(QrrotError) {
    try interrupt.check()
    guard console.surroundings.errorIsTerminal else { return }
    let columns = console.surroundings.terminalSize()?.columns ?? 80
    if let line = progress.line(done: done, count: done, columns: columns) {
      // A terminal that went away ends the run at the next command.
      try? console.showProgress(line)
    }
  }

  /// Wipes the bar.
  public func end() { try? console.showProgress("") }
}

/// A bar whose total is known only once the work has begun.
public final class WorkBar {
  private var progress: WorkProgress?
  private let label: String
  private let unit: String
  private let console: Console
  private let interrupt: Interrupt

  /// Begins; see ``WorkProgress``.
  public init(_ label: String, unit: String, on console: Console, interrupt: Interrupt) {
    self.label = label
    self.unit = unit
    self.console = console
    self.interrupt = interrupt
  }

  /// Draws the bar if it is time.
  ///
  /// - Throws: `interrupted` after Ctrl-C.
  public func update(done: Int, total: Int) throws(QrrotError) {
    if progress == nil {
      progress = WorkProgress(label, unit: unit, total: total, on: console, interrupt: interrupt)
    }
    try progress?.update(done: done)
  }

  /// Wipes the bar.
  public func end() { progress?.end() }
}
