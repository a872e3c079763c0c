extension CommandSpec {
  /// The words that talk to a language model.
  static let agentWords: [CommandSpec] = [
    CommandSpec(
      .ask, [Parameter("QUESTION", .text)], "let a language model answer from the data",
      reply: "the answer, as text",
      notes: "QUESTION is the rest of the line, as it is. The model may read, and nothing else: "
        + "nothing that it says can change the data. `--ai` chooses whose model; without it, the "
        + "first key in the environment or a server on this machine does. What is read goes to that "
        + "provider.",
      access: .shell, cost: .scan, examples: [Example("ask who is the youngest user?")]),
    CommandSpec(
      .ai, [Parameter("REQUEST", .text)], "let a language model do something with the data",
      reply: "the answer, as text",
      notes:
        "REQUEST is the rest of the line, as it is; `ai -- REQUEST` also where it looks like one "
        + "of the forms below. What the model writes is staged and shown first, key by key. If "
        + "nothing is destroyed it is applied at once, else only after a yes, or with `--yes` where "
        + "nobody can be asked. It is one write, which `undo` takes back. Inside a transaction it is "
        + "refused.",
      access: .shell, cost: .scan,
      subcommands: [
        Subcommand("reset", "forget the conversation so far"),
        Subcommand("cost", "show the tokens of this session, as the provider counted them"),
        Subcommand(
          "model", "show or choose the model", Parameter("NAME", .word([]), isOptional: true)),
        Subcommand(
          "save", "write the last applied request as a command file", Parameter("FILE", .file)),
      ],
      examples: [
        Example("ai if the user ivan exists, increment his age"),
        Example("ai save birthday.qrrot"),
      ]),
  ]
}
