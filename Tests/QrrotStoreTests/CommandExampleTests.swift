import QrrotCore
import Testing

/// The examples that help and the documents show are true.
@Suite("Examples of the command table")
struct CommandExampleTests {
  private static let specs = CommandSpec.all.filter { $0.access != .shell && $0.name != .info }

  @Test("each answers in a new database as it says", arguments: specs)
  func examples(spec: CommandSpec) {
    for example in spec.examples {
      let client = EngineClient()
      for line in example.setup {
        #expect(!client.run(line).hasPrefix("error"), "\(spec.name.text): \(line)")
      }
      #expect(client.run(example.input) == example.output.joined(separator: "\n"))
    }
  }

  @Test("info says where the data is and how much there is of it")
  func info() {
    let client = EngineClient()
    _ = client.run("put a 1")
    let rows = client.run("info").split(separator: "\n").map(String.init)
    #expect(rows.contains("folder in memory"))
    #expect(rows.contains("keys 1"))
    #expect(rows.contains("version \(Version.current)"))
    for name in ["bytes", "log", "sync", "snapshot"] {
      #expect(rows.contains { $0.contains(name) }, "info tells \(name)")
    }
  }
}
