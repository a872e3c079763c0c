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
      """
      Use a served database: qrrot://host:port; or Redis or Valkey: redis://host:port/db, \
      redis+cluster://host:port,host:port or redis+sentinel://host:port/master. With qrrots and rediss \
      for TLS.
      """, valueName: "url"))
  var url: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp(
      "The file that holds the server's password, or user:password@; QRROT_PASSWORD does the same.",
      valueName: "file"))
  var passwordFile: String?

  @Option(
    name: .customLong("tls-ca"),
    help: ArgumentHelp(
      "The certificates that may vouch for the server (default: the system's).", valueName: "file"))
  var authorityFile: String?

  @Flag(
    name: .customLong("read-from-replicas"),
    help: "Let the replicas of a cluster answer what only reads; it may be a little old.")
  var readsFromReplicas = false

  /// The server that is named; nil without one.
  func request(isReadOnly: Bool) -> Connect.Request? {
    url.map { url in
      Connect.Request(
        url: url, label: "--connect", passwordFile: passwordFile, authorityFile: authorityFile,
        isReadOnly: isReadOnly, readsFromReplicas: readsFromReplicas)
    }
  }

  /// Checks what goes together.
  func check(database: String?, hasLocalOptions: Bool) throws {
    guard url != nil else {
      guard passwordFile == nil, authorityFile == nil, !readsFromReplicas else {
        throw ValidationError(
          "--password-file, --tls-ca and --read-from-replicas go with --connect")
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
extension RedisEngine: OpenedEngine {}

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
    var readsFromReplicas = false
  }

  /// The way to a server.
  enum Way {
    case served(RemoteOptions)
    case redis(RedisOptions)
  }

  /// What is needed to connect.
  ///
  /// - Throws: what is wrong with the command line.
  static func way(_ request: Request) throws(QrrotError) -> Way {
    request.url.lowercased().hasPrefix("redis")
      ? .redis(try redis(request)) : .served(try served(request))
  }

  private static func served(_ request: Request) throws(QrrotError) -> RemoteOptions {
    var options = RemoteOptions(try address(request, RemoteAddress.init))
    guard !request.readsFromReplicas else { throw replicasAreOfClusters }
    options.authorityFile = try authorityFile(request, isSecure: options.address.isSecure)
    options.isReadOnly = request.isReadOnly
    options.password = try Credentials.text(request.passwordFile)
    return options
  }

  private static func redis(_ request: Request) throws(QrrotError) -> RedisOptions {
    var options = RedisOptions(try address(request, RedisAddress.init))
    guard !request.readsFromReplicas || options.address.kind == .cluster else {
      throw replicasAreOfClusters
    }
    options.authorityFile = try authorityFile(request, isSecure: options.address.isSecure)
    options.isReadOnly = request.isReadOnly
    options.readsFromReplicas = request.readsFromReplicas
    let credentials = try Credentials(request.passwordFile, addressUser: options.address.user)
    options.user = credentials.user
    options.password = credentials.password
    return options
  }

  private static func address<A>(
    _ request: Request, _ make: (String) throws(QrrotError) -> A
  ) throws(QrrotError) -> A {
    do throws(QrrotError) { return try make(request.url) } catch {
      throw QrrotError(error.code, "\(request.label): \(error.message)")
    }
  }

  private static func authorityFile(
    _ request: Request, isSecure: Bool
  ) throws(QrrotError) -> String? {
    guard let file = request.authorityFile else { return nil }
    guard isSecure else { throw authorityIsForTLS }
    try PEMFile.check(file, what: "the file of --tls-ca")
    return file
  }

  static let authorityIsForTLS = QrrotError(
    .syntax, "--tls-ca goes with TLS: with qrrots:// or rediss://")
  private static let replicasAreOfClusters = QrrotError(
    .syntax, "--read-from-replicas goes with redis+cluster://")

  /// Connects.
  static func open(_ way: Way, _ setup: Setup) throws(QrrotError) -> any OpenedEngine {
    if way.hasPassword, !way.isSecure, !way.isLoopback {
      try? setup.console.note(
        "the password goes to \(way.name) in the open; \(way.secureScheme) hides it from the network"
      )
    }
    switch way {
    case .served(let options):
      return try RemoteEngine(options, interrupt: setup.signals.interrupt)
    case .redis(let options):
      return try RedisEngine(options, interrupt: setup.signals.interrupt)
    }
  }
}

extension Connect.Way {
  /// Where it leads, as the prompt says it.
  var name: String {
    switch self {
    case .served(let options): options.address.name
    case .redis(let options): options.address.name
    }
  }

  /// Whether it is with TLS.
  var isSecure: Bool {
    switch self {
    case .served(let options): options.address.isSecure
    case .redis(let options): options.address.isSecure
    }
  }

  /// Whether it leads to this machine.
  var isLoopback: Bool {
    switch self {
    case .served(let options): options.address.isLoopback
    case .redis(let options): options.address.isLoopback
    }
  }

  /// How an address with TLS begins.
  var secureScheme: String {
    switch self {
    case .served: "qrrots://"
    case .redis: "rediss://"
    }
  }

  private var password: [UInt8]? {
    switch self {
    case .served(let options): options.password
    case .redis(let options): options.password
    }
  }

  /// Whether a password goes over it.
  var hasPassword: Bool { password != nil }

  /// The file of those who may vouch for the server.
  var authorityFile: String? {
    get {
      switch self {
      case .served(let options): options.authorityFile
      case .redis(let options): options.authorityFile
      }
    }
    set {
      switch self {
      case .served(var options):
        options.authorityFile = newValue
        self = .served(options)
      case .redis(var options):
        options.authorityFile = newValue
        self = .redis(options)
      }
    }
  }

  /// Whether both lead to the same database, as far as their names tell.
  func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.served(let one), .served(let two)):
      one.address.host.lowercased() == two.address.host.lowercased()
        && one.address.port == two.address.port
    case (.redis(let one), .redis(let two)):
      one.address.kind == two.address.kind && one.address.database == two.address.database
        && !Set(one.address.names).isDisjoint(with: two.address.names)
    default: false
    }
  }
}

extension RedisAddress {
  /// The hosts as text in small letters.
  fileprivate var names: [String] { hosts.map { $0.name.lowercased() } }
}
