/// How long a test goes on looking for what has to come about sooner or later, however slow the machine
/// is and however its threads take turns. Only a hang takes so long: no test says how soon something is.
public struct Patience: Sendable {
  private let end = ContinuousClock.now + .seconds(600)

  /// Begins now.
  public init() {}

  /// Whether it will not come any more.
  public var isOver: Bool { ContinuousClock.now >= end }
}
