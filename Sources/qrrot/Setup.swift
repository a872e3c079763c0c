import QrrotCore
import QrrotShell
import SystemPackage

/// What every run of the program begins with: its signals, its settings and its standard descriptors.
struct Setup {
  let signals: SignalState
  let settings: Settings
  let terminal: Terminal
  let errors: DescriptorSink
  let console: Console

  /// Reads the settings and looks at the descriptors.
  ///
  /// - Parameters:
  ///   - mode: how replies are printed, where the settings don't decide it.
  ///   - signals: what the handlers report to.
  /// - Throws: what is wrong with the settings.
  init(
    configurationFile: String? = nil, leavesColorOut: Bool, mode: OutputMode?,
    signals: SignalState = Signals.install()
  ) throws(QrrotError) {
    self.signals = signals
    settings = try Settings.load(file: configurationFile, environment: Environment.variables)
    terminal = Terminal(leavesColorOut: leavesColorOut || settings.leavesColorOut == true)
    errors = DescriptorSink(.standardError, signals: signals)
    console = Console(
      output: DescriptorSink(.standardOutput, signals: signals), errors: errors,
      surroundings: terminal.surroundings,
      mode: mode ?? settings.output ?? (terminal.outputIsTerminal ? .text : .raw),
      interrupt: signals.interrupt)
  }

  /// The same with the options of a command line.
  init(_ arguments: DatabaseArguments) throws(QrrotError) {
    try self.init(
      configurationFile: arguments.configurationFile, leavesColorOut: arguments.leavesColorOut,
      mode: arguments.output)
  }

  /// Who answers questions where there is no prompt; nil without a terminal.
  var questionReader: PlainLineReader? {
    terminal.inputIsTerminal && terminal.surroundings.errorIsTerminal
      ? PlainLineReader(errors: errors, signals: signals) : nil
  }

  /// The exit status after a database could not be opened, which is reported.
  func statusOfFailedOpening(_ error: QrrotError) -> Int32 {
    error.code == .interrupted ? Main.interruptedStatus(signals) : Main.fail(error, status: 3)
  }
}
