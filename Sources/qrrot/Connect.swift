import ArgumentParser
import QrrotCore
import QrrotRemote
import QrrotShell
import QrrotStore

/// What a command line says of a server in the place of a database of its own.
struct RemoteArguments: ParsableArguments {
  @Option(
    name: .customLong("connect"),
    help: ArgumentHelp(
      "Use a served database: qrrot://host:port, or qrrots://host:port for TLS.", valueName: "url"))
  var url: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp(
      "The file that holds the server's password; QRROT_PASSWORD does the same.",
      valueName: "file"))
  var passwordFile: String?

  @Option(
    name: .customLong("tls-ca"),
    help: ArgumentHelp(
      "The certificates that may vouch for the server (default: the system's).", valueName: "file"))
  var authorityFile: String?

  /// Checks what goes together.
  func check(database: String?, hasLocalOptions: Bool) throws {
    guard url != nil else {
      guard passwordFile == nil, authorityFile == nil else {
        throw ValidationError("--password-file and --tls-ca go with --connect")
      }
      return
    }
    guard database == nil else {
      throw ValidationError("--connect names a database already; leave the folder out")
    }
    guard !hasLocalOptions else {
      throw ValidationError("--fsync and --max-memory are the server's, not its clients'")
    }
  }
}

/// An engine that a run has opened, and closes at its end.
protocol OpenedEngine: Engine {
  /// Ends its use.
  ///
  /// - Throws: `io`, `unknown-outcome`: what was written may not last.
  func close() throws(QrrotError)
}

extension LocalEngine: OpenedEngine {}
extension RemoteEngine: OpenedEngine {}

/// Connecting to what the command line names.
enum Connect {
  /// What is needed to connect.
  ///
  /// - Throws: what is wrong with the command line.
  static func options(
    _ url: String, _ arguments: RemoteArguments, isReadOnly: Bool
  ) throws(QrrotError) -> RemoteOptions {
    var options = RemoteOptions(try RemoteAddress(url))
    guard arguments.authorityFile == nil || options.address.isSecure else {
      throw QrrotError(.syntax, "--tls-ca goes with qrrots://")
    }
    if let file = arguments.authorityFile { try PEMFile.check(file, what: "the file of --tls-ca") }
    options.authorityFile = arguments.authorityFile
    options.isReadOnly = isReadOnly
    if let file = arguments.passwordFile {
      options.password = try PasswordFile.read(file)
    } else {
      options.password = Environment.password
    }
    return options
  }

  /// Connects.
  static func open(_ options: RemoteOptions, _ setup: Setup) throws(QrrotError) -> RemoteEngine {
    let address = options.address
    if options.password != nil, !address.isSecure, !address.isLoopback {
      try? setup.console.note(
        "the password goes to \(address.name) in the open; qrrots:// hides it from the network")
    }
    return try RemoteEngine(options, interrupt: setup.signals.interrupt)
  }
}
