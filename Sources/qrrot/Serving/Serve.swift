import ArgumentParser
import Logging
import QrrotCore
import QrrotServer
import QrrotService
import QrrotShell
import QrrotStore
import SystemPackage

/// `qrrot serve`.
struct Serve {
  let arguments: ServeArguments
  let settings: ServeSettings
  let setup: Setup
  let signals: ServerSignals

  /// Runs it to its exit status; nil if the command line is none of it. Only its first word says so.
  static func run() async -> Int32? {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.first == "serve" else { return nil }
    let arguments: ServeArguments
    do { arguments = try ServeArguments.parse(Array(words.dropFirst())) } catch {
      return Main.report(error, of: ServeArguments.self)
    }
    let signals = ServerSignals.install()
    let serve: Serve
    do throws(QrrotError) {
      let setup = try Setup(
        configurationFile: arguments.configurationFile, leavesColorOut: true, mode: .text,
        signals: signals.state)
      let settings = arguments.settings.winning(over: setup.settings.server)
      try settings.check()
      serve = Serve(arguments: arguments, settings: settings, setup: setup, signals: signals)
    } catch {
      return Main.fail(error, status: 2)
    }
    return await serve.run()
  }

  private func run() async -> Int32 {
    var options = ServerOptions()
    options.host = settings.host ?? options.host
    options.port = settings.port ?? options.port
    options.threadCount = settings.threadCount ?? options.threadCount
    options.allowsExposure = arguments.insecure
    if let certificates = settings.certificateFile, let key = settings.keyFile {
      options.tls = ServerOptions.TLSFiles(certificates: certificates, key: key)
    }
    var configuration = configuration
    let log: ServerLog
    do throws(QrrotError) {
      let address = try ListenAddress(host: options.host, port: options.port)
      do throws(QrrotError) {
        let hasPassword = settings.passwordFile != nil || Environment.password != nil
        if !options.allowsExposure {
          try address.requireProtection(hasPassword: hasPassword, hasTLS: options.tls != nil)
        }
        let limit = try DescriptorLimit.clientLimit(settings.clientLimit)
        configuration.clientLimit = limit ?? configuration.clientLimit
      } catch {
        return Main.fail(error, status: 2)
      }
      configuration.password =
        try settings.passwordFile.map { file throws(QrrotError) in try PasswordFile.read(file) }
        ?? Environment.password
      if let tls = options.tls {
        try PEMFile.check(tls.certificates, what: "the certificate")
        try PEMFile.check(tls.key, what: "the key", isKey: true)
        try tls.check()
      }
      log = try ServerLog(logOptions)
    } catch {
      return Main.fail(error, status: 3)
    }
    let running = ServerRun(serve: self, options: options, configuration: configuration, log: log)
    let status = await running.run()
    log.close()
    return status
  }

  private var configuration: ServiceConfiguration {
    var configuration = ServiceConfiguration()
    configuration.idleSeconds = settings.idleSeconds ?? configuration.idleSeconds
    configuration.stallSeconds = settings.stallSeconds ?? configuration.stallSeconds
    configuration.loginSeconds = settings.loginSeconds ?? configuration.loginSeconds
    configuration.lineByteCount = settings.lineByteCount ?? configuration.lineByteCount
    let one = settings.replyByteCount ?? configuration.replyByteCount
    let all = settings.totalReplyByteCount ?? max(one, configuration.totalReplyByteCount)
    configuration.replyByteCount = min(one, all)
    configuration.totalReplyByteCount = all
    configuration.memoryLimit = OpenDatabase.memoryLimit(arguments.memoryLimit, setup.settings)
    configuration.policy =
      arguments.database == nil ? nil : OpenDatabase.policy(arguments.fsync, setup.settings)
    configuration.isReadOnly = arguments.isReadOnly || setup.settings.isReadOnly == true
    configuration.threadCount = settings.threadCount ?? configuration.threadCount
    configuration.hasTLS = settings.certificateFile != nil
    configuration.host = settings.host ?? configuration.host
    configuration.port = settings.port ?? configuration.port
    configuration.configurationFile = setup.settings.file ?? ""
    return configuration
  }

  private var logOptions: LogOptions {
    var options = LogOptions()
    options.level = settings.logLevel.flatMap(Logger.Level.init(rawValue:)) ?? options.level
    options.format =
      settings.logFormat.flatMap(LogOptions.Format.init(rawValue:)) ?? options.format
    options.file = settings.logFile
    return options
  }
}
