public import QrrotCore

/// The bar of work that is no command file: opening a database, checking, saving.
///
/// It shows up after a second, on standard error where that is a terminal.
public final class WorkBar {
  private let label: String
  private let unit: String
  private let console: Console
  private let interrupt: Interrupt
  /// The bar once the total is known.
  private var progress: Progress?

  /// Begins.
  ///
  /// - Parameters:
  ///   - label: what is being done.
  ///   - unit: what is counted, in the plural.
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
    try interrupt.check()
    guard console.surroundings.errorIsTerminal else { return }
    let columns = console.surroundings.terminalSize()?.columns ?? 80
    var bar = progress ?? Progress(label, total: total, unit: unit)
    if let line = bar.line(done: done, count: done, columns: columns) {
      // A terminal that went away ends the run at the next command.
      try? console.showProgress(line)
    }
    progress = bar
  }

  /// Wipes the bar.
  public func end() { try? console.showProgress("") }
}
