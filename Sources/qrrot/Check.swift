import ArgumentParser
import QrrotCore
import QrrotShell
import QrrotStore
import SystemPackage

/// The command line of `qrrot check`.
struct CheckArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot check",
    abstract: "Verifies the files of a database, and says what opening it would recover.",
    usage: "qrrot check DATABASE [--repair --accept-loss]",
    discussion: """
      Without --accept-loss nothing is changed. It exits with 0 if all is sound, 1 if anything is \
      damaged, 2 for wrong usage, 3 if the folder is no database or is open in another process.
      """)

  @Flag(name: .customLong("repair"), help: "Say what a repair would keep and drop.")
  var isRepair = false

  @Flag(
    name: .customLong("accept-loss"),
    help: "With --repair: repair it. The files as they are now are kept beside.")
  var acceptsLoss = false

  @Option(
    name: .customLong("max-memory"),
    help: ArgumentHelp(
      "Count keys up to this much data, as in 512M or 2G (default: 80 % of the memory there is).",
      valueName: "size"),
    transform: Arguments.size)
  var memoryLimit: Int?

  @Flag(name: .customLong("no-color"), help: "No colours; NO_COLOR does the same.")
  var leavesColorOut = false

  @Argument(help: ArgumentHelp("The folder of a database.", valueName: "database"))
  var database: String

  func validate() throws {
    if acceptsLoss, !isRepair { throw ValidationError("--accept-loss goes with --repair") }
  }
}

/// `qrrot check`.
struct Check {
  let arguments: CheckArguments
  let settings: Settings
  let console: Console
  let signals: SignalState

  /// Whether the command line is one of `check`: only its first word says so.
  static var isWanted: Bool { CommandLine.arguments.dropFirst().first == "check" }

  /// Runs it to its exit status.
  static func run() -> Int32 {
    let arguments: CheckArguments
    do {
      arguments = try CheckArguments.parse(Array(CommandLine.arguments.dropFirst(2)))
    } catch {
      return Main.report(error, of: CheckArguments.self)
    }
    let setup: Setup
    do throws(QrrotError) {
      setup = try Setup(leavesColorOut: arguments.leavesColorOut, mode: .text)
    } catch {
      return Main.fail(error, status: 2)
    }
    let check = Check(
      arguments: arguments, settings: setup.settings, console: setup.console,
      signals: setup.signals)
    do throws(QrrotError) {
      return try check.run()
    } catch {
      try? setup.console.report(error)
      return error.code == .interrupted ? Main.interruptedStatus(setup.signals) : 3
    }
  }

  private func run() throws(QrrotError) -> Int32 {
    var options = DatabaseCheck.Options()
    options.memoryLimit = arguments.memoryLimit ?? settings.memoryLimit ?? SystemMemory.defaultLimit
    options.isRepair = arguments.isRepair && arguments.acceptsLoss
    let check = try inspect(options)
    print(check.facts)
    if check.isSound {
      if arguments.isRepair { print(["There is nothing to repair."]) }
      return 0
    }
    print(check.plan)
    guard options.isRepair else {
      let flags = arguments.isRepair ? "--accept-loss" : "--repair --accept-loss"
      print(["Nothing has been changed; \(flags) repairs it."])
      return 1
    }
    return try repair(check)
  }

  private func inspect(_ options: DatabaseCheck.Options) throws(QrrotError) -> DatabaseCheck {
    let bar = WorkBar("checking", unit: "bytes", on: console, interrupt: signals.interrupt)
    defer { bar.end() }
    return try DatabaseCheck.run(RawArgument.bytes(of: arguments.database), options) {
      done, total throws(QrrotError) in
      try goOn()
      try bar.update(done: Int(clamping: done), total: Int(clamping: total))
    }
  }

  private func repair(_ check: DatabaseCheck) throws(QrrotError) -> Int32 {
    let bar = WorkBar("repairing", unit: "keys", on: console, interrupt: signals.interrupt)
    defer { bar.end() }
    do throws(QrrotError) {
      print(
        try check.repair { done, total throws(QrrotError) in
          try goOn()
          try bar.update(done: done, total: total)
        })
      return 0
    } catch {
      if error.code == .interrupted { throw error }
      bar.end()
      try? console.report(error)
      return 1
    }
  }

  /// SIGTERM and SIGHUP end it as Ctrl-C does: there is nothing to be finished.
  private func goOn() throws(QrrotError) {
    if signals.termination != nil { throw QrrotError(.interrupted, "stopped by a signal") }
  }

  /// Prints facts at once: what will be dropped has to be seen before it is.
  private func print(_ facts: [String]) {
    try? console.print(lines: facts.map { Escaping.displayed($0) })
    try? console.flush()
  }
}
