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
