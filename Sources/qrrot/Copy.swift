import ArgumentParser
import QrrotCore
import QrrotShell
import QrrotStore

/// `qrrot copy`.
enum Copy {
  /// Runs it to its exit status; nil if the command line is none of it. Only its first word says so.
  static func run() async -> Int32? {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.first == "copy" else { return nil }
    let arguments: CopyArguments
    do { arguments = try CopyArguments.parse(Array(words.dropFirst())) } catch {
      return Main.report(error, of: CopyArguments.self)
    }
    let setup: Setup
    let source: DatabasePlace
    let target: DatabasePlace
    do throws(QrrotError) {
      setup = try Setup(arguments.shared)
      (source, target) = try places(arguments)
    } catch {
      return Main.fail(error, status: 2)
    }
    return await copy(from: source, to: target, arguments, setup)
  }

  /// What the command line names.
  ///
  /// - Throws: what is wrong with it.
  private static func places(
    _ arguments: CopyArguments
  ) throws(QrrotError) -> (source: DatabasePlace, target: DatabasePlace) {
    let servers = arguments.servers
    var source = Connect.Request(url: arguments.source, label: "SOURCE")
    source.passwordFile = servers.sourcePasswordFile ?? servers.passwordFile
    source.authorityFile = servers.sourceAuthorityFile
    source.isReadOnly = true
    source.readsFromReplicas = servers.readsFromReplicas
    var target = Connect.Request(url: arguments.target, label: "TARGET")
    target.passwordFile = servers.targetPasswordFile ?? servers.passwordFile
    target.authorityFile = servers.targetAuthorityFile
    let places = (
      try DatabasePlace(source, sharedAuthorityFile: servers.authorityFile),
      try DatabasePlace(target, sharedAuthorityFile: servers.authorityFile)
    )
    if servers.authorityFile != nil, !places.0.isSecure, !places.1.isSecure {
      throw Connect.authorityIsForTLS
    }
    guard !places.0.isSame(as: places.1) else {
      throw QrrotError(.syntax, "SOURCE and TARGET are the same database")
    }
    return places
  }

  private static func copy(
    from source: DatabasePlace, to target: DatabasePlace, _ arguments: CopyArguments, _ setup: Setup
  ) async -> Int32 {
    let (reader, writer): (any OpenedEngine, any OpenedEngine)
    do throws(QrrotError) {
      let limit = OpenDatabase.memoryLimit(arguments.shared.memoryLimit, setup.settings)
      var request = OpenDatabase.Request(memoryLimit: limit, isReadOnly: true)
      reader = try source.open(request, setup)
      // Both are in the memory of this machine.
      request.memoryLimit = max(1, limit - ((reader as? LocalEngine)?.facts.dataByteCount ?? 0))
      request.isReadOnly = false
      request.fsync = arguments.fsync
      do throws(QrrotError) { writer = try target.open(request, setup) } catch {
        try? reader.close()
        throw error
      }
    } catch {
      return setup.statusOfFailedOpening(error)
    }
    let shell = Shell(
      engine: writer, console: setup.console, signals: setup.signals,
      isReadOnly: setup.settings.isReadOnly == true)
    let status = await Run(shell: shell, engine: writer, setup: setup).one {
      shell throws(ShellStop) in
      try await shell.copyRecords(
        from: reader, onConflict: arguments.onConflict ?? .error,
        matching: arguments.pattern.map(RawArgument.bytes))
    }
    // Nothing was written to it.
    try? reader.close()
    return status
  }
}

extension DatabasePlace {
  /// What a word of the command line names, and how to get there.
  ///
  /// - Parameter sharedAuthorityFile: what may vouch for it, if it is a server with TLS of which nothing
  ///   else is said.
  fileprivate init(
    _ request: Connect.Request, sharedAuthorityFile: String?
  ) throws(QrrotError) {
    guard Self.isServer(request.url) else {
      self = .folder(request.url)
      return
    }
    var way = try Connect.way(request)
    if way.isSecure, way.authorityFile == nil, let file = sharedAuthorityFile {
      try PEMFile.check(file, what: "the file of --tls-ca")
      way.authorityFile = file
    }
    self = .server(way)
  }

  fileprivate var isSecure: Bool {
    guard case .server(let way) = self else { return false }
    return way.isSecure
  }

  fileprivate func open(
    _ request: OpenDatabase.Request, _ setup: Setup
  ) throws(QrrotError) -> any OpenedEngine {
    switch self {
    case .folder(let name):
      var request = request
      request.database = name
      return try OpenDatabase.open(request, setup)
    case .server(let way): return try Connect.open(way, setup)
    }
  }
}
