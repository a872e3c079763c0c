internal import QrrotCore
internal import QrrotWire

/// `COMMAND`: what commands there are, out of the tables that carry them out.
extension Conversation {
  mutating func describeCommands(_ words: Arguments) throws(RedisError) {
    guard words.count > 1 else { return describe(RedisCommand.allCases) }
    switch true {
    case words.isWord(1, "count"): writer.integer(Int64(RedisCommand.allCases.count))
    case words.isWord(1, "info"):
      guard words.count > 2 else { return describe(RedisCommand.allCases) }
      writer.array(count: words.count - 2)
      for index in 2..<words.count {
        switch CommandEntry.find(words[index]) {
        case .command(let command)?: describe(command)
        case .subcommand(let subcommand)?: describe(subcommand)
        case nil: writer.null()
        }
      }
    case words.isWord(1, "docs"): writeDocs(words)
    case words.isWord(1, "list"): try listCommands(words)
    case words.isWord(1, "getkeys"): try writeKeys(words)
    default: writeHelp(of: .command)
    }
  }

  /// A command or a subcommand, by its name as Redis writes it.
  private enum CommandEntry {
    case command(RedisCommand)
    case subcommand(RedisSubcommandSpec)

    static func find(_ name: UnsafeRawBufferPointer) -> CommandEntry? {
      guard let bar = name.firstIndex(of: UInt8(ascii: "|")) else {
        return RedisCommandIndex.shared.find(name).map { .command($0.command) }
      }
      let parent = UnsafeRawBufferPointer(rebasing: name[..<bar])
      guard let command = RedisCommandIndex.shared.find(parent)?.command else { return nil }
      return RedisSubcommandSpec.find(
        UnsafeRawBufferPointer(rebasing: name[(bar + 1)...]), of: command
      ).map { .subcommand($0) }
    }
  }

  // MARK: - COMMAND, COMMAND INFO

  private mutating func describe(_ commands: [RedisCommand]) {
    writer.array(count: commands.count)
    for command in commands { describe(command) }
  }

  private mutating func describe(_ command: RedisCommand) {
    let spec = command.spec
    describe(
      spec.name, arity: spec.arity, spec.flags, keys: spec.keys,
      categories: Self.categories(spec.group, spec.flags))
    let subcommands = RedisSubcommandSpec.of(command)
    if subcommands.isEmpty { return writer.set(count: 0) }
    writer.array(count: subcommands.count)
    for subcommand in subcommands { describe(subcommand) }
  }

  private mutating func describe(_ subcommand: RedisSubcommandSpec) {
    describe(
      subcommand.fullName, arity: subcommand.arity, subcommand.flags, keys: (0, 0, 0),
      categories: Self.categories(subcommand.command.spec.group, subcommand.flags))
    writer.set(count: 0)
  }

  /// The first nine of the ten parts that describe a command.
  private mutating func describe(
    _ name: String, arity: Int, _ flags: RedisCommandSpec.Flags,
    keys: (first: Int, last: Int, step: Int), categories: [String]
  ) {
    writer.array(count: 10)
    writer.bulk(name)
    writer.integer(Int64(arity))
    let words = flags.words
    writer.set(count: words.count)
    for word in words { writer.simple(word) }
    writer.integer(Int64(keys.first))
    writer.integer(Int64(keys.last))
    writer.integer(Int64(keys.step))
    writer.set(count: categories.count)
    for category in categories { writer.simple("@" + category) }
    writer.set(count: 0)
    guard keys.first > 0 else { return writer.set(count: 0) }
    writer.set(count: 1)
    writer.map(count: 3)
    writer.bulk("flags")
    let access = flags.contains(.write) ? ["RW", "update"] : ["RO", "access"]
    writer.set(count: access.count)
    for word in access { writer.simple(word) }
    writer.bulk("begin_search")
    writeKeySearch("index", [("index", keys.first)])
    writer.bulk("find_keys")
    // Counted from the first key, or from the end.
    let last = keys.last < 0 ? keys.last : keys.last - keys.first
    writeKeySearch("range", [("lastkey", last), ("keystep", keys.step), ("limit", 0)])
  }

  private mutating func writeKeySearch(_ type: String, _ numbers: [(String, Int)]) {
    writer.map(count: 2)
    writer.bulk("type")
    writer.bulk(type)
    writer.bulk("spec")
    writer.map(count: numbers.count)
    for (name, number) in numbers {
      writer.bulk(name)
      writer.integer(Int64(number))
    }
  }

  /// The categories of the access lists of Redis.
  private static func categories(
    _ group: String, _ flags: RedisCommandSpec.Flags
  ) -> [String] {
    var categories: [String] = []
    if flags.contains(.write) { categories.append("write") }
    if flags.contains(.readOnly) { categories.append("read") }
    switch group {
    case "generic": categories.append("keyspace")
    case "transactions": categories.append("transaction")
    case "string", "bitmap", "connection", "json": categories.append(group)
    default: break
    }
    if flags.contains(.admin) { categories += ["admin", "dangerous"] }
    categories.append(flags.contains(.fast) ? "fast" : "slow")
    return categories
  }

  // MARK: - COMMAND LIST

  private mutating func listCommands(_ words: Arguments) throws(RedisError) {
    var names = RedisCommand.allCases.map(\.text) + RedisSubcommandSpec.all.map(\.fullName)
    if words.count == 5, words.isWord(2, "filterby") {
      if words.isWord(3, "pattern") {
        let pattern = Array(words.text(4).lowercased().utf8).withUnsafeBytes { RedisPattern($0) }
        names.removeAll { name in
          !Array(name.utf8).withUnsafeBytes { pattern.matches($0) }
        }
      } else if words.isWord(3, "aclcat") {
        let category = words.text(4).lowercased()
        names = Self.names(in: category)
      } else if words.isWord(3, "module") {
        names = []
      } else {
        throw .syntax
      }
    } else if words.count != 2 {
      throw .syntax
    }
    writer.array(count: names.count)
    for name in names { writer.bulk(name) }
  }

  private static func names(in category: String) -> [String] {
    let commands = RedisCommand.allCases.filter { command in
      categories(command.spec.group, command.spec.flags).contains(category)
    }
    let subcommands = RedisSubcommandSpec.all.filter { subcommand in
      categories(subcommand.command.spec.group, subcommand.flags).contains(category)
    }
    return commands.map(\.text) + subcommands.map(\.fullName)
  }

  // MARK: - COMMAND DOCS

  private mutating func writeDocs(_ words: Arguments) {
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
    let subcommands = RedisSubcommandSpec.of(command)
    writer.bulk(spec.name)
    writer.map(count: subcommands.isEmpty ? 4 : 5)
    writeFacts(spec.summary, spec.since, spec.group, spec.complexity)
    guard !subcommands.isEmpty else { return }
    writer.bulk("subcommands")
    writer.map(count: subcommands.count)
    for subcommand in subcommands { writeDocs(of: subcommand) }
  }

  private mutating func writeDocs(of subcommand: RedisSubcommandSpec) {
    writer.bulk(subcommand.fullName)
    writer.map(count: 4)
    writeFacts(
      subcommand.summary, subcommand.since, subcommand.command.spec.group, subcommand.complexity)
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

  // MARK: - COMMAND GETKEYS

  private mutating func writeKeys(_ words: Arguments) throws(RedisError) {
    guard let entry = index.find(words[2]) else {
      throw RedisError("Invalid command specified")
    }
    let count = words.count - 2
    guard let places = entry.keyPlaces(in: count).map(Array.init) else {
      throw RedisError("The command has no key arguments")
    }
    guard entry.allows(count) else {
      throw RedisError("Invalid number of arguments specified for command")
    }
    writer.array(count: places.count)
    for place in places { writer.bulk(words[place + 2]) }
  }
}

extension RedisCommandSpec.Flags {
  /// The words that `COMMAND` has for them.
  var words: [String] {
    let names: [(RedisCommandSpec.Flags, String)] = [
      (.write, "write"), (.readOnly, "readonly"), (.denyOOM, "denyoom"), (.admin, "admin"),
      (.noAuth, "no_auth"), (.noMulti, "no_multi"), (.fast, "fast"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}
