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
    case words.isWord(1, "getkeys"): try writeKeys(words, withFlags: false)
    case words.isWord(1, "getkeysandflags"): try writeKeys(words, withFlags: true)
    default: writeHelp(of: .command)
    }
  }

  /// A command or a subcommand, by its name as Redis writes it.
  enum CommandEntry {
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
    writeTips(command.tips)
    let keySpecs = command.keySpecs
    writer.set(count: keySpecs.count)
    for keySpec in keySpecs { describe(keySpec) }
    let subcommands = RedisSubcommandSpec.of(command)
    if subcommands.isEmpty { return writer.set(count: 0) }
    writer.array(count: subcommands.count)
    for subcommand in subcommands { describe(subcommand) }
  }

  private mutating func describe(_ subcommand: RedisSubcommandSpec) {
    describe(
      subcommand.fullName, arity: subcommand.arity, subcommand.flags, keys: (0, 0, 0),
      categories: Self.categories(subcommand.command.spec.group, subcommand.flags))
    writeTips(subcommand.tips)
    writer.set(count: 0)
    writer.set(count: 0)
  }

  /// The first seven of the ten parts that describe a command.
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
  }

  private mutating func writeTips(_ tips: [String]) {
    writer.set(count: tips.count)
    for tip in tips { writer.bulk(tip) }
  }

  private mutating func describe(_ keys: RedisKeySpec) {
    writer.map(count: keys.note == nil ? 3 : 4)
    if let note = keys.note {
      writer.bulk("notes")
      writer.bulk(note)
    }
    writer.bulk("flags")
    writer.set(count: keys.access.count)
    for word in keys.access { writer.simple(word) }
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
