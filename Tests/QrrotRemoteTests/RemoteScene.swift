import QrrotCore
import QrrotParser
import QrrotRemote
import QrrotServer
import QrrotService
import QrrotStore

/// A server in this process, on a port of its own, and the database behind it.
final class RemoteScene: Sendable {
  let engine: LocalEngine
  let server: Server

  init(
    _ engine: LocalEngine = LocalEngine(), port: Int = 0,
    _ configure: (inout ServiceConfiguration, inout ServerOptions) -> Void = { _, _ in }
  ) async throws {
    self.engine = engine
    var configuration = ServiceConfiguration()
    var options = ServerOptions()
    options.port = port
    options.hasStandingClock = true
    configure(&configuration, &options)
    server = try await Server.start(
      Service(engine: engine, configuration: configuration), options)
  }

  /// Options that lead to the server, or to what stands in front of it; nothing takes long in a test.
  func options(port: Int? = nil) throws -> RemoteOptions {
    RemoteOptions(try RemoteAddress("qrrot://127.0.0.1:\(port ?? server.port)"))
  }

  func connect(_ change: (inout RemoteOptions) -> Void = { _ in }) throws -> RemoteEngine {
    var options = try options()
    change(&options)
    return try RemoteEngine(options)
  }

  func stop() async { await server.stop() }

  /// What a command answers on the database itself.
  func run(_ line: String) async -> String {
    var client = LineClient(engine)
    return await client.run(line)
  }
}

/// Runs lines in a session, and tells in text what came of each.
struct LineClient {
  let engine: any Engine
  var session = Session()
  private var parser = Parser()

  init(_ engine: any Engine) { self.engine = engine }

  /// The reply in text form with its notes, or the error, without a line feed at the end.
  mutating func run(_ line: String) async -> String {
    var command = Command()
    var reply = Reply()
    do {
      _ = try parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
      try await engine.execute(command, in: &session, into: &reply)
    } catch let failure as ParseFailure {
      return failure.error.description
    } catch {
      return "\(error)"
    }
    var text: [UInt8] = []
    TextForm.append(reply, to: &text)
    if text.last == 0x0A { text.removeLast() }
    return ([String(decoding: text, as: UTF8.self)] + reply.notes).joined(separator: "\n")
  }

  /// The error's code; nil for a reply.
  mutating func code(_ line: String) async -> QrrotError.Code? {
    let text = await run(line)
    guard text.hasPrefix("error["), let end = text.firstIndex(of: "]") else { return nil }
    return QrrotError.Code(rawValue: String(text[..<end].dropFirst("error[".count)))
  }
}
