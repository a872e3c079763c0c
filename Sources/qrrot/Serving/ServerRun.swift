import Logging
import QrrotCore
import QrrotServer
import QrrotService
import QrrotShell
import QrrotStore
import SystemPackage

/// One run of the server, from opening the database to closing it.
struct ServerRun {
  let serve: Serve
  let options: ServerOptions
  let configuration: ServiceConfiguration
  let log: ServerLog
  private let manager = ServiceManager(environment: Environment.variables)

  init(
    serve: Serve, options: ServerOptions, configuration: ServiceConfiguration, log: ServerLog
  ) {
    self.serve = serve
    self.options = options
    self.configuration = configuration
    self.log = log
  }

  /// Runs to the exit status.
  func run() async -> Int32 {
    let engine: LocalEngine
    do throws(QrrotError) { engine = try open() } catch {
      if error.code == .interrupted {
        log.log(.notice, "stopped", ["reason": "a signal came while the database was being opened"])
        return 0
      }
      return fail(error)
    }
    let status = await serve(engine)
    do throws(QrrotError) {
      try engine.close()
      log.log(.notice, "stopped", ["database": "\(databaseName)"])
      return status
    } catch {
      log.log(.error, "close-failed", ["reason": "\(error.message)"])
      return status == 0 ? 1 : status
    }
  }

  private func open() throws(QrrotError) -> LocalEngine {
    var request = OpenDatabase.Request(
      database: serve.arguments.database, memoryLimit: configuration.memoryLimit,
      isReadOnly: configuration.isReadOnly, fsync: configuration.policy)
    request.onNote = { log.log(.warning, "database", ["note": "\($0)"]) }
    request.onProgress = { manager.opening() }
    log.log(.info, "opening", ["database": "\(databaseName)"])
    return try OpenDatabase.open(request, serve.setup)
  }

  private func serve(_ engine: LocalEngine) async -> Int32 {
    let service = Service(engine: engine, configuration: configuration, journal: log)
    do throws(QrrotError) {
      let server = try await Server.start(service, options)
      let metrics: MetricsServer?
      do throws(QrrotError) { metrics = try await startMetrics(server) } catch {
        await server.stop(patience: 0)
        throw error
      }
      announce(server, metrics)
      await serveUntilStopped(server)
      await metrics?.stop()
      return 0
    } catch {
      return fail(error)
    }
  }

  private func startMetrics(_ server: Server) async throws(QrrotError) -> MetricsServer? {
    guard let port = serve.settings.metricsPort else { return nil }
    let source = MetricsServer.Source(metrics: { server.metrics() }, illness: { server.illness })
    return try await MetricsServer(port: port, source)
  }

  /// Tells everybody who waits for it that clients can come.
  private func announce(_ server: Server, _ metrics: MetricsServer?) {
    log.log(.notice, "started", facts(server, metrics))
    if options.allowsExposure, !server.isProtected {
      let note = "others can reach this address without a password or without TLS (--insecure)"
      log.log(.warning, "exposed", ["address": "\(server.listening)", "note": "\(note)"])
    }
    let wantedCount = serve.settings.clientLimit ?? ServiceConfiguration().clientLimit
    if configuration.clientLimit < wantedCount {
      let note = "this process may have no more open files (ulimit -n)"
      log.log(
        .warning, "max-clients-lowered",
        ["max-clients": .stringConvertible(configuration.clientLimit), "note": "\(note)"])
    }
    let metricsPort = metrics.map { " metrics-port=\($0.port)" } ?? ""
    // A reader that has gone is no reason not to serve.
    _ = try? FileDescriptor.standardOutput.writeAll(
      Array("ready port=\(server.port)\(metricsPort)\n".utf8))
    manager.ready("serving \(databaseName) on \(server.listening)")
  }

  private func facts(_ server: Server, _ metrics: MetricsServer?) -> Logger.Metadata {
    var fields: Logger.Metadata = [
      "version": "\(Version.current)", "address": "\(server.listening)",
      "database": "\(databaseName)", "policy": "\(configuration.policy?.rawValue ?? "none")",
      "threads": .stringConvertible(configuration.threadCount),
      "tls": .stringConvertible(configuration.hasTLS),
      "password": .stringConvertible(configuration.password != nil),
      "read-only": .stringConvertible(configuration.isReadOnly),
      "max-clients": .stringConvertible(configuration.clientLimit),
      "max-memory": .stringConvertible(configuration.memoryLimit),
    ]
    if let metrics { fields["metrics-port"] = .stringConvertible(metrics.port) }
    return fields
  }

  /// Waits for signals and does what they ask for.
  private func serveUntilStopped(_ server: Server) async {
    let patience = (serve.settings.drainSeconds ?? 10) * 1_000
    var stoppedAt: ContinuousClock.Instant?
    for await event in serve.signals.events {
      switch event {
      case .reopen: reopenLog()
      case .end(let name) where stoppedAt == nil:
        stoppedAt = .now
        manager.stopping()
        log.log(.notice, "stopping", ["signal": "\(name)"])
        let signals = serve.signals
        Task { signals.post(.stopped(cut: await server.stop(patience: patience))) }
      case .end(let name):
        // Some send a signal to a program and to its group: that is one wish, not two.
        if let stoppedAt, .now - stoppedAt < .milliseconds(500) { continue }
        log.log(.notice, "stopping-at-once", ["signal": "\(name)"])
        server.closeConnections()
      case .stopped(let cut):
        if cut > 0 {
          log.log(
            .warning, "clients-cut-off",
            [
              "count": .stringConvertible(cut),
              "note": "they had not taken all replies when the time was up (--drain-timeout)",
            ])
        }
        return
      }
    }
  }

  private func reopenLog() {
    manager.reloading()
    do throws(QrrotError) { try log.reopen() } catch {
      log.log(.error, "log-not-reopened", ["reason": "\(error.message)"])
    }
    manager.ready(nil)
  }

  private var databaseName: String { serve.arguments.database ?? "memory" }

  private func fail(_ error: QrrotError) -> Int32 {
    if serve.settings.logFile != nil {
      log.log(.error, "failed", ["code": "\(error.code.rawValue)", "reason": "\(error.message)"])
    }
    return Main.fail(error, status: 3)
  }
}
