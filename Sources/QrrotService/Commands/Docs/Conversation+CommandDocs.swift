internal import QrrotWire

/// `COMMAND DOCS`: what each command does and how it is written.
extension Conversation {
  mutating func writeDocs(_ words: Arguments) {
    guard words.count > 2 else {
      writer.map(count: RedisCommand.allCases.count)
      for command in RedisCommand.allCases { writeDocs(of: command) }
      return
    }
    let entries = (2..<words.count).compactMap { CommandEntry.find(words[$0]) }
    writer.map(count: entries.count)
    for entry in entries {
      switch entry {
      case .command(let command): writeDocs(of: command)
      case .subcommand(let subcommand): writeDocs(of: subcommand)
      }
    }
  }

  private mutating func writeDocs(of command: RedisCommand) {
    let spec = command.spec
    let (arguments, subcommands) = (command.arguments, RedisSubcommandSpec.of(command))
    writer.bulk(spec.name)
    writer.map(count: 4 + (arguments.isEmpty ? 0 : 1) + (subcommands.isEmpty ? 0 : 1))
    writeFacts(spec.summary, spec.since, spec.group, spec.complexity)
    writeArguments(arguments)
    guard !subcommands.isEmpty else { return }
    writer.bulk("subcommands")
    writer.map(count: subcommands.count)
    for subcommand in subcommands { writeDocs(of: subcommand) }
  }

  private mutating func writeDocs(of subcommand: RedisSubcommandSpec) {
    let arguments = subcommand.arguments
    writer.bulk(subcommand.fullName)
    writer.map(count: 4 + (arguments.isEmpty ? 0 : 1))
    writeFacts(
      subcommand.summary, subcommand.since, subcommand.command.spec.group, subcommand.complexity)
    writeArguments(arguments)
  }

  private mutating func writeFacts(
    _ summary: String, _ since: String, _ group: String, _ complexity: String
  ) {
    for (name, value) in [
      ("summary", summary), ("since", since), ("group", group), ("complexity", complexity),
    ] {
      writer.bulk(name)
      writer.bulk(value)
    }
  }

  /// The pair of `arguments`, if there are any.
  private mutating func writeArguments(_ arguments: [RedisArgument]) {
    guard !arguments.isEmpty else { return }
    writer.bulk("arguments")
    writer.array(count: arguments.count)
    for argument in arguments { write(argument) }
  }

  private mutating func write(_ argument: RedisArgument) {
    let flags =
      (argument.isOptional ? ["optional"] : []) + (argument.isMultiple ? ["multiple"] : [])
    let further = [
      argument.keySpecIndex != nil, argument.token != nil, !flags.isEmpty, !argument.parts.isEmpty,
    ]
    writer.map(count: 2 + further.count(where: { $0 }))
    writer.bulk("name")
    writer.bulk(argument.name)
    writer.bulk("type")
    writer.bulk(argument.kind.rawValue)
    if let index = argument.keySpecIndex {
      writer.bulk("key_spec_index")
      writer.integer(Int64(index))
    }
    if let token = argument.token {
      writer.bulk("token")
      writer.bulk(token)
    }
    if !flags.isEmpty {
      writer.bulk("flags")
      writer.set(count: flags.count)
      for flag in flags { writer.simple(flag) }
    }
    writeArguments(argument.parts)
  }
}
