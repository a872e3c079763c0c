import Foundation
import Testing

/// Runs the built program and collects what it prints.
struct Program {
  /// What came of a run.
  struct Result {
    var output: [UInt8]
    /// Empty where standard error was joined to standard output.
    var errors: [UInt8]
    /// The exit status; 128 + the number of a signal that killed it.
    var status: Int32

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
    var outputLines: [Substring] { outputText.split(separator: "\n") }
    var errorLines: [Substring] { errorText.split(separator: "\n") }
  }

  /// The program, which the package manager builds next to the tests; `TEST_BINARY` names another.
  static let url: URL = {
    if let path = ProcessInfo.processInfo.environment["TEST_BINARY"] {
      return URL(fileURLWithPath: path)
    }
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
    let products = bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL
    return products.appendingPathComponent("qrrot")
  }()

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: its arguments.
  ///   - input: what is written to its standard input, a pipe that is closed then.
  ///   - environment: its whole environment but for PATH; the tests' own never gets through.
  ///   - folder: where it runs.
  ///   - joinsErrors: whether standard error goes to the same pipe as standard output.
  static func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    in folder: Folder? = nil, joinsErrors: Bool = false
  ) throws -> Result {
    let run = try RunningProgram(
      arguments, environment: environment, in: folder, joinsErrors: joinsErrors)
    run.write(input)
    run.closeInput()
    return run.waitForEnd()
  }

  /// Runs the program to its end with text as its input.
  static func run(
    _ arguments: String..., input: String, environment: [String: String] = [:],
    in folder: Folder? = nil
  ) throws -> Result {
    try run(arguments, input: Array(input.utf8), environment: environment, in: folder)
  }
}

/// A folder that is gone once it is no longer used.
final class Folder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "qrrot-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file into it, and the folders above it.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// The text of a file in it.
  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }

  /// The names of what is in it, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}
