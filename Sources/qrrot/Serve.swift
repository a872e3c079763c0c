import ArgumentParser
import QrrotCore
import QrrotServer
import QrrotService
import QrrotShell
import QrrotStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `qrrot serve`.
struct Serve {
  let arguments: ServeArguments
  let setup: Setup

  /// Runs it to its exit status; nil if the command line is none of it. Only its first word says so.
  static func run() async -> Int32? {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.first == "serve" else { return nil }
    let arguments: ServeArguments
    do { arguments = try ServeArguments.parse(Array(words.dropFirst())) } catch {
      return Main.report(error, of: ServeArguments.self)
    }
    do throws(QrrotError) {
      let setup = try Setup(
        configurationFile: arguments.configurationFile, leavesColorOut: true, mode: .text)
      return await Serve(arguments: arguments, setup: setup).run()
    } catch {
      return Main.fail(error, status: 2)
    }
  }

  private func run() async -> Int32 {
    let engine: LocalEngine
    do throws(QrrotError) {
      engine = try OpenDatabase.open(
        OpenDatabase.Request(
          database: arguments.database, memoryLimit: arguments.memoryLimit,
          isReadOnly: arguments.isReadOnly, fsync: arguments.fsync),
        setup)
    } catch {
      return setup.statusOfFailedOpening(error)
    }
    var configuration = ServiceConfiguration()
    configuration.clientLimit = arguments.clientLimit ?? 1_024
    configuration.idleSeconds = arguments.idleSeconds ?? 300
    configuration.threadCount = arguments.threads ?? 1
    var options = ServerOptions()
    options.host = arguments.host ?? "127.0.0.1"
    options.port = Int(arguments.port ?? 7379)
    options.threadCount = configuration.threadCount
    let service = Service(engine: engine, configuration: configuration)
    do throws(QrrotError) {
      let server = try await Server.start(service, options)
      print("ready port=\(server.port)")
      while setup.signals.termination == nil, !setup.signals.interrupt.isRaised {
        usleep(100_000)
      }
      await server.stop()
      try engine.close()
      return 0
    } catch {
      return Main.fail(error, status: 3)
    }
  }
}
