import Testing

@testable import QrrotCore

/// The command table: help, documents and completion are made from it, so it has to be whole.
@Suite("The command table")
struct CommandTableTests {
  @Test("every command has one entry", arguments: CommandName.allCases)
  func entries(name: CommandName) {
    #expect(CommandSpec.all.count { $0.name == name } == 1)
    #expect(name.spec.name == name)
    #expect(name.access == name.spec.access)
  }

  @Test("names are at most eight lower-case letters, each of its own")
  func names() {
    for name in CommandName.allCases {
      #expect(1...8 ~= name.text.utf8.count)
      #expect(name.text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    }
    #expect(Set(CommandName.allCases.map(\.text)).count == CommandName.allCases.count)
  }

  @Test(
    "every entry says what the command does and answers, with an example",
    arguments: CommandSpec.all)
  func texts(spec: CommandSpec) {
    #expect(!spec.summary.isEmpty && spec.summary.count <= 60)
    #expect(!spec.summary.hasSuffix("."))
    #expect(!spec.reply.isEmpty)
    #expect(spec.notes.isEmpty || spec.notes.hasSuffix("."))
    #expect(!spec.examples.isEmpty)
    for example in spec.examples {
      #expect(example.input.split(separator: " ").first.map(String.init) == spec.name.text)
    }
  }

  @Test("optional places come last, and only the last one repeats", arguments: CommandSpec.all)
  func parameters(spec: CommandSpec) {
    let firstOptional = spec.parameters.firstIndex { $0.isOptional } ?? spec.parameters.count
    #expect(spec.parameters[firstOptional...].allSatisfy { $0.isOptional })
    #expect(spec.parameters.dropLast().allSatisfy { !$0.isRepeating })
    #expect(spec.parameters.count <= 3, "a parser's signature has three slots")
    #expect(spec.minimumArgumentCount <= spec.maximumArgumentCount)
    for parameter in spec.parameters {
      #expect(parameter.name == parameter.name.uppercased())
      if case .word(let choices) = parameter.kind {
        #expect(choices == choices.map { $0.lowercased() } && !choices.isEmpty)
      }
    }
    #expect(
      spec.parameter(at: spec.maximumArgumentCount) == nil || spec.maximumArgumentCount == .max)
  }

  @Test("the usage line shows what is optional and what repeats")
  func usage() {
    #expect(CommandName.put.spec.usage == "put KEY [PATH] VALUE")
    #expect(CommandName.del.spec.usage == "del KEY… | del KEY PATH")
    #expect(CommandName.incr.spec.usage == "incr KEY [PATH] [BY]")
    #expect(CommandName.output.spec.usage == "output text|raw|json|csv|table")
    #expect(CommandName.size.spec.usage == "size")
  }

  @Test("the first version's commands are all there, and write what they write")
  func commands() {
    let names = Set(CommandName.allCases.map(\.text))
    let wanted =
      "put get del exists type incr decr all keys size info clear begin commit rollback undo help source output timing history exit quit"
    #expect(names.isSuperset(of: wanted.split(separator: " ").map(String.init)))
    let writers = CommandSpec.all.filter { $0.access == .write }.map(\.name.text)
    #expect(Set(writers).isSuperset(of: ["put", "del", "incr", "decr", "clear", "undo"]))
    for name in [CommandName.begin, .commit, .rollback] { #expect(name.access == .transaction) }
  }
}
