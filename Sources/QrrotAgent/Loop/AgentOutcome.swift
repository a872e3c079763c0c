public import QrrotCore

/// What became of a request.
public struct AgentOutcome: Sendable {
  /// What became of the plan.
  public enum Decision: String, Sendable {
    /// There were no changes.
    case none
    /// It is applied.
    case applied
    /// A person said no, or nobody could be asked.
    case refused
    /// The run ended before.
    case dropped
  }

  /// The answer, without tags; nil if the run ended without one.
  public var answer: String?
  /// Every command that was run or refused, in order.
  public var steps: [AgentStep] = []
  /// The changes, if there were any.
  public var plan: Plan?
  /// What became of them.
  public var decision = Decision.none
  /// How often the model was asked.
  public var roundCount = 0
  /// Tokens of all rounds; nil where a provider gave none.
  public var usage = ModelUsage()
  /// How long it took.
  public var duration = Duration.zero
  /// Why it ended without an answer, or why nothing was applied.
  public var error: QrrotError?

  /// Begins empty.
  public init() {}
}
