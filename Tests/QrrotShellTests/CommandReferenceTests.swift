import Foundation
import QrrotCore
import QrrotParser
import QrrotStore
import Testing

@testable import QrrotShell

/// docs/commands.md, beside this package's sources.
private let page: URL = {
  var root = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { root.deleteLastPathComponent() }
  return root.appendingPathComponent("docs/commands.md")
}()

@Suite("The page about the commands")
struct CommandReferenceTests {
  @Test("docs/commands.md is what the command table says; TEST_UPDATE=1 writes it anew")
  func pageIsFresh() throws {
    let made = CommandReference.markdown()
    if ProcessInfo.processInfo.environment["TEST_UPDATE"] == "1" {
      try made.write(to: page, atomically: true, encoding: .utf8)
    }
    let found = try String(contentsOf: page, encoding: .utf8)
    let firstDifference = zip(made.split(separator: "\n"), found.split(separator: "\n"))
      .first { $0 != $1 }
    let place = firstDifference.map { "\($0)" } ?? "the end"
    #expect(found == made, "run `make docs`; the first lines that differ: \(place)")
  }

  @Test("every command stands on the page once")
  func isComplete() {
    let names = CommandSpec.sections.flatMap { $0.specs.map(\.name) }
    #expect(names.count == CommandName.allCases.count)
    #expect(Set(names) == Set(CommandName.allCases))
  }

  @Test("every example of a command answers what the page shows", arguments: CommandName.allCases)
  func examplesHold(_ name: CommandName) async throws {
    #expect(!name.spec.examples.isEmpty)
    for example in name.spec.examples where !example.output.isEmpty {
      let engine = LocalEngine()
      var session = Session()
      var output: [UInt8] = []
      for line in example.setup + [example.input] {
        var parser = Parser()
        var command = Command()
        var reply = Reply()
        _ = try parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
        try engine.execute(command, in: &session, into: &reply)
        output = []
        TextForm.append(reply, to: &output)
      }
      let expected = example.output.map { $0 + "\n" }.joined()
      #expect(String(decoding: output, as: UTF8.self) == expected, "\(example.input)")
    }
  }
}
