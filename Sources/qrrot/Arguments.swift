public import ArgumentParser
import QrrotCore
public import QrrotShell
public import QrrotStore

/// What every command line has that opens a database.
struct DatabaseArguments: ParsableArguments {
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "How replies are printed: text, raw, json, csv or table (default: text on a terminal, else raw).",
      valueName: "mode"))
  var output: OutputMode?

  @Option(
    name: .customLong("max-memory"),
    help: ArgumentHelp(
      "Refuse writes beyond this much data, as in 512M or 2G (default: 80 % of the memory there is).",
      valueName: "size"),
    transform: Arguments.size)
  var memoryLimit: Int?

  @Flag(name: .customLong("no-color"), help: "No colours; NO_COLOR does the same.")
  var leavesColorOut = false

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "Read settings from this file (default: $XDG_CONFIG_HOME/qrrot/config).", valueName: "file"))
  var configurationFile: String?
}

/// The command line of the program.
struct Arguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot",
    abstract: "The database you can talk to: a shell around a typed key-value engine.",
    usage: "qrrot [OPTIONS] [DATABASE]",
    discussion: """
      Without -c and -f, and with a terminal, it opens the shell; help lists the commands there. \
      Otherwise it runs the commands of -c, -f or standard input and exits: 0 all succeeded, 1 a \
      command failed, 2 wrong usage, 3 the database could not be opened. qrrot check DATABASE \
      verifies a database, qrrot import and qrrot export move data in and out, qrrot copy moves it from \
      one database to another; each has --help.
      """,
    version: Version.current)

  @Option(
    name: .customShort("c"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Run a command and exit; may hold several lines. Repeatable.", valueName: "command"),
    transform: { OrderedInput(.command(RawArgument.bytes(of: $0))) })
  var commands: [OrderedInput] = []

  @Option(
    name: .customShort("f"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replay a command file and exit; - is standard input. Repeatable.", valueName: "file"),
    transform: { OrderedInput($0 == "-" ? .standardInput : .file(RawArgument.path(of: $0))) })
  var files: [OrderedInput] = []

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("Run a command file first, without printing its replies.", valueName: "file")
  )
  var initialFile: String?

  @Flag(name: .customLong("keep-going"), help: "A failed command does not end the run.")
  var keepsGoing = false

  @Flag(name: .customLong("read-only"), help: "Every write is refused.")
  var isReadOnly = false

  @Option(
    name: .customLong("fsync"),
    help: ArgumentHelp(
      "When writes are synced to the disk: always, second or never (default: always).",
      valueName: "policy"))
  var fsync: SyncPolicy?

  @Flag(name: .customLong("yes"), help: "Answer questions with yes, in this run.")
  var assumesYes = false

  @OptionGroup var remote: RemoteArguments

  @OptionGroup var shared: DatabaseArguments

  @OptionGroup var agent: AgentArguments

  @Argument(help: ArgumentHelp("The folder of a database.", valueName: "database"))
  var database: String?

  func validate() throws {
    if database?.isEmpty == true { throw ValidationError("the name of a database can't be empty") }
    try remote.check(
      database: database, hasLocalOptions: fsync != nil || shared.memoryLimit != nil)
  }
}

extension Arguments {
  /// A size as it is written.
  static func size(_ text: String) throws -> Int {
    guard let size = ByteSize.parse(text) else {
      throw ValidationError("a size is a number with or without K, M, G or T, as in 512M")
    }
    return size
  }
}

extension OutputMode: ExpressibleByArgument {}
extension SyncPolicy: ExpressibleByArgument {}

/// A `-c` or `-f` with its place among all of them: the argument parser keeps the order of one
/// option, not of two, but it reads them from left to right.
struct OrderedInput {
  let input: ReplayInput
  let number: Int

  init(_ input: ReplayInput) {
    self.input = input
    number = Self.counter.next()
  }

  private static let counter = Counter()
}
