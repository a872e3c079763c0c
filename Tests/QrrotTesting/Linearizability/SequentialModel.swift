/// What a thing that is used by one client at a time does: a state, and how each call changes it.
///
/// ``LinearizabilityChecker`` holds concurrent histories against it.
public protocol SequentialModel: Sendable {
  /// All that later answers depend on.
  associatedtype State: Hashable & Sendable
  /// What can be asked.
  associatedtype Input: Sendable
  /// What can be answered.
  associatedtype Output: Sendable

  /// The state at the beginning.
  var initialState: State { get }

  /// The state after a call in `state`, or nil if the model could not have given this answer.
  ///
  /// Where several answers are right, it accepts each of them.
  func state(after input: Input, answered output: Output, in state: State) -> State?
}
