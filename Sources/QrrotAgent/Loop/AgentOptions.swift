/// What may differ from one run of the agent to another.
public struct AgentOptions: Sendable {
  /// Which plans need a yes.
  public enum Confirmation: String, CaseIterable, Sendable {
    /// Those that destroy something.
    case destructive
    /// Every one that changes something.
    case always
  }

  /// After so many steps, at least 1, the model has to answer with what it knows.
  public var stepLimit = 5
  /// The most tokens of a request, those sent and those answered together; nil for no limit.
  public var tokenLimit: Int?
  /// Which plans need a yes.
  public var confirmation = Confirmation.destructive
  /// Whether every plan that needs a yes has it (`--yes`).
  public var assumesYes = false
  /// Whether there is a terminal, and somebody in front of it to be asked.
  public var isInteractive = false
  /// Today's date, as the model is told it.
  public var today: @Sendable () -> String = { "unknown" }

  /// The defaults.
  public init() {}
}
