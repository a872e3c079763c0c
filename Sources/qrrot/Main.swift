import ArgumentParser
import QrrotCore
import QrrotProviders
import QrrotRemote
import QrrotShell
import QrrotStore
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program: flags, settings and wiring; everything else is in the libraries.
@main
enum Main {
  /// Parses the arguments, runs, and exits with the documented status.
  static func main() {
    StandardDescriptors.reserve()
    if Check.isWanted { exit(Check.run()) }
    MainThread.run {
      if let status = await Serve.run() { return status }
      if let status = await Transfer.run() { return status }
      if let status = await Copy.run() { return status }
      do {
        let arguments = try Arguments.parse(Arguments.words)
        return await run(arguments)
      } catch {
        return report(error, of: Arguments.self)
      }
    }
  }

  /// Prints what the argument parser has to say, which may be a help text.
  ///
  /// - Returns: the exit status.
  static func report(_ error: any Error, of command: any ParsableCommand.Type) -> Int32 {
    let status = command.exitCode(for: error)
    // The message repeats what was typed.
    var message: [UInt8] = []
    Escaping.appendDisplayed(
      Array(command.fullMessage(for: error).utf8).span, to: &message,
      keepingLineFeedsAndTabs: true)
    let descriptor: FileDescriptor = status.isSuccess ? .standardOutput : .standardError
    _ = try? descriptor.writeAll(message + [UInt8(ascii: "\n")])
    return status == .validationFailure ? 2 : status.rawValue
  }

  private static func run(_ arguments: Arguments) async -> Int32 {
    let setup: Setup
    do throws(QrrotError) { setup = try Setup(arguments.shared) } catch {
      return fail(error, status: 2)
    }
    let agent = arguments.agent.settings.winning(over: setup.settings.agent)
    do throws(QrrotError) { try agent.check() } catch { return fail(error, status: 2) }
    let isInteractive =
      arguments.commands.isEmpty && arguments.files.isEmpty && setup.terminal.inputIsTerminal
    var options = Shell.Options()
    options.keepsGoing = arguments.keepsGoing || setup.settings.keepsGoing == true
    options.assumesYes = arguments.assumesYes
    options.homeFolder = Environment.variables["HOME"]
    options.agent = agent
    options.editorCommand = Environment.editor
    options.temporaryFolder = Environment.temporaryFolder
    let isReadOnly = arguments.isReadOnly || setup.settings.isReadOnly == true
    let engine: any OpenedEngine
    do throws(Refusal) {
      engine = try open(arguments, setup, isReadOnly: isReadOnly, &options)
    } catch {
      return error.status
    }
    let shell = Shell(
      engine: engine, console: setup.console, signals: setup.signals,
      isReadOnly: isReadOnly, options: options)
    shell.models = ProviderDirectory(environment: Environment.variables)
    let run = Run(shell: shell, engine: engine, setup: setup)
    if isInteractive { return await run.interact(after: arguments.initialFile) }
    let inputs = (arguments.commands + arguments.files).sorted { $0.number < $1.number }.map(
      \.input)
    if !inputs.contains(.standardInput) { shell.questionReader = setup.questionReader }
    return await run.replay(
      inputs.isEmpty ? [.standardInput] : inputs, after: arguments.initialFile)
  }

  /// Why nothing was opened: it has been told, and the program ends with this status.
  private struct Refusal: Error {
    let status: Int32
  }

  /// Opens what the command line names, here or far away.
  private static func open(
    _ arguments: Arguments, _ setup: Setup, isReadOnly: Bool, _ options: inout Shell.Options
  ) throws(Refusal) -> any OpenedEngine {
    var way: Connect.Way?
    if let request = arguments.remote.request(isReadOnly: isReadOnly) {
      do throws(QrrotError) { way = try Connect.way(request) } catch {
        throw Refusal(status: fail(error, status: 2))
      }
    }
    options.databaseName = way?.name ?? arguments.database.map(OpenDatabase.name)
    do throws(QrrotError) {
      if let way {
        let engine = try Connect.open(way, setup)
        if let redis = engine as? RedisEngine {
          options.promptWord = "redis"
          options.serverVersion = redis.serverVersion
        }
        return engine
      }
      return try OpenDatabase.open(
        OpenDatabase.Request(
          database: arguments.database, memoryLimit: arguments.shared.memoryLimit,
          isReadOnly: arguments.isReadOnly, fsync: arguments.fsync),
        setup)
    } catch {
      throw Refusal(status: setup.statusOfFailedOpening(error))
    }
  }

  /// The status after a signal has ended something.
  static func interruptedStatus(_ signals: SignalState) -> Int32 {
    128 + (signals.termination ?? SIGINT)
  }

  static func fail(_ error: QrrotError, status: Int32) -> Int32 {
    _ = try? FileDescriptor.standardError.writeAll(Array("\(error)\n".utf8))
    return status
  }
}
