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

  /// The server that is named; nil without one.
  func request(isReadOnly: Bool) -> Connect.Request? {
    url.map { url in
      Connect.Request(
        url: url, label: "--connect", passwordFile: passwordFile, authorityFile: authorityFile,
        isReadOnly: isReadOnly)
    }
  }

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
  /// A server, as a command line names it, and what it says of the way there.
  struct Request {
    /// The address.
    var url: String
    /// What the command line calls the address, for errors.
    var label: String
    var passwordFile: String?
    var authorityFile: String?
    var isReadOnly = false
  }

  /// What is needed to connect.
  ///
  /// - Throws: what is wrong with the command line.
  static func options(_ request: Request) throws(QrrotError) -> RemoteOptions {
    let address: RemoteAddress
    do throws(QrrotError) { address = try RemoteAddress(request.url) } catch {
      throw QrrotError(error.code, "\(request.label): \(error.message)")
    }
    var options = RemoteOptions(address)
    guard request.authorityFile == nil || address.isSecure else {
      throw QrrotError(.syntax, "--tls-ca goes with qrrots://")
    }
    if let file = request.authorityFile { try PEMFile.check(file, what: "the file of --tls-ca") }
    options.authorityFile = request.authorityFile
    options.isReadOnly = request.isReadOnly
    if let file = request.passwordFile {
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
