/// The facts about one subcommand of Redis, as data, as ``RedisCommandSpec`` has them of commands: the
/// words behind `CLIENT`, `CONFIG` and `COMMAND`, and what `HELP` says of them.
struct RedisSubcommandSpec: Sendable {
  /// The command that it belongs to.
  let command: RedisCommand
  /// Its name in lower case.
  let name: StaticString
  /// How many words it has, both names among them; negative: at least so many.
  let arity: Int
  let flags: RedisCommandSpec.Flags
  /// The version of Redis that had it first.
  let since: String
  let complexity: String
  /// What it is given, for `HELP`.
  let syntax: String
  /// What it does, a line each.
  let lines: [String]

  init(
    _ command: RedisCommand, _ name: StaticString, _ arity: Int,
    _ flags: RedisCommandSpec.Flags, _ since: String, _ syntax: String, _ lines: String...,
    complexity: String = "O(1)"
  ) {
    self.command = command
    self.name = name
    self.arity = arity
    self.flags = flags
    self.since = since
    self.complexity = complexity
    self.syntax = syntax
    self.lines = lines
  }

  /// Its name as text.
  var text: String { "\(name)" }
  /// As Redis names it: `client|id`.
  var fullName: String { command.text + "|" + text }
  /// What it does, in a sentence.
  var summary: String { lines.first ?? "" }

  /// Whether so many words are right.
  func allows(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }

  /// The subcommand of a name, in any case; nil if there is none.
  static func find(_ text: UnsafeRawBufferPointer, of command: RedisCommand) -> RedisSubcommandSpec?
  {
    all.first { $0.command == command && text.isWord($0.name) }
  }

  /// The subcommands of a command, in the order of ``all``.
  static func of(_ command: RedisCommand) -> [RedisSubcommandSpec] {
    all.filter { $0.command == command }
  }
}

extension RedisSubcommandSpec {
  static let all: [RedisSubcommandSpec] = [
    // Of which command, name, arity, flags, since, syntax, what it does.
    RedisSubcommandSpec(
      .client, "getname", 2, [], "2.6.9", "GETNAME", "Return the name of the current connection."),
    RedisSubcommandSpec(
      .client, "id", 2, [], "5.0.0", "ID", "Return the ID of the current connection."),
    RedisSubcommandSpec(
      .client, "info", 2, [], "6.2.0", "INFO",
      "Return information about the current client connection."),
    RedisSubcommandSpec(
      .client, "kill", -3, [.admin], "2.4.0", "KILL <ip:port>",
      "Kill connection made from <ip:port>.",
      complexity: "O(N) where N is the number of client connections"),
    RedisSubcommandSpec(
      .client, "list", -2, [.admin, .unlogged], "2.4.0", "LIST [options ...]",
      "Return information about client connections. Options:",
      "* TYPE (NORMAL|MASTER|REPLICA|PUBSUB)", "  Return clients of specified type.",
      "* ID <client-id> [<client-id> ...]", "  Return clients of these IDs.",
      complexity: "O(N) where N is the number of client connections"),
    RedisSubcommandSpec(
      // Inside a transaction, a reply that does not come would make EXEC's one of those that do.
      .client, "reply", 3, [.noMulti], "3.2.0", "REPLY (ON|OFF|SKIP)",
      "Control the replies sent to the current connection."),
    RedisSubcommandSpec(
      .client, "setname", 3, [], "2.6.9", "SETNAME <name>",
      "Assign the name <name> to the current connection."),
    RedisSubcommandSpec(
      .client, "setinfo", 4, [], "7.2.0", "SETINFO <option> <value>",
      "Set client meta attr. Options are:", "* LIB-NAME: the client lib name.",
      "* LIB-VER: the client lib version."),
    RedisSubcommandSpec(
      .client, "no-evict", 3, [.admin, .unlogged], "7.0.0", "NO-EVICT (ON|OFF)",
      "Protect current client connection from eviction."),
    RedisSubcommandSpec(
      .client, "no-touch", 3, [], "7.2.0", "NO-TOUCH (ON|OFF)",
      "Will not touch LRU/LFU stats when this mode is on."),
    RedisSubcommandSpec(.client, "help", 2, [], "5.0.0", "HELP", "Prints this help."),

    RedisSubcommandSpec(
      .config, "get", -3, [.admin, .unlogged], "2.0.0", "GET <pattern>",
      "Return parameters matching the glob-like <pattern> and their values.",
      complexity: "O(N) where N is the number of patterns"),
    RedisSubcommandSpec(
      .config, "set", -4, [.admin], "2.0.0", "SET <directive> <value>",
      "Is refused: no command changes the configuration over the network."),
    RedisSubcommandSpec(
      .config, "resetstat", 2, [.admin], "2.0.0", "RESETSTAT",
      "Is refused: no command changes the configuration over the network."),
    RedisSubcommandSpec(
      .config, "rewrite", 2, [.admin], "2.8.0", "REWRITE",
      "Is refused: no command changes the configuration over the network."),
    RedisSubcommandSpec(.config, "help", 2, [], "5.0.0", "HELP", "Prints this help."),

    RedisSubcommandSpec(
      .command, "count", 2, [], "2.8.13", "COUNT",
      "Return the total number of commands in this server."),
    RedisSubcommandSpec(
      .command, "list", -2, [], "7.0.0", "LIST [FILTERBY (MODULE|ACLCAT|PATTERN) <filter>]",
      "Return a list of all commands in this server.",
      complexity: "O(N) where N is the number of commands"),
    RedisSubcommandSpec(
      .command, "info", -2, [], "2.8.13", "INFO [<command-name> ...]",
      "Return details about multiple commands.",
      "If no command names are given, details for all commands are returned.",
      complexity: "O(N) where N is the number of commands"),
    RedisSubcommandSpec(
      .command, "docs", -2, [], "7.0.0", "DOCS [<command-name> ...]",
      "Return documentation details about multiple commands.",
      "If no command names are given, documentation details for all commands are returned.",
      complexity: "O(N) where N is the number of commands"),
    RedisSubcommandSpec(
      .command, "getkeys", -4, [], "2.8.13", "GETKEYS <full-command>",
      "Return the keys from a full command.",
      complexity: "O(N) where N is the number of arguments"),
    RedisSubcommandSpec(
      .command, "getkeysandflags", -4, [], "7.0.0", "GETKEYSANDFLAGS <full-command>",
      "Return the keys and the access flags from a full command.",
      complexity: "O(N) where N is the number of arguments"),
    RedisSubcommandSpec(.command, "help", 2, [], "5.0.0", "HELP", "Prints this help."),
  ]
}

/// More lines of `HELP` that belong to no one subcommand.
extension RedisSubcommandSpec {
  /// What stands behind a subcommand of several forms.
  static func furtherForms(of subcommand: RedisSubcommandSpec) -> [String] {
    guard subcommand.fullName == "client|kill" else { return [] }
    return [
      "KILL <option> <value> [<option> <value> [...]]",
      "    Kill connections. Options are:",
      "    * ADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made from the specified address",
      "    * LADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made to specified local address",
      "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
      "      Kill connections by type.",
      "    * USER <username>",
      "      Kill connections authenticated by <username>.",
      "    * SKIPME (YES|NO)",
      "      Skip killing current connection (default: yes).",
    ]
  }

  /// The lines of `HELP`.
  static func help(of command: RedisCommand) -> [String] {
    var help = [
      "\(command.text.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ]
    if command == .command {
      help += ["(no subcommand)", "    Return details about all commands."]
    }
    for subcommand in of(command) {
      help.append(subcommand.syntax)
      help += subcommand.lines.map { "    " + $0 }
      help += furtherForms(of: subcommand)
    }
    return help
  }
}
