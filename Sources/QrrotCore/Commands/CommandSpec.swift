/// The facts about one command, as data.
///
/// Parsing, `help`, completion, the generated reference, read-only mode and the flushing of replies
/// read this table and nothing else: a new command is one entry in ``all`` and one function in the
/// engine (or, for a shell word, in the shell).
public struct CommandSpec: Sendable {
  /// What may stand at one place of a command.
  public struct Parameter: Sendable {
    /// How the argument there is read.
    public enum Kind: Equatable, Sendable {
      /// A key: any token; 1 byte to 64 KiB.
      case key
      /// A typed value, also in the form `as TYPE X`.
      case value
      /// A glob over keys.
      case pattern
      /// A JSON Path.
      case path
      /// An integer within these bounds.
      case number(ClosedRange<Int64>)
      /// One of these words, lower case.
      case word([String])
      /// The name of a file.
      case file
      /// The name of a command.
      case commandName
      /// The rest of the line, raw: quotes and brackets mean nothing. Only a first parameter can be it.
      case text
    }

    /// The name in the usage line, upper case.
    public let name: String
    /// How the argument is read.
    public let kind: Kind
    /// Whether it may be left out.
    public let isOptional: Bool
    /// Whether more of the same may follow; only the last parameter can.
    public let isRepeating: Bool

    /// Describes one place of a command.
    public init(_ name: String, _ kind: Kind, isOptional: Bool = false, isRepeating: Bool = false) {
      self.name = name
      self.kind = kind
      self.isOptional = isOptional
      self.isRepeating = isRepeating
    }
  }

  /// What may stand anywhere behind a command's name as `--name VALUE` or `--name=VALUE`, or, where
  /// it takes no value, as `--name`.
  public struct Option: Sendable {
    /// What an option takes.
    public enum Kind: Equatable, Sendable {
      /// Any text.
      case text
      /// One of these words.
      case word([String])
      /// Nothing.
      case flag
    }

    /// The name, without its hyphens.
    public let name: String
    /// What its value is called in the usage line; empty for a flag.
    public let valueName: String
    /// What it takes.
    public let kind: Kind
    /// What it does, in a few words.
    public let summary: String

    /// Describes an option.
    public init(_ name: String, _ kind: Kind, valueName: String = "", _ summary: String) {
      self.name = name
      self.kind = kind
      self.valueName = valueName
      self.summary = summary
    }

    /// As it stands in a usage line: `--key TEMPLATE`.
    public var usage: String {
      switch kind {
      case .flag: "--\(name)"
      case .text: "--\(name) \(valueName)"
      case .word(let choices): "--\(name) \(choices.joined(separator: "|"))"
      }
    }
  }

  /// What a line can say instead of the text that a command takes: a line of exactly this form.
  public struct Subcommand: Sendable {
    /// The word behind the command's name.
    public let name: String
    /// What may follow that word, one token; nil for nothing.
    public let parameter: Parameter?
    /// What it does, in a few words.
    public let summary: String

    /// Describes a sub-command.
    public init(_ name: String, _ summary: String, _ parameter: Parameter? = nil) {
      self.name = name
      self.parameter = parameter
      self.summary = summary
    }

    /// As it stands in a usage line, behind the command's name: `model [NAME]`.
    public var usage: String {
      guard let parameter else { return name }
      return parameter.isOptional ? "\(name) [\(parameter.name)]" : "\(name) \(parameter.name)"
    }
  }

  /// What a command may touch.
  public enum Access: Sendable {
    /// Reads data.
    case read
    /// Changes data: refused under `--read-only`.
    case write
    /// Begins or ends a transaction: no data of its own.
    case transaction
    /// A word of the shell: never from the network or the agent, never seen by the engine.
    case shell
  }

  /// How long a command can take.
  public enum Cost: Sendable {
    /// Bounded by its arguments.
    case constant
    /// Grows with the number of keys (or runs for as long as it likes).
    case scan
  }

  /// When the second argument is a path to a place inside a json value.
  public enum PathForm: Sendable {
    /// Never.
    case never
    /// Always: nothing else can stand there.
    case always
    /// Always where a value follows it.
    case beforeValue
    /// If it looks like one: `$`, `$.…` or `$[…`, in quotes or not.
    case ifAlike
    /// If it looks like one and nothing follows it.
    case ifAlikeAndLast
  }

  /// A command with what it answers in a fresh database, in text form; verified by the tests.
  public struct Example: Sendable {
    /// Commands to run first, their replies not shown.
    public let setup: [String]
    /// The command shown.
    public let input: String
    /// Its reply in text form, line by line.
    public let output: [String]

    /// Describes an example.
    public init(_ input: String, _ output: String..., after setup: String...) {
      self.setup = setup
      self.input = input
      self.output = output
    }
  }

  /// The command's name.
  public let name: CommandName
  /// What it takes, in order.
  public let parameters: [Parameter]
  /// What may follow the parameters, in the order of the cases: only queries have clauses.
  public let clauses: [Clause]
  /// What may stand between its arguments.
  public let options: [Option]
  /// What a line can say instead of a text: only commands that take one have these.
  public let subcommands: [Subcommand]
  /// What it does, in a few words.
  public let summary: String
  /// What it answers.
  public let reply: String
  /// The fine points, one sentence or more; may be empty.
  public let notes: String
  /// What it may touch.
  public let access: Access
  /// How long it can take.
  public let cost: Cost
  /// When the second argument, behind the key, is a path. It is no part of ``parameters``.
  public let pathForm: PathForm
  /// What to tell somebody who gave too many arguments.
  public let surplusAdvice: String?
  /// At least one example.
  public let examples: [Example]

  init(
    _ name: CommandName, _ parameters: [Parameter] = [], clauses: [Clause] = [],
    _ summary: String, reply: String,
    notes: String = "", access: Access, cost: Cost = .constant, pathForm: PathForm = .never,
    surplusAdvice: String? = nil, options: [Option] = [], subcommands: [Subcommand] = [],
    examples: [Example]
  ) {
    self.name = name
    self.parameters = parameters
    self.clauses = clauses
    self.options = options
    self.subcommands = subcommands
    self.summary = summary
    self.reply = reply
    self.notes = notes
    self.access = access
    self.cost = cost
    self.pathForm = pathForm
    self.surplusAdvice = surplusAdvice
    self.examples = examples
  }

  /// The fewest arguments.
  public var minimumArgumentCount: Int { parameters.count { !$0.isOptional } }

  /// The most arguments; `Int.max` where the last one repeats and where there are clauses.
  public var maximumArgumentCount: Int {
    parameters.last?.isRepeating == true || !clauses.isEmpty ? .max : parameters.count
  }

  /// The most arguments, a path among them.
  public var maximumArgumentCountWithPath: Int {
    switch pathForm {
    case .never, .ifAlikeAndLast: maximumArgumentCount
    case .always, .beforeValue, .ifAlike: maximumArgumentCount + 1
    }
  }

  /// Whether it takes the rest of its line as it is.
  public var takesText: Bool { parameters.first?.kind == .text }

  /// The place that argument `index` (from 0) falls on, if there is one.
  public func parameter(at index: Int) -> Parameter? {
    if index < parameters.count { return parameters[index] }
    guard let last = parameters.last, last.isRepeating else { return nil }
    return last
  }

  /// The usage line: `incr KEY [PATH] [BY]`.
  public var usage: String {
    var words = [name.text]
    for parameter in parameters {
      var word = parameter.name
      if case .word(let choices) = parameter.kind { word = choices.joined(separator: "|") }
      if parameter.isRepeating { word += "…" }
      if parameter.isOptional { word = "[\(word)]" }
      words.append(word)
      if words.count == 2 {
        switch pathForm {
        case .never, .ifAlikeAndLast: break
        case .always, .beforeValue, .ifAlike: words.append("[PATH]")
        }
      }
    }
    words += clauses.map { "[\($0.usage)]" }
    if pathForm == .ifAlikeAndLast { words.append("| \(name.text) KEY PATH") }
    words += options.map { "[\($0.usage)]" }
    for subcommand in subcommands { words.append("| \(name.text) \(subcommand.usage)") }
    return words.joined(separator: " ")
  }
}

extension CommandSpec {
  /// The entry of `name`.
  ///
  /// - Complexity: O(1).
  public static func of(_ name: CommandName) -> CommandSpec { byName[Int(name.rawValue)] }

  /// In the order of the names' raw values. A name without an entry is a programmer's mistake, found
  /// by the first command that any test runs.
  private static let byName = CommandName.allCases.map { name in
    guard let spec = all.first(where: { $0.name == name }) else {
      preconditionFailure("\(name) has no entry in the command table")
    }
    return spec
  }
}

extension CommandName {
  /// The command's entry in the table.
  public var spec: CommandSpec { CommandSpec.of(self) }

  /// What the command may touch, from the table, without copying the whole entry.
  public var access: CommandSpec.Access { Self.accesses[Int(rawValue)] }

  /// How long the command can take, from the table.
  public var cost: CommandSpec.Cost { Self.costs[Int(rawValue)] }

  private static let accesses = allCases.map(\.spec.access)
  private static let costs = allCases.map(\.spec.cost)
}

extension CommandSpec: CustomStringConvertible {
  /// The usage line.
  public var description: String { usage }
}
