import ArgumentParser
import QrrotCore
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
      wrong usage, 3 if the database or the port could not be opened.
      """)

  @Option(
    help: ArgumentHelp("The address to listen on (default: 127.0.0.1).", valueName: "address"))
  var host: String?

  @Option(help: ArgumentHelp("The port, 0 for a free one (default: 7379).", valueName: "port"))
  var port: UInt16?

  @Option(help: ArgumentHelp("How many threads answer (default: 1).", valueName: "count"))
  var threads: Int?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp(
      "A file of mode 0600 with the password that clients have to give.", valueName: "file"))
  var passwordFile: String?

  @Option(
    name: .customLong("tls-cert"),
    help: ArgumentHelp("TLS with the certificates of this PEM file.", valueName: "file"))
  var tlsCertificate: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The key of the certificate, a PEM file.", valueName: "file"))
  var tlsKey: String?

  @Option(
    name: .customLong("max-clients"),
    help: ArgumentHelp("How many clients there may be at once (default: 1024).", valueName: "count")
  )
  var clientLimit: Int?

  @Option(
    name: .customLong("idle-timeout"),
    help: ArgumentHelp(
      "Close clients that are silent for so many seconds; 0 for never (default: 300).",
      valueName: "seconds"))
  var idleSeconds: Int?

  @Option(
    name: .customLong("metrics-port"),
    help: ArgumentHelp(
      "Serve metrics for Prometheus on this port of 127.0.0.1.", valueName: "port"))
  var metricsPort: UInt16?

  @Option(
    name: .customLong("log-file"),
    help: ArgumentHelp("Write the log to this file (default: standard error).", valueName: "file"))
  var logFile: String?

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp(
      "What is logged: debug, info, notice, warning or error (default: info).", valueName: "level"))
  var logLevel: String?

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
    if (tlsCertificate == nil) != (tlsKey == nil) {
      throw ValidationError("--tls-cert and --tls-key go together")
    }
    if let threads, !(1...64).contains(threads) {
      throw ValidationError("--threads is a number from 1 to 64")
    }
    if let clientLimit, !(1...1_000_000).contains(clientLimit) {
      throw ValidationError("--max-clients is a number from 1 to 1000000")
    }
    if let idleSeconds, !(0...31_536_000).contains(idleSeconds) {
      throw ValidationError("--idle-timeout is a number of seconds from 0 to 31536000")
    }
  }
}
