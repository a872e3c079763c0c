import ArgumentParser
import QrrotCore
import QrrotShell
import QrrotStore

/// The command line of `qrrot serve`.
struct ServeArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qrrot serve",
    abstract: "Serves a database over the network: the Redis protocol, and plain lines.",
    usage: "qrrot serve [OPTIONS] [DATABASE]",
    discussion: """
      Without DATABASE the data is in memory, and gone at the end. It listens on this machine alone \
      unless --host says otherwise; another address needs --password-file, --tls-cert and --tls-key. \
      SIGTERM ends it cleanly, SIGHUP opens its log file anew. It exits with 0 after a clean end, 2 for \
      wrong usage, 3 if the database, the port or a file of the server could not be opened.
      """)

  @OptionGroup var listening: ListeningArguments

  @OptionGroup var limits: ServerLimitArguments

  @Flag(help: "Listen on any address without a password or TLS.")
  var insecure = false

  @Flag(name: .customLong("read-only"), help: "Every write is refused.")
  var isReadOnly = false

  @Option(
    name: .customLong("fsync"),
    help: ArgumentHelp(
      "When writes are synced to the disk: always, second or never (default: always).",
      valueName: "policy"))
  var fsync: SyncPolicy?

  @Option(
    name: .customLong("max-memory"),
    help: ArgumentHelp(
      "What data and clients may take, as in 512M or 2G (default: 80 % of the memory there is).",
      valueName: "size"),
    transform: Arguments.size)
  var memoryLimit: Int?

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "Read settings from this file (default: $XDG_CONFIG_HOME/qrrot/config).", valueName: "file"))
  var configurationFile: String?

  @Argument(help: ArgumentHelp("The folder of a database.", valueName: "database"))
  var database: String?

  func validate() throws {
    if database?.isEmpty == true { throw ValidationError("the name of a database can't be empty") }
  }

  /// The same as settings.
  var settings: ServeSettings {
    var settings = ServeSettings()
    for (name, value) in listening.values + limits.values {
      if let value { _ = settings.set(name, to: value) }
    }
    return settings
  }

  /// The value of a flag, if it is one of the setting of that name.
  static func checked(_ name: String, _ value: String) throws -> String {
    var settings = ServeSettings()
    guard let fault = settings.set(name, to: value) else { return value }
    throw ValidationError("it \(fault)")
  }
}

/// Where the server listens, who may come in, and where it writes its log.
struct ListeningArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("The address to listen on (default: 127.0.0.1).", valueName: "address"),
    transform: { try ServeArguments.checked("host", $0) })
  var host: String?

  @Option(
    help: ArgumentHelp("The port, 0 for a free one (default: 7379).", valueName: "port"),
    transform: { try ServeArguments.checked("port", $0) })
  var port: String?

  @Option(
    help: ArgumentHelp("How many threads answer (default: 1).", valueName: "count"),
    transform: { try ServeArguments.checked("threads", $0) })
  var threads: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp(
      "A file of mode 0600 with the password that clients have to give.", valueName: "file"),
    transform: { try ServeArguments.checked("password-file", $0) })
  var passwordFile: String?

  @Option(
    name: .customLong("tls-cert"),
    help: ArgumentHelp("TLS with the certificates of this PEM file.", valueName: "file"),
    transform: { try ServeArguments.checked("tls-cert", $0) })
  var certificateFile: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The key of the certificate, a PEM file.", valueName: "file"),
    transform: { try ServeArguments.checked("tls-key", $0) })
  var keyFile: String?

  @Option(
    name: .customLong("metrics-port"),
    help: ArgumentHelp(
      "Serve metrics for Prometheus on this port of 127.0.0.1.", valueName: "port"),
    transform: { try ServeArguments.checked("metrics-port", $0) })
  var metricsPort: String?

  @Option(
    name: .customLong("log-file"),
    help: ArgumentHelp("Write the log to this file (default: standard error).", valueName: "file"),
    transform: { try ServeArguments.checked("log-file", $0) })
  var logFile: String?

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp(
      "What is logged: debug, info, notice, warning or error (default: info).", valueName: "level"),
    transform: { try ServeArguments.checked("log-level", $0) })
  var logLevel: String?

  @Option(
    name: .customLong("log-format"),
    help: ArgumentHelp(
      "How an event is written: logfmt or json (default: logfmt).", valueName: "format"),
    transform: { try ServeArguments.checked("log-format", $0) })
  var logFormat: String?

  var values: [(String, String?)] {
    [
      ("host", host), ("port", port), ("threads", threads), ("password-file", passwordFile),
      ("tls-cert", certificateFile), ("tls-key", keyFile), ("metrics-port", metricsPort),
      ("log-file", logFile), ("log-level", logLevel), ("log-format", logFormat),
    ]
  }
}

/// What clients may take.
struct ServerLimitArguments: ParsableArguments {
  @Option(
    name: .customLong("max-clients"),
    help: ArgumentHelp(
      "How many clients there may be at once (default: 1024).", valueName: "count"),
    transform: { try ServeArguments.checked("max-clients", $0) })
  var clientLimit: String?

  @Option(
    name: .customLong("idle-timeout"),
    help: ArgumentHelp(
      "Close clients that are silent for so many seconds; 0 for never (default: 300).",
      valueName: "seconds"),
    transform: { try ServeArguments.checked("idle-timeout", $0) })
  var idleTimeout: String?

  @Option(
    name: .customLong("stall-timeout"),
    help: ArgumentHelp(
      "Close clients that take none of their replies for so many seconds (default: 60).",
      valueName: "seconds"),
    transform: { try ServeArguments.checked("stall-timeout", $0) })
  var stallTimeout: String?

  @Option(
    name: .customLong("login-timeout"),
    help: ArgumentHelp(
      "Close clients that have not logged in after so many seconds (default: 5).",
      valueName: "seconds"),
    transform: { try ServeArguments.checked("login-timeout", $0) })
  var loginTimeout: String?

  @Option(
    name: .customLong("drain-timeout"),
    help: ArgumentHelp(
      "At the end, give clients so many seconds for their last replies (default: 10).",
      valueName: "seconds"),
    transform: { try ServeArguments.checked("drain-timeout", $0) })
  var drainTimeout: String?

  @Option(
    name: .customLong("max-reply-buffer"),
    help: ArgumentHelp(
      "How much of replies may wait for one client (default: 32M).", valueName: "size"),
    transform: { try ServeArguments.checked("max-reply-buffer", $0) })
  var replyBuffer: String?

  @Option(
    name: .customLong("max-reply-memory"),
    help: ArgumentHelp(
      "How much of replies may wait for all clients together (default: 48M).", valueName: "size"),
    transform: { try ServeArguments.checked("max-reply-memory", $0) })
  var replyMemory: String?

  @Option(
    name: .customLong("max-line"),
    help: ArgumentHelp("The longest plain line (default: 1M).", valueName: "size"),
    transform: { try ServeArguments.checked("max-line", $0) })
  var lineLimit: String?

  var values: [(String, String?)] {
    [
      ("max-clients", clientLimit), ("idle-timeout", idleTimeout),
      ("stall-timeout", stallTimeout), ("login-timeout", loginTimeout),
      ("drain-timeout", drainTimeout), ("max-reply-buffer", replyBuffer),
      ("max-reply-memory", replyMemory), ("max-line", lineLimit),
    ]
  }
}
