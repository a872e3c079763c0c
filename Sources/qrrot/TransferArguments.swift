public import ArgumentParser
public import QrrotCore
public import QrrotShell
import QrrotStore

/// The command line of `qrrot import`.
struct ImportArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot import",
    abstract: "Reads records from a file into a database: all of them or none.",
    usage: "qrrot import FILE [OPTIONS] DATABASE",
    discussion: """
      It exits with 0 if all records were imported, or skipped as the options say; 1 if one was wrong; \
      2 for wrong usage; 3 if the database could not be opened.
      """)

  @Option(
    name: .customLong("format"),
    help: ArgumentHelp(
      "qrrot, jsonl, json, csv or tsv (default: by the file's name).", valueName: "format"))
  var format: TransferFormat?

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp(
      "The field that is the key, or a text with JSON Paths in braces, as 'movie:{$.year}:{$.title}'.",
      valueName: "template"))
  var key: String?

  @Option(
    name: .customLong("on-conflict"),
    help: ArgumentHelp(
      "What becomes of a key that is there or comes twice: error, skip or replace (default: error).",
      valueName: "policy"))
  var onConflict: ConflictPolicy?

  @Option(
    name: .customLong("on-missing-key"),
    help: ArgumentHelp(
      "What becomes of a record without a key: error or skip (default: skip).", valueName: "policy")
  )
  var onMissingKey: MissingKeyPolicy?

  @Flag(
    name: .customLong("keep-going"), help: "Report records that are wrong and import the others.")
  var keepsGoing = false

  @Option(
    name: .customLong("fsync"),
    help: ArgumentHelp(
      "When the data is synced to the disk: always, second or never (default: always).",
      valueName: "policy"))
  var fsync: SyncPolicy?

  @OptionGroup var shared: DatabaseArguments

  @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
  var file: String

  @Argument(
    help: ArgumentHelp("The folder of a database, which is made if absent.", valueName: "database"))
  var database: String

  /// What the shell's `import` is told.
  var options: ImportOptions {
    var options = ImportOptions()
    options.format = format
    options.key = key.map(RawArgument.bytes)
    options.onConflict = onConflict ?? .error
    options.requiresKeys = onMissingKey == .error
    options.keepsGoing = keepsGoing
    return options
  }
}

/// The command line of `qrrot export`.
struct ExportArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot export",
    abstract: "Writes the keys and values of a database to a file.",
    usage: "qrrot export FILE [OPTIONS] DATABASE",
    discussion: """
      The database is opened as if by --read-only. It exits with 0 if all was written, 1 if not, 2 for \
      wrong usage, 3 if the database could not be opened.
      """)

  @Option(
    name: .customLong("format"),
    help: ArgumentHelp(
      "qrrot, jsonl, json, csv or tsv (default: by the file's name, else qrrot).",
      valueName: "format"))
  var format: TransferFormat?

  @Option(
    name: .customLong("pattern"),
    help: ArgumentHelp("Only keys that match this pattern, as 'user:*'.", valueName: "pattern"))
  var pattern: String?

  @Flag(name: .customLong("yes"), help: "Replace a file that is there without a question.")
  var assumesYes = false

  @Flag(name: .customLong("read-only"), help: "Accepted for symmetry: export never writes.")
  var isReadOnly = false

  @OptionGroup var shared: DatabaseArguments

  @Argument(help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var file: String

  @Argument(help: ArgumentHelp("The folder of a database.", valueName: "database"))
  var database: String

  /// What the shell's `export` is told.
  var options: ExportOptions {
    var options = ExportOptions()
    options.format = format
    options.pattern = pattern.map(RawArgument.bytes)
    return options
  }
}

/// What becomes of a record without a key.
enum MissingKeyPolicy: String, CaseIterable, ExpressibleByArgument {
  case error, skip
}

extension TransferFormat: ExpressibleByArgument {}
extension ConflictPolicy: ExpressibleByArgument {}
