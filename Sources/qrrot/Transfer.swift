import ArgumentParser
import QrrotCore
import QrrotShell
import QrrotStore
import SystemPackage

/// `qrrot import` and `qrrot export`: the shell's words over one database, without a shell.
enum Transfer {
  /// Runs it to its exit status; nil if the command line is neither. Only its first word says so.
  static func run() async -> Int32? {
    let words = Array(CommandLine.arguments.dropFirst())
    switch words.first {
    case "import": return await runImport(Array(words.dropFirst()))
    case "export": return await runExport(Array(words.dropFirst()))
    default: return nil
    }
  }

  private static func runImport(_ words: [String]) async -> Int32 {
    let arguments: ImportArguments
    do { arguments = try ImportArguments.parse(words) } catch {
      return Main.report(error, of: ImportArguments.self)
    }
    var opening = Opening(database: arguments.database, shared: arguments.shared)
    opening.fsync = arguments.fsync
    let options = arguments.options
    let file = Self.file(arguments.file)
    // No database is made, or opened, for a command line that can't mean anything.
    do throws(QrrotError) { try options.check(with: file) } catch {
      return Main.fail(error, status: 2)
    }
    return await opening.run { shell throws(ShellStop) in
      try await shell.importFile(file, options)
    }
  }

  private static func runExport(_ words: [String]) async -> Int32 {
    let arguments: ExportArguments
    do { arguments = try ExportArguments.parse(words) } catch {
      return Main.report(error, of: ExportArguments.self)
    }
    var opening = Opening(database: arguments.database, shared: arguments.shared)
    opening.isReadOnly = true
    opening.assumesYes = arguments.assumesYes
    let options = arguments.options
    let file = Self.file(arguments.file)
    return await opening.run { shell throws(ShellStop) in
      try await shell.exportFile(file, options)
    }
  }

  private static func file(_ name: String) -> TransferFile {
    name == "-" ? .standard : .path(RawArgument.path(of: name))
  }

  /// A database that is opened for one word of the shell.
  private struct Opening {
    let database: String
    let shared: DatabaseArguments
    var fsync: SyncPolicy?
    var isReadOnly = false
    var assumesYes = false

    func run(
      _ body: (Shell) async throws(ShellStop) -> Shell.Outcome
    ) async -> Int32 {
      let setup: Setup
      do throws(QrrotError) { setup = try Setup(shared) } catch {
        return Main.fail(error, status: 2)
      }
      var arguments = OpenDatabase.Request(database: database)
      arguments.memoryLimit = shared.memoryLimit
      arguments.isReadOnly = isReadOnly
      arguments.fsync = fsync
      let engine: LocalEngine
      do throws(QrrotError) {
        engine = try OpenDatabase.open(arguments, setup)
      } catch {
        return setup.statusOfFailedOpening(error)
      }
      var options = Shell.Options()
      options.assumesYes = assumesYes
      let shell = Shell(
        engine: engine, console: setup.console, signals: setup.signals,
        isReadOnly: isReadOnly || setup.settings.isReadOnly == true, options: options)
      shell.questionReader = setup.questionReader
      let run = Run(shell: shell, engine: engine, setup: setup)
      return await run.one(body)
    }
  }
}
