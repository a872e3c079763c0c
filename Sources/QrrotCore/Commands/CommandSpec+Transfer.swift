extension CommandSpec {
  /// The names of the formats, as `--format` takes them.
  public static let transferFormats = ["qrrot", "jsonl", "json", "csv", "tsv"]

  private static let format = Option(
    "format", .word(transferFormats),
    "the format, where the file's name does not say it")

  /// `import` and `export`.
  static let transferWords: [CommandSpec] = [
    CommandSpec(
      .import, [Parameter("FILE", .file)], "read records from a file into the database",
      reply: "rows of outcome and how many: `imported`, `replaced`, `skipped`",
      notes: "All of FILE or nothing, as one write that `undo` takes back. The name says the "
        + "format: `.qrrot` a command file of `put` and `expireat`, `.jsonl` a JSON document a line, "
        + "`.json` one array of them, `.csv`, `.tsv`; each also with `.gz`, and `-` is standard "
        + "input. `--key` names the field that is the key, or is a template with JSON Paths in "
        + "braces; without it, records of `key`, `type`, `value` and `expires`, which `export` "
        + "writes, keep all of these. A record without a key is skipped, a key that is there or "
        + "comes twice is an error, unless the options say otherwise; `--keep-going` passes over "
        + "bad records.",
      access: .shell, cost: .scan,
      options: [
        Option(
          "key", .text, valueName: "TEMPLATE",
          "the field that is the key, or a text with paths in braces"),
        format,
        Option(
          "on-conflict", .word(ConflictPolicy.allCases.map(\.rawValue)),
          "what becomes of a key that is there or comes twice; `error` unless given"),
        Option(
          "on-missing-key", .word(["error", "skip"]),
          "what becomes of a record without a key; `skip` unless given"),
        Option("keep-going", .flag, "report records that are wrong and import the others"),
      ],
      examples: [
        Example("import people.jsonl --key email"),
        Example("import movies.json --key 'movie:{$.year}:{$.title}' --on-conflict skip"),
      ]),
    CommandSpec(
      .export, [Parameter("FILE", .file), Parameter("PATTERN", .pattern, isOptional: true)],
      "write keys and values to a file", reply: "how many keys were written",
      notes: "FILE holds the data of one moment, in byte order of the keys, and gets mode 0600. "
        + "Its name says the format: `.jsonl` a record of `key`, `type`, `value` and `expires` a "
        + "line, `.json` an array of them, `.csv`, `.tsv`, anything else a command file. `import` "
        + "of a command file, of `.jsonl` and of `.json` gives the same data; csv and tsv say what "
        + "they leave out. A file that is there is replaced after a question, without a terminal "
        + "only with `--yes`. With `-` the records are the reply.",
      access: .shell, cost: .scan, options: [format],
      examples: [Example("export backup.qrrot"), Example("export users.csv user:*")]),
  ]
}
