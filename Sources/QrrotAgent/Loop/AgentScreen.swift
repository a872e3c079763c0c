public import QrrotCore

/// What a person sees of a request while it runs: the shell's, or a script in tests.
///
/// Every text has been searched for keys; none of it is escaped yet.
public protocol AgentScreen: AnyObject {
  /// Shows what happens.
  ///
  /// - Throws: why the run has to end: `interrupted` after Ctrl-C, `io` where nobody reads any more.
  func show(_ event: AgentEvent) throws(QrrotError)

  /// Shows `plan` whole and asks whether to apply it. The answer is bound to this plan.
  ///
  /// - Returns: the answer; ``PlanAnswer/no`` where nobody can be asked.
  func ask(about plan: Plan) async throws(QrrotError) -> PlanAnswer
}

/// What happens while a request runs.
public enum AgentEvent: Sendable {
  /// The model has been asked, for the so-manieth time, from 1.
  case asking(step: Int)
  /// Time has passed while the model is waited for.
  case waiting
  /// An attempt has failed, and another one follows.
  case retrying(seconds: Double, reason: String)
  /// A piece of the model's text, in the order of the text; lines with tags are not among it. The text of
  /// a reply does not end with a line break, and what follows it begins a line of its own. Whether it is
  /// the answer is known only when the run is over.
  case text(String)
  /// A command of the model was run, or was refused.
  case step(AgentStep)
  /// A plan that nobody is asked about: it is applied next, for it destroys nothing or `--yes` was given,
  /// or it is refused, for it needs a yes and there is no terminal.
  case plan(Plan)
  /// A remark, such as that somebody else has changed a key and the model is told.
  case note(String)
}

/// A command that the model gave, and what came of it.
public struct AgentStep: Sendable {
  /// What the tag said it is: what it is, is the parser's to say.
  public enum Tag: String, Sendable {
    /// `QUERY READ`
    case read
    /// `QUERY WRITE`
    case write
  }

  /// What the tag said.
  public var tag: Tag
  /// The command, as the model wrote it.
  public var command: String
  /// What the model is told: the reply in text form, cut by the budget, or the error's text form.
  public var result: String
  /// The error, if it failed or was refused.
  public var error: QrrotError?

  /// Makes a step.
  public init(tag: Tag, command: String, result: String, error: QrrotError? = nil) {
    self.tag = tag
    self.command = command
    self.result = result
    self.error = error
  }
}

/// What became of the question.
public enum PlanAnswer: Equatable, Sendable {
  /// Apply it.
  case yes
  /// Don't.
  case no
  /// The plan was opened as a command file; these are the bytes that the editor left. They are parsed,
  /// staged, shown and asked about anew.
  case edited([UInt8])
}
