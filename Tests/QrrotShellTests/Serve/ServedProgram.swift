import Foundation
import QrrotTesting
import Testing

/// `qrrot serve` on a free port, ready for clients.
final class ServedProgram {
  let program: RunningProgram
  let port: Int
  /// 0 where no metrics are served.
  let metricsPort: Int

  init(
    _ arguments: [String], environment: [String: String] = [:], in folder: Folder? = nil
  ) throws {
    program = try RunningProgram(
      ["serve", "--port", "0"] + arguments, environment: environment, in: folder)
    _ = program.waitForOutput("\n")
    let line = String(decoding: program.outputSoFar, as: UTF8.self)
    port = Self.number(after: "ready port=", in: line) ?? 0
    metricsPort = Self.number(after: "metrics-port=", in: line) ?? 0
    if port == 0 {
      let result = program.waitForEnd()
      Issue.record("it did not begin: \(result.errorText)")
    }
  }

  deinit { if port != 0 { program.send(SIGKILL) } }

  private static func number(after text: String, in line: String) -> Int? {
    guard let range = line.range(of: text) else { return nil }
    return Int(line[range.upperBound...].prefix { $0.isNumber })
  }

  /// Asks on a connection of its own, and reads to its end.
  func ask(_ text: String) throws -> String {
    let socket = try TestSocket(port: port)
    try socket.send(text)
    socket.endSending()
    return try socket.readToEnd()
  }

  /// Asks for a path of the metrics.
  func http(_ request: String) throws -> String {
    let socket = try TestSocket(port: metricsPort)
    try socket.send("\(request) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return try socket.readToEnd()
  }

  /// Ends it with a signal.
  func stop(_ signal: Int32 = SIGTERM) -> Program.Result {
    program.send(signal)
    return program.waitForEnd()
  }
}
