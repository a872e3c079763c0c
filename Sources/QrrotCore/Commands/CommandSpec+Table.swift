extension CommandSpec {
  /// A heading with its commands.
  public struct Section: Sendable {
    /// The heading.
    public let title: String
    /// The commands under it.
    public let specs: [CommandSpec]
  }

  /// The table, in the order in which `help` and the reference list it.
  public static let sections = [
    Section(title: "Data", specs: dataCommands),
    Section(title: "Queries", specs: queries),
    Section(title: "Expiry", specs: expiryCommands),
    Section(title: "Transactions and undo", specs: transactionCommands),
    Section(title: "Import and export", specs: transferWords),
    Section(title: "Talking to the data", specs: agentWords),
    Section(title: "Shell", specs: shellWords),
  ]

  /// Every command.
  public static let all: [CommandSpec] = sections.flatMap(\.specs)

  private static let key = Parameter("KEY", .key)
  private static let keys = Parameter("KEY", .key, isRepeating: true)
  private static let pattern = Parameter("PATTERN", .pattern, isOptional: true)
  private static let by = Parameter("BY", .number(.min ... .max), isOptional: true)

  private static let patternNotes =
    "PATTERN is a glob: `*` any run, `?` one character, `[a-z]` and `[^a-z]` a set; `\\` takes "
    + "their meaning away."

  private static let dataCommands: [CommandSpec] = [
    CommandSpec(
      .put, [key, Parameter("VALUE", .value)], "store a value under a key", reply: "`OK`",
      notes: "A bare integer becomes an int, `{…}` and `[…]` become json, everything else a "
        + "string; `as string X`, `as int X`, `as json X` say the type. Quote text with blanks. "
        + "With PATH it sets one place inside a json value: a member is created, an index is there "
        + "or the array's length, which appends. VALUE is read as JSON then: `true`, `false`, `null` "
        + "and numbers are those, other text is a string. `put K $ V` stores V as json. A PATH "
        + "that leads nowhere is error `path`; what expires goes on to, except with `$`.",
      access: .write, pathForm: .beforeValue,
      surplusAdvice: "a text with blanks needs quotes: put KEY \"two words\"",
      examples: [
        Example("put user:1 {\"name\": \"Ivan\", \"age\": 30}", "OK"),
        Example("put greeting \"good morning\"", "OK"),
        Example("put zip as string 01234", "OK"),
        Example("put user:1 $.age 31", "OK", after: "put user:1 {\"name\": \"Ivan\"}"),
      ]),
    CommandSpec(
      .get, [key], "read the value of a key, or a part of it", reply: "the value, or `(nil)`",
      notes:
        "With PATH it reads inside a json value: a path of names and single indices gives what "
        + "is there or `(nil)`, any other one an array of its matches.",
      access: .read, pathForm: .always, surplusAdvice: "get reads one key",
      examples: [
        Example("get user:1", "{\"name\":\"Ivan\"}", after: "put user:1 {\"name\": \"Ivan\"}"),
        Example("get nobody", "(nil)"),
        Example("get user:1 $.name", "\"Ivan\"", after: "put user:1 {\"name\": \"Ivan\"}"),
        Example(
          "get cart $.items[?@.price > 5].name", "[\"tea\"]",
          after:
            "put cart {\"items\": [{\"name\": \"tea\", \"price\": 9}, {\"name\": \"salt\", \"price\": 1}]}"
        ),
      ]),
    CommandSpec(
      .del, [keys], "remove keys, or places inside a json value",
      reply: "how many of them existed",
      notes:
        "A key named twice counts once. With exactly two arguments the second one is a PATH if "
        + "it is `$` or begins with `$.` or `$[`, in quotes or not: what it matches is removed from "
        + "the value, and `$` removes the key.",
      access: .write, pathForm: .ifAlikeAndLast,
      examples: [
        Example("del a b nobody", "2", after: "put a 1", "put b 2"),
        Example("del user:1 $.age", "1", after: "put user:1 {\"name\": \"Ivan\", \"age\": 30}"),
        Example("del cart $.items[1:]", "2", after: "put cart {\"items\": [1, 2, 3]}"),
      ]),
    CommandSpec(
      .exists, [keys], "count which of these keys exist", reply: "how many exist",
      notes: "A key named twice counts twice.", access: .read,
      examples: [Example("exists a nobody", "1", after: "put a 1")]),
    CommandSpec(
      .type, [key], "show the type of a key's value",
      reply: "`string`, `int`, `json`, or `(nil)`", access: .read,
      examples: [Example("type age", "int", after: "put age 30")]),
    CommandSpec(
      .incr, [key, by], "add to an int, or to a number inside a json value", reply: "the new int",
      notes: "An absent key counts as 0; BY is 1 unless given. Beyond 64 bits is error `range`, "
        + "and the value stays. With PATH it adds to a JSON integer, one without fraction and "
        + "exponent; an absent member counts as 0, an absent key, object or element is error `path`.",
      access: .write, pathForm: .ifAlike,
      examples: [
        Example("incr visits", "1"),
        Example("incr visits 10", "11", after: "put visits 1"),
        Example("incr user:1 $.age", "31", after: "put user:1 {\"age\": 30}"),
      ]),
    CommandSpec(
      .decr, [key, by], "subtract from an int, or from a number inside a json value",
      reply: "the new int", notes: "As `incr`, the other way.", access: .write,
      pathForm: .ifAlike,
      examples: [Example("decr stock 3", "7", after: "put stock 10")]),
    CommandSpec(
      .all, [pattern], "list keys with their types and values",
      reply: "rows of key, type, value, in byte order of the keys", notes: patternNotes,
      access: .read, cost: .scan,
      examples: [
        Example("all user:*", "user:1 string \"Ivan\"", after: "put user:1 Ivan", "put x 1")
      ]),
    CommandSpec(
      .keys, [pattern], "list keys", reply: "the keys, in byte order", notes: patternNotes,
      access: .read, cost: .scan,
      examples: [Example("keys user:?", "user:1", "user:2", after: "put user:2 b", "put user:1 a")]),
    CommandSpec(
      .size, [], "count the keys", reply: "the number of keys", access: .read,
      examples: [Example("size", "1", after: "put a 1")]),
    CommandSpec(
      .info, [], "describe the database",
      reply:
        "rows of property and value: folder, keys, how many of them expire, bytes of keys and values, memory held and allowed, "
        + "log size, sync policy, last snapshot, version",
      access: .read, examples: [Example("info")]),
    CommandSpec(
      .clear, [], "remove every key", reply: "how many keys were removed",
      notes: "Does not ask where `undo` can bring everything back; where it can't, it does.",
      access: .write, cost: .scan,
      examples: [Example("clear", "2", after: "put a 1", "put b 2")]),
  ]

  private static let transactionCommands: [CommandSpec] = [
    CommandSpec(
      .begin, [], "open a transaction", reply: "`OK`",
      notes: "Until `commit`, nobody else sees what is written; reads see it. A failed command "
        + "leaves the transaction open.",
      access: .transaction, examples: [Example("begin", "OK")]),
    CommandSpec(
      .commit, [], "apply the open transaction, all or nothing", reply: "`OK`",
      notes: "If somebody else has changed a key that the transaction read or wrote, it ends "
        + "with error `conflict` and nothing is applied.",
      access: .transaction, cost: .scan,
      examples: [Example("commit", "OK", after: "begin", "put a 1")]),
    CommandSpec(
      .rollback, [], "drop the open transaction", reply: "`OK`", access: .transaction,
      examples: [Example("rollback", "OK", after: "begin", "put a 1")]),
    CommandSpec(
      .undo, [Parameter("N", .number(1 ... .max), isOptional: true)],
      "take back the last writes of this session",
      reply: "a row per key: key, type and value it has now, or key and `nil`",
      notes: "N is 1 unless given; a transaction is one write. The last 1,000 writes are kept, "
        + "with at most 64 MiB of what they replaced. If somebody else has changed a key since, "
        + "error `conflict` names it and nothing is undone. An undo can't be undone.",
      access: .write, cost: .scan,
      examples: [
        Example("undo", "a int 1", after: "put a 1", "put a 2"),
        Example("undo", "a nil", after: "put a 1"),
      ]),
  ]

  private static let shellWords: [CommandSpec] = [
    CommandSpec(
      .help, [Parameter("COMMAND", .commandName, isOptional: true)],
      "list the commands, or explain one", reply: "text", access: .shell,
      examples: [Example("help put")]),
    CommandSpec(
      .source, [Parameter("FILE", .file)], "run a command file",
      reply: "the replies of its commands",
      notes: "A name in a command file is relative to that file. It stops at the first error; "
        + "files nest at most 16 deep.",
      access: .shell, cost: .scan, examples: [Example("source examples/sample.qrrot")]),
    CommandSpec(
      .save, [Parameter("FILE", .file, isOptional: true)],
      "make the database's files compact, or save to a file", reply: "`OK`",
      notes: "Without FILE the database writes a snapshot of all data now and drops the log before "
        + "it, which otherwise happens by itself. With FILE a snapshot of what is committed goes to "
        + "that file, of mode 0600, also from memory; a file that is there is replaced after a "
        + "question, without a terminal only with `--yes`.",
      access: .shell, cost: .scan, examples: [Example("save"), Example("save backup.snapshot")]),
    CommandSpec(
      .load, [Parameter("FILE", .file)], "replace all data by that of a saved file",
      reply: "how many keys there are now",
      notes: "FILE is what `save FILE` has written. It is read and verified whole before anything "
        + "changes: all of it or nothing. Where there is data, it asks first, without a terminal it "
        + "needs `--yes`; `undo` can't bring back what was replaced.",
      access: .shell, cost: .scan, examples: [Example("load backup.snapshot")]),
    CommandSpec(
      .output, [Parameter("MODE", .word(["text", "raw", "json", "csv", "table"]))],
      "choose how replies are printed", reply: "nothing", access: .shell,
      examples: [Example("output table")]),
    CommandSpec(
      .timing, [Parameter("STATE", .word(["on", "off"]))],
      "print how long each command took", reply: "nothing", access: .shell,
      examples: [Example("timing on")]),
    CommandSpec(
      .history, [], "list the lines typed so far", reply: "text", access: .shell,
      examples: [Example("history")]),
    CommandSpec(
      .exit, [], "leave the shell, or end a command file", reply: "nothing", access: .shell,
      examples: [Example("exit")]),
    CommandSpec(
      .quit, [], "the same as exit", reply: "nothing", access: .shell, examples: [Example("quit")]),
  ]
}
