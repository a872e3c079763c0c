import ArgumentParser
import QrrotCore
import QrrotShell
import QrrotStore

/// The command line of `qrrot copy`.
struct CopyArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot copy",
    abstract: "Copies the records of one database to another, with types and expiry.",
    usage: "qrrot copy SOURCE TARGET [OPTIONS]",
    discussion: """
      Both are folders or servers, with addresses as for --connect. What the target has already \
      is passed over, so a copy that was ended goes on when it is run again. It exits \
      with 0 if all is there, 1 if not, 2 for wrong usage, 3 if one of the two could not be opened.
      """)

  @Option(
    name: .customLong("on-conflict"),
    help: ArgumentHelp(
      "What becomes of a key under which the target holds something else: error, skip or replace (default: error).",
      valueName: "policy"))
  var onConflict: ConflictPolicy?

  @Option(
    name: .customLong("pattern"),
    help: ArgumentHelp("Only keys that match this pattern, as 'user:*'.", valueName: "pattern"))
  var pattern: String?

  @OptionGroup var servers: CopyServerArguments

  @Option(
    name: .customLong("fsync"),
    help: ArgumentHelp(
      "When a target that is a folder is synced to the disk: always, second or never (default: always).",
      valueName: "policy"))
  var fsync: SyncPolicy?

  @OptionGroup var shared: DatabaseArguments

  @Argument(help: ArgumentHelp("A folder that is there, or a server's URL.", valueName: "source"))
  var source: String

  @Argument(
    help: ArgumentHelp(
      "A folder, which is made if absent, or a server's URL.", valueName: "target"))
  var target: String

  func validate() throws {
    guard !source.isEmpty, !target.isEmpty else {
      throw ValidationError("the name of a database can't be empty")
    }
    try servers.check(
      source: DatabasePlace.isServer(source), target: DatabasePlace.isServer(target))
    if fsync != nil, DatabasePlace.isServer(target) {
      throw ValidationError("--fsync is for a target that is a folder; a server has its own")
    }
  }
}

/// What `qrrot copy` is told of the servers that it connects to.
struct CopyServerArguments: ParsableArguments {
  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp(
      "The file that holds the password of the servers; QRROT_PASSWORD does the same.",
      valueName: "file"))
  var passwordFile: String?

  @Option(
    name: .customLong("source-password-file"),
    help: ArgumentHelp("The same for the source alone.", valueName: "file"))
  var sourcePasswordFile: String?

  @Option(
    name: .customLong("target-password-file"),
    help: ArgumentHelp("The same for the target alone.", valueName: "file"))
  var targetPasswordFile: String?

  @Option(
    name: .customLong("tls-ca"),
    help: ArgumentHelp(
      "The certificates that may vouch for the servers (default: the system's).", valueName: "file")
  )
  var authorityFile: String?

  @Option(
    name: .customLong("source-tls-ca"),
    help: ArgumentHelp("The same for the source alone.", valueName: "file"))
  var sourceAuthorityFile: String?

  @Option(
    name: .customLong("target-tls-ca"),
    help: ArgumentHelp("The same for the target alone.", valueName: "file"))
  var targetAuthorityFile: String?

  @Flag(
    name: .customLong("read-from-replicas"),
    help: "Read a source that is a cluster from its replicas; they may be a little behind.")
  var readsFromReplicas = false

  /// Checks what goes together.
  ///
  /// - Parameters:
  ///   - source: whether the source is a server.
  ///   - target: whether the target is one.
  func check(source: Bool, target: Bool) throws {
    guard source || target || (passwordFile == nil && authorityFile == nil) else {
      throw ValidationError("--password-file and --tls-ca are for servers, and both are folders")
    }
    guard source || (sourcePasswordFile == nil && sourceAuthorityFile == nil) else {
      throw ValidationError(
        "--source-password-file and --source-tls-ca are for a server, and SOURCE is a folder")
    }
    guard source || !readsFromReplicas else {
      throw ValidationError("--read-from-replicas is for a source that is a cluster")
    }
    guard target || (targetPasswordFile == nil && targetAuthorityFile == nil) else {
      throw ValidationError(
        "--target-password-file and --target-tls-ca are for a server, and TARGET is a folder")
    }
  }
}
