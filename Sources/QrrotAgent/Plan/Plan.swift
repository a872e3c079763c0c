public import QrrotCore

/// What a request would change: the exact difference between the database before it and the overlay
/// at its end, by keys.
public struct Plan: Equatable, Sendable {
  /// A key's state: what it holds and when it expires.
  public typealias State = StoredRecord

  /// What becomes of one key.
  public struct Change: Equatable, Sendable {
    /// The key.
    public var key: [UInt8]
    /// What it is before; nil if it is absent.
    public var before: State?
    /// What it is after; nil if it is absent. It differs from `before`.
    public var after: State?

    /// Makes a change.
    public init(key: [UInt8], before: State?, after: State?) {
      self.key = key
      self.before = before
      self.after = after
    }
  }

  /// The changes, in byte order of keys.
  public let changes: [Change]
  /// What each of them does, in the same order.
  let effects: [PlanEffect]

  /// Makes a plan of changes that are in byte order of keys.
  ///
  /// - Complexity: O(bytes of the values).
  public init(changes: [Change]) {
    self.changes = changes
    effects = changes.map { PlanEffect($0) }
  }

  /// Whether both make the same changes.
  public static func == (left: Plan, right: Plan) -> Bool { left.changes == right.changes }
}
