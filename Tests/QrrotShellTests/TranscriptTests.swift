import Foundation
import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// Replays every file of Tests/Transcripts, in process and through the built program.
///
/// `TEST_UPDATE=1` writes the files anew from what the shell prints in process.
@Suite("Transcripts")
struct TranscriptTests {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Transcripts")

  static let names: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".transcript") }.sorted()
  }()

  @Test("the shell answers as its transcript says", arguments: names)
  func replay(name: String) async throws {
    let file = Self.folder.appendingPathComponent(name)
    let recorded = try Transcript(Array(Data(contentsOf: file)))
    var played = recorded
    for index in played.blocks.indices { try await TranscriptPlayer.play(&played.blocks[index]) }
    if TestSettings.updatesGoldenFiles, played != recorded { try Data(played.text).write(to: file) }
    let expected = TestSettings.updatesGoldenFiles ? played : recorded
    for (block, want) in zip(played.blocks, expected.blocks) {
      for (step, wanted) in zip(block.steps, want.steps) {
        let input = shown([step.input])
        #expect(shown(step.output) == shown(wanted.output), "\(name), \(block.name): \(input)")
      }
    }
    // What differs from the file has been said; the program must do as the shell does in process.
    for block in played.blocks {
      let output = try TranscriptPlayer.playThroughProgram(block)
      #expect(shown([output]) == shown([block.output]), "\(name), \(block.name), by the program")
    }
  }

  @Test("there are transcripts, and each block of them has a name of its own")
  func headings() throws {
    #expect(Self.names.count > 5)
    for name in Self.names {
      let text = try Array(Data(contentsOf: Self.folder.appendingPathComponent(name)))
      let transcript = try Transcript(text)
      #expect(transcript.text == text, "\(name) is not in the form in which it would be recorded")
      #expect(Set(transcript.blocks.map(\.name)).count == transcript.blocks.count, "\(name)")
    }
  }

  private func shown(_ lines: [[UInt8]]) -> String {
    String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
  }
}

/// The two ways to play a block.
enum TranscriptPlayer {
  /// Plays a block with engine, parser and console in this process, and puts in what was printed.
  static func play(
    _ block: inout Transcript.Block, on engine: any Engine = LocalEngine()
  ) async throws {
    let sink = ArraySink()
    let mode = try #require(outputMode(of: block))
    let console = Console(output: sink, errors: sink, surroundings: .init(), mode: mode)
    var options = Shell.Options()
    options.keepsGoing = true
    let shell = Shell(
      engine: engine, console: console, signals: SignalState(),
      isReadOnly: block.options.contains("--read-only"), options: options)
    for index in block.steps.indices {
      let stream = CommandStream(MemorySource(block.steps[index].input), isFile: true)
      let file = OpenFile(name: "-")
      _ = try await shell.run(stream, as: file, stopsAtFirstError: false)
      if index == block.steps.count - 1 { _ = try shell.finish(.succeeded) }
      try console.flush()
      block.steps[index].output = lines(withoutPlaces(sink.take()))
    }
  }

  /// What the built program prints for a block, standard output and standard error together.
  static func playThroughProgram(_ block: Transcript.Block) throws -> [UInt8] {
    let mode = try #require(outputMode(of: block))
    var arguments = ["--keep-going", "--output", mode.rawValue, "-f", "-"]
    if block.options.contains("--read-only") { arguments.append("--read-only") }
    let result = try Program.run(arguments, input: block.input, joinsErrors: true)
    return withoutPlaces(result.output)
  }

  private static func outputMode(of block: Transcript.Block) -> OutputMode? {
    guard let flag = block.options.firstIndex(of: "--output") else { return .text }
    return block.options[(flag + 1)...].first.flatMap { OutputMode(rawValue: $0) }
  }

  private static func lines(_ text: [UInt8]) -> [[UInt8]] {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    if lines.last == [] { lines.removeLast() }
    return lines
  }

  /// Takes `-:LINE: ` off the front of errors.
  private static func withoutPlaces(_ text: [UInt8]) -> [UInt8] {
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      guard line.starts(with: "-:".utf8) else { return line }
      let rest = line.dropFirst(2).drop { (0x30...0x39).contains($0) }
      return rest.starts(with: ": error[".utf8) ? rest.dropFirst(2) : line
    }
    return Array(lines.joined(separator: [0x0A]))
  }
}

/// Keeps what is written to it.
final class ArraySink: OutputSink {
  private(set) var bytes: [UInt8] = []

  func write(_ bytes: [UInt8]) { self.bytes += bytes }

  /// What has been written since the last call.
  func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}
